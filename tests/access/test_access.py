"""Who gets which answer at which address, for their own and for somebody else's objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from cadres.roles import Role
from tests.access.table import OPEN, ROWS, Row
from tests.access.world import FOREIGN, OWN, Side, address, named

pytestmark = pytest.mark.xdist_group("access")


def body(row: Row, side: Side, role: Role) -> dict[str, Any]:
    """What is posted: an object by its client's own number and its enterprise, or nothing at all."""
    if not row.in_body:
        return {}
    found: Any = named(side.objects, row.kind, role)
    return {"client_id": getattr(found, "client_id", ""), "enterprise": found.enterprise_id}


def answer(row: Row, side: Side, role: Role, sides: dict[int, Side]) -> int:
    """The status with which somebody of one's own district is answered about things of either."""
    client, where = Client(), address(row, side, role)
    client.force_login(sides[OWN].people[role])
    response = client.post(where, body(row, side, role)) if row.post else client.get(where)
    return response.status_code


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_role_gets_the_answer_of_the_table(row: Row, sides: dict[int, Side]) -> None:
    for role in Role:
        status = answer(row, sides[OWN], role, sides)
        assert _word(status) == row.own(role), f"{role} at own {row.name}: {status}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind], ids=str)
def test_what_belongs_to_others_is_not_found(row: Row, sides: dict[int, Side]) -> None:
    for role in Role:
        status = answer(row, sides[FOREIGN], role, sides)
        assert _word(status) == row.foreign(role), f"{role} at foreign {row.name}: {status}"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nobody_gets_in_without_signing_in(row: Row, sides: dict[int, Side]) -> None:
    response = Client().get(address(row, sides[OWN], Role.OFFICE))
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_the_table_names_every_address() -> None:
    named_in_table = {row.name for row in ROWS} | OPEN
    assert named_in_table == set(_all_names(get_resolver().url_patterns, ""))


def _all_names(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _all_names(pattern.url_patterns, inner)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            yield namespace + pattern.name


def _word(status: int) -> str:
    return str(status) if status in {403, 404, 409, 500} else "ok"
