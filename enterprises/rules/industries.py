"""The sections and divisions of GB/T 4754-2017 (国民经济行业分类)."""

from __future__ import annotations

import csv
import re
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from cadres.search import normalise

_DATA: Final = Path(__file__).parent.parent / "data" / "industry_divisions.csv"
_CODE: Final = re.compile(r"([A-Z]?)([0-9]{2})([0-9]{0,2})")


class Division(NamedTuple):
    """A division (大类), such as 34 通用设备制造业, and its section (门类), such as C 制造业."""

    section: str
    section_name: str
    code: str
    name: str

    @property
    def full_code(self) -> str:
        return self.section + self.code


class Industry(NamedTuple):
    """An industry as an enterprise carries it. `group` is the 3-digit group (中类) or ""."""

    division: Division
    group: str = ""

    @property
    def code(self) -> str:
        """Section letter and division, or section letter and group: C34, C341."""
        return self.division.section + (self.group or self.division.code)


@cache
def divisions() -> dict[str, Division]:
    """All divisions by their two digits."""
    with _DATA.open(encoding="utf-8") as file:
        return {row["division"]: Division(*row.values()) for row in csv.DictReader(file)}


def parse(text: str) -> Industry:
    """Read 34, C34, 341, C341 or C3411; what is finer than the group is left out.

    Raises ValueError, in Chinese, that says what is wrong and what to write.
    """
    written = normalise(text).upper()
    match = _CODE.fullmatch(written)
    if match is None:
        raise ValueError(f"行业代码“{written}”不对，应为门类字母加两位大类，如 C34，可再加一位中类，如 C341。")
    section, digits, finer = match.groups()
    found = divisions().get(digits)
    if found is None:
        raise ValueError(f"行业代码“{written}”的大类 {digits} 不在 GB/T 4754-2017 中，请核对。")
    if section not in ("", found.section):
        raise ValueError(
            f"大类 {digits} {found.name}属于门类 {found.section}，不属于 {section}，应写 {found.full_code}。"
        )
    group = "" if finer[:1] in ("", "0") else digits + finer[0]
    return Industry(found, group)


def division(code: str) -> Division | None:
    """The division of a code that `parse` can read, else None."""
    try:
        return parse(code).division
    except ValueError:
        return None


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a select: the divisions with their full codes, grouped by section."""
    by_section = groupby(divisions().values(), key=lambda each: f"{each.section} {each.section_name}")
    return [(title, [(each.full_code, f"{each.code} {each.name}") for each in found]) for title, found in by_section]


def sections() -> list[tuple[str, str]]:
    """Section letters with their names, in order."""
    return list(dict.fromkeys((each.section, each.section_name) for each in divisions().values()))
