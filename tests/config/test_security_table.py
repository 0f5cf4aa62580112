"""docs/security.md answers every item of both standards once, and names only what there is."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from config.local.home import ROOT

DOCS = ROOT / "docs"
VERDICTS = {"met", "read", "operator", "n/a", "gap"}
TABLES = {"OWASP ASVS": "asvs_5_0_0_levels_1_and_2.txt", "等保三级": "gbt_22239_2019_8_1_4.txt"}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(r"`([\w.-]+(?:/[\w.-]*)+|[\w.-]+\.(?:py|yml|toml|in|txt)|Dockerfile)`")
SETTING = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`")
# Made where the product runs, not in the repository.
NOT_HERE = {"secrets/", "tls/", "tls/privkey.pem"}


class Row(NamedTuple):
    """A number, or the section or chapter of which all numbers are meant."""

    number: str
    asks: str
    verdict: str
    where: str


def document() -> str:
    return (DOCS / "security.md").read_text()


def rows(heading: str) -> list[Row]:
    (section,) = (part for part in document().split("\n## ") if part.startswith(heading))
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in section.splitlines() if re.match(r"\| \d", line)]
    assert cells
    return [Row(number, asks, verdict.strip("*"), where) for number, asks, verdict, where in cells]


def numbers(heading: str) -> list[str]:
    return (ROOT / "tests" / "data" / TABLES[heading]).read_text().split()


@cache
def names_in(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@cache
def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_lists_hold_as_many_items_as_the_standards():
    assert [len(set(numbers(heading))) for heading in TABLES] == [253, 34]
    assert [len(numbers(heading)) for heading in TABLES] == [253, 34]


@pytest.mark.parametrize("heading", TABLES)
def test_every_item_is_answered_once(heading):
    answered = Counter(
        number
        for row in rows(heading)
        for number in numbers(heading)
        if number == row.number or number.startswith(f"{row.number}.")
    )
    assert {number: answered[number] for number in numbers(heading) if answered[number] != 1} == {}
    known = numbers(heading)
    assert [
        row.number for row in rows(heading) if not any(f"{one}.".startswith(f"{row.number}.") for one in known)
    ] == []


@pytest.mark.parametrize("heading", TABLES)
def test_every_answer_says_what_it_must(heading):
    for row in rows(heading):
        assert row.verdict in VERDICTS, row
        assert row.asks, row
        assert len(row.asks.split()) <= 12, row
        assert row.where, row
        if row.verdict == "met":
            assert TEST.search(row.where), row
        if row.verdict == "operator":
            assert "operating.md#" in row.where, row


def test_every_test_that_is_named_exists():
    named = TEST.findall(document())
    assert len(named) > 100
    assert [f"{path}::{name}" for path, name in named if name not in names_in(ROOT / path)] == []


def test_every_file_and_setting_that_is_named_exists():
    text = TEST.sub("", document())
    files = {name for name in FILE.findall(text) if "//" not in name and not name.startswith("/")} - NOT_HERE
    assert len(files) > 30
    assert [name for name in files if not (ROOT / name).exists()] == []
    known = (ROOT / "config" / "settings.py").read_text() + (ROOT / ".env.example").read_text()
    assert [name for name in SETTING.findall(text) if not re.search(rf"\b{name}\b", known)] == []


def test_every_link_leads_to_a_heading():
    links = re.findall(r"\]\(([\w./-]+)(?:#([\w-]+))?\)", document())
    assert links
    for path, anchor in links:
        assert (DOCS / path).exists(), path
        assert not anchor or anchor in anchors(DOCS / path), anchor
