"""The rows of a ledger as SpreadsheetML (ECMA-376 part 1, 18.3.1).

XlsxWriter takes five times as long for each cell, and the ledger of a city has eight million of them.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils import timezone
from xlsxwriter.utility import xl_col_to_name

from reports.ledgers.columns import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.ledgers.columns import Head

LONGEST_CELL: Final = 32_767
EPOCH: Final = date(1899, 12, 30).toordinal()
LINE_HEIGHT, TALLEST = 14, 409  # points; Excel knows no taller rows

WRAPPED: Final = frozenset({Form.TEXT, Form.LONG})
MARKERS: Final = ("=", "+", "-", "@", "\t", "\r")
ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what a reader would take for one character (22.9.2.19)
STYLE: Final = re.compile(r' s="([0-9]+)"')


class Place(NamedTuple):
    """A column: its letters, what it holds, the styles of its cells, and how many digits fit into a line of one."""

    letters: str
    form: Form
    plain: str
    quoted: str
    room: int


class Rows:
    """Rows from the one numbered `first` on, each as tall as its longest text needs.

    They are styled like the pattern: a row of plain cells, then one of cells whose text begins like a formula.
    """

    def __init__(self, heads: Sequence[Head], pattern: str, first: int) -> None:
        self._ordinal, *styles = STYLE.findall(pattern)
        self._places = [
            Place(
                xl_col_to_name(column),
                head.form,
                styles[column - 1],
                styles[len(heads) + column - 1],
                head.width - 1 if head.form in WRAPPED else LONGEST_CELL,
            )
            for column, head in enumerate(heads, start=1)
        ]
        self._next, self._zone = first, timezone.get_current_timezone()

    def add(self, number: int, values: Sequence[Any]) -> str:
        """The next row, behind its 序号."""
        row, lines, cells = self._next, 1, list[str]()
        for (letters, form, plain, quoted, room), value in zip(self._places, values, strict=True):
            if value is None or value == "":
                cells.append(f'<c r="{letters}{row}" s="{plain}"/>')
            elif isinstance(value, str):
                style = quoted if value.startswith(MARKERS) else plain
                text = f'<is><t xml:space="preserve">{_escaped(value)}</t></is>'
                cells.append(f'<c r="{letters}{row}" s="{style}" t="inlineStr">{text}</c>')
                if 2 * len(value) > room or "\n" in value:
                    lines = max(lines, _lines(value, room))
            else:
                cells.append(f'<c r="{letters}{row}" s="{plain}"><v>{self._number(value, form)}</v></c>')
        height = f' ht="{min(lines * LINE_HEIGHT + 4, TALLEST)}" customHeight="1"' if lines > 1 else ""
        self._next += 1
        ordinal = f'<c r="A{row}" s="{self._ordinal}"><v>{number}</v></c>'
        return f'<row r="{row}"{height}>{ordinal}{"".join(cells)}</row>'

    def _number(self, value: Any, form: Form) -> float:
        """What Excel stores: an instant as days since its epoch in the city's time, a number as it is."""
        if isinstance(value, datetime):
            here = value.astimezone(self._zone)
            days = here.toordinal() - EPOCH
            return days if form is Form.DAY else days + (here.hour * 3600 + here.minute * 60 + here.second) / 86_400
        return value.toordinal() - EPOCH if isinstance(value, date) else float(value)


def legal(text: str) -> str:
    """Without what XML can't hold, and no longer than a cell may be."""
    return (text if text.isprintable() else ILLEGAL.sub("", text))[:LONGEST_CELL]


def _escaped(text: str) -> str:
    """Text as it stands; nothing that looks like XML is."""
    found = legal(text)
    if "_x" in found:
        found = ESCAPED.sub("_x005F_", found)
    return found.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "_x000D_")


def _lines(text: str, room: int) -> int:
    """How many lines a text takes where so many digits fit beside each other; a Chinese character is as wide as two."""
    return sum(max(-(-len(part.encode("gb18030")) // room), 1) for part in text.splitlines() or [""])
