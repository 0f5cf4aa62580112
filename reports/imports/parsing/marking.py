"""Write a copy of the file named by the first argument with its faults marked, to the third; the second is its name.

Standard input has JSON lines: {"row": of the header}, then {"row", "place", "column", "reason"} for each fault, where
place 0 is none of the columns. A process of its own under limits, as the parser is; it ends with 0 when the copy is
whole.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from reports.imports.parsing import text, workbook
from reports.imports.parsing.archive import Archive
from reports.imports.parsing.limits import CPU_SECONDS, MARKED_BYTES, MARKING_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl.worksheet.worksheet import Worksheet

# The header of the column that tells the faults of a row; a file that still has it may be imported again.
FAULTS: Final = "错误"
AUTHOR: Final = "驻企通"
# Comments are drawn as shapes: thousands of them make a workbook slow. Beyond, the colour and the column tell.
COMMENTS: Final = 1_000
WIDTH: Final = 60
RED: Final = PatternFill("solid", fgColor="FFF9D5D3")
BOLD_RED: Final = Font(bold=True, color="FFB3201A")
MARKERS: Final = ("=", "+", "-", "@", "\t", "\r")

Fault = dict[str, Any]


def main(source: Path, name: str, target: Path) -> None:
    for what, amount in (
        (resource.RLIMIT_AS, MARKING_MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, MARKED_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (amount, amount))
    header, *faults = (json.loads(line) for line in sys.stdin)
    book, sheet = _open(source, name)
    mark(sheet, header["row"], faults)
    book.active = book.index(sheet)
    book.save(target)


def _open(source: Path, name: str) -> tuple[Workbook, Worksheet]:
    """The workbook with the sheet that is imported; a text file becomes a workbook of texts."""
    with source.open("rb") as file:
        is_archive = file.read(2) == b"PK"
    if is_archive:
        chosen, _ = workbook.choose(Archive(source))
        book = load_workbook(source)
        return book, book[chosen.name]
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "数据"
    for message in text.rows(source):
        for column, value in enumerate(message.get("cells", ()), start=1):
            if isinstance(value, str) and value:
                _put(sheet.cell(message["row"], column), value)
    return book, sheet


def mark(sheet: Worksheet, header: int, faults: Iterable[Fault]) -> None:
    """Colour each faulty cell, say there why, and say it once more in a column behind the last."""
    last = sheet.max_column + 1
    for column in range(1, sheet.max_column + 1):
        if sheet.cell(header, column).value == FAULTS:
            last = column
            _clear(sheet, column)
    told: dict[int, list[str]] = {}
    for number, fault in enumerate(faults):
        words = f"{fault['column']}：{fault['reason']}"
        told.setdefault(fault["row"], []).append(words)
        if fault["place"]:
            _mark(sheet.cell(fault["row"], fault["place"]), fault["reason"], comments=number < COMMENTS)
    _put(sheet.cell(header, last), FAULTS)
    sheet.cell(header, last).font = BOLD_RED
    for row, reasons in told.items():
        _put(sheet.cell(row, last), "；".join(reasons))
        sheet.cell(row, last).fill = RED
        sheet.cell(row, last).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions[get_column_letter(last)].width = WIDTH


def _clear(sheet: Worksheet, faults: int) -> None:
    """What an earlier marking said is no longer so; its words stand in the column `faults`."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.column == faults:
                cell.value = None
            if cell.fill.fgColor.rgb == RED.fgColor.rgb:
                cell.fill = PatternFill()
            if cell.comment and cell.comment.author == AUTHOR:
                cell.comment = None


def _mark(cell: Any, reason: str, *, comments: bool) -> None:
    cell.fill = RED
    if not (comments and isinstance(cell, Cell)):  # a cell that a merge covers can't have one
        return
    before = f"{cell.comment.text}\n" if cell.comment else ""
    cell.comment = Comment(before + reason, AUTHOR, width=260, height=80)


def _put(cell: Any, words: str) -> None:
    """Text, whatever it begins with."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", words)
    cell.data_type = "s"
    cell.quotePrefix = words.startswith(MARKERS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
