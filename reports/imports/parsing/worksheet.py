"""One worksheet seen before it is read: how far it goes, and which cells aren't plain values.

The library that reads values makes room for the whole rectangle up to the last cell, and gives what a formula last
came to; so both are found out first, by streaming.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from reports.imports.parsing.limits import COLUMNS, ROWS, RefusedError, too_many_columns, too_many_rows

if TYPE_CHECKING:
    from reports.imports.parsing.archive import Archive, Sheet

_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
MERGES: Final = 20_000


class Span(NamedTuple):
    """A merged range; rows and columns count from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Seen:
    """What a worksheet holds. Masks are bits by column, by row; `covered` are cells hidden by a merge."""

    last_row: int = 0
    last_column: int = 0
    formulas: dict[int, int] = field(default_factory=dict)
    errors: dict[int, int] = field(default_factory=dict)
    percents: dict[int, int] = field(default_factory=dict)
    covered: dict[int, int] = field(default_factory=dict)


def look(archive: Archive, sheet: Sheet, percent_styles: frozenset[str]) -> Seen:
    """Stream a worksheet; RefusedError as soon as it goes too far."""
    scan = _Scan(percent_styles)
    archive.parse(sheet.part, scan.start)
    scan.cover()
    return scan.seen


class _Scan:
    """The handler of a worksheet's elements. A cell counts when it has a value, not when it has only a format."""

    def __init__(self, percent_styles: frozenset[str]) -> None:
        self.seen = Seen()
        self._percent_styles = percent_styles
        self._row = 0
        self._column = 0
        self._is_error = self._is_percent = False
        self._merges: list[Span] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._open_cell(attributes)
        elif name in ("v", "is"):
            self._count()
        elif name == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
        elif name == "f":
            self._count()
            _mark(self.seen.formulas, self._row, self._column)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _open_cell(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            self._row, self._column = place(attributes["r"])
        else:
            self._column += 1
        self._is_error = attributes.get("t") == "e"
        self._is_percent = attributes.get("s", "") in self._percent_styles

    def _count(self) -> None:
        seen = self.seen
        if self._row > ROWS + 1:
            raise too_many_rows(self._row)
        if self._column > COLUMNS:
            raise too_many_columns(letters(self._column))
        seen.last_row = max(seen.last_row, self._row)
        seen.last_column = max(seen.last_column, self._column)
        if self._is_error:
            _mark(seen.errors, self._row, self._column)
        if self._is_percent:
            _mark(seen.percents, self._row, self._column)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        top, left = place(first)
        bottom, right = place(last or first)
        self._merges.append(Span(top, left, bottom, min(right, COLUMNS)))
        if len(self._merges) > MERGES:
            raise RefusedError("工作表里的合并单元格太多。请全选后取消合并，把每一行填完整再导入。")

    def cover(self) -> None:
        """Mark the cells of merged ranges but the first of each, as far as there are data."""
        for span in self._merges:
            for row in range(span.top, min(span.bottom, self.seen.last_row) + 1):
                for column in range(span.left + (row == span.top), span.right + 1):
                    _mark(self.seen.covered, row, column)


def _mark(masks: dict[int, int], row: int, column: int) -> None:
    masks[row] = masks.get(row, 0) | 1 << column


def place(reference: str) -> tuple[int, int]:
    """(row, column) of a reference such as AB12."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise RefusedError("工作簿已损坏，单元格位置读不出来。请在 Excel 中打开，另存为 .xlsx 后再导入。")
    return int(match[2]), _number(match[1])


@cache
def _number(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def letters(column: int) -> str:
    """The name of a column: 28 is AB."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
