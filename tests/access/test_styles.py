"""Every page loads the stylesheets that its classes are in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings
from django.test import Client

from cadres.roles import Role
from tests.access.table import ROWS, Row
from tests.access.world import OWN, Side, address

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.xdist_group("access")

SHEETS: Final = Path(settings.BASE_DIR) / "static" / "css"
PAGES: Final = [row for row in ROWS if row.ok and not row.post]


@cache
def sheets_of() -> Mapping[str, set[str]]:
    """In which of our stylesheets each class is."""
    found: dict[str, set[str]] = {}
    for sheet in SHEETS.glob("*.css"):
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        for name in re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{[^{}]*\}", " ", rules)):
            found.setdefault(name, set()).add(sheet.stem)
    return found


def without_rules(response: Any) -> set[str]:
    """Classes of a page that are in our stylesheets, but in none that it loads; a part of a page loads none."""
    if not response.get("Content-Type", "").startswith("text/html") or b"<html" not in response.content:
        return set()
    text = response.content.decode()
    loaded = set(re.findall(r'href="[^"]*/css/([a-z]+)(?:\.\w+)?\.css"', text))
    used = {name for names in re.findall(r'class="([^"]*)"', text) for name in names.split()}
    return {name for name in used if name in sheets_of() and not sheets_of()[name] & loaded}


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_loads_the_stylesheets_of_its_classes(row: Row, sides: dict[int, Side]) -> None:
    client, role = Client(), next(role for role in Role if role in row.ok)
    client.force_login(sides[OWN].people[role])
    assert without_rules(client.get(address(row, sides[OWN], role))) == set()


@pytest.mark.django_db
def test_the_sign_in_page_loads_the_stylesheets_of_its_classes(client: Client) -> None:
    response = client.get("/login/")
    assert b'class="login"' in response.content
    assert without_rules(response) == set()
