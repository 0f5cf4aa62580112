"""Templates fit together: what one fills in, the one that it extends has."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.template import Template
from django.template.loader import get_template
from django.template.loader_tags import BlockNode, ExtendsNode

ROOT: Final = Path(settings.BASE_DIR) / "templates"
NAMES: Final = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))


@cache
def compiled(name: str) -> Template:
    return get_template(name).template


def extends(name: str) -> list[ExtendsNode]:
    return [node for node in compiled(name).nodelist if isinstance(node, ExtendsNode)]


def parents(name: str) -> Iterator[str]:
    """Those that a template extends, one of several by who asks."""
    for node in extends(name):
        yield from re.findall(r"[\w/]+\.html", node.parent_name.token)


def places(name: str) -> set[str]:
    """What a template lets others fill in; only what each of its parents has too goes up to them."""
    own = set(re.findall(r"{% block (\w+) %}", (ROOT / name).read_text()))
    above = [places(parent) for parent in parents(name)]
    return own | set.intersection(*above) if above else own


@pytest.mark.parametrize("name", [name for name in NAMES if "{% extends" in (ROOT / name).read_text()])
def test_what_a_template_fills_in_its_parents_have(name):
    filled = {node.name for found in extends(name) for node in found.nodelist if isinstance(node, BlockNode)}
    assert filled
    assert {parent: filled - places(parent) for parent in parents(name)} == {parent: set() for parent in parents(name)}
