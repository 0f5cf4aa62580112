"""Writing a ledger's workbook row by row: memory does not grow with the rows.

Whoever finds a copy sees on every printed page, and in the file's properties, who took it and when.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException

from reports.ledgers.columns import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

    from reports.ledgers.columns import Head

MOST_ROWS: Final = 1_048_576  # of a sheet
TITLE, META, HEADER = 0, 1, 2
FIRST: Final = HEADER + 1
LONGEST_CELL: Final = 32_767
LONGEST_FOOTER: Final = 80
PAGE_WIDTH: Final = 165  # characters beside each other on A4 landscape that can still be read
A4: Final = 9
FACE: Final = "微软雅黑"
EPOCH: Final = date(1899, 12, 30)
NUMBER_WIDTH: Final = 7
ROW_HEIGHT, LINE_HEIGHT, TALLEST = 18, 14, 409  # points; Excel knows no taller rows

MARKERS: Final = ("=", "+", "-", "@", "\t", "\r")
ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
RAW: Final = ("<r>", "</r>")  # what XlsxWriter would take for the XML of a rich string

WRAPPED: Final = frozenset({Form.TEXT, Form.LONG})
FORMATS: Final[dict[Form, dict[str, Any]]] = {
    Form.TEXT: {"text_wrap": True},
    Form.LONG: {"text_wrap": True},
    Form.CODE: {"num_format": "@"},
    Form.NUMBER: {"num_format": "#,##0.##;-#,##0.##;0", "align": "right"},
    Form.AMOUNT: {"num_format": "#,##0.00", "align": "right"},
    Form.RATE: {"num_format": "0.0%", "align": "right"},
    Form.DAY: {"num_format": "yyyy-mm-dd", "align": "center"},
    Form.MOMENT: {"num_format": "yyyy-mm-dd hh:mm", "align": "center"},
}
BASE: Final = {"font_name": FACE, "font_size": 10, "valign": "vcenter", "border": 1, "border_color": "#BFC8D6"}


class FullError(Exception):
    """The file could not be written: no room, or no right to write there."""


@dataclass(frozen=True)
class Heading:
    """What stands above the rows and on every page: the ledger's name, who made it, when, under which filter."""

    title: str
    who: str
    unit: str
    at: datetime
    filter_words: str
    rows: int

    @property
    def meta(self) -> str:
        parts = (f"单位：{self.unit}", f"导出人：{self.who}", f"数据时间：{self.moment}", f"共 {self.rows} 行")
        return "　".join((*parts, f"筛选条件：{self.filter_words}"))

    @property
    def moment(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    @property
    def mark(self) -> str:
        """The watermark: who, of which unit, when."""
        return f"{self.unit} {self.who} {self.moment}".strip()


def write(
    path: Path,
    heading: Heading,
    heads: Sequence[Head],
    rows: Iterable[Sequence[Any]],
    *,
    each: Callable[[int], None] = lambda done: None,
    most_rows: int = MOST_ROWS,
) -> int:
    """Write the rows to a file and say how many there were; more than a sheet holds go on in the next one.

    `each` is told the number of every row that is written. What XlsxWriter puts aside meanwhile lies beside the file.
    Raises FullError where the disk takes no more; then the file is of no use.
    """
    with _open(path, heading) as workbook:
        sheet = _Sheet(workbook, heading, heads, 1)
        done = 0
        for row in rows:
            if sheet.next_row == most_rows:
                sheet.finish()
                sheet = _Sheet(workbook, heading, heads, sheet.number + 1)
            done += 1
            sheet.add(done, row)
            each(done)
        sheet.finish()
    return done


@contextmanager
def _open(path: Path, heading: Heading) -> Iterator[Workbook]:
    workbook = Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_numbers": False})
    workbook.use_zip64()
    workbook.set_properties(
        {
            "title": heading.title,
            "author": heading.mark,
            "company": heading.unit,
            "comments": f"筛选条件：{heading.filter_words}",
            "created": heading.at.astimezone(UTC).replace(tzinfo=None),
        }
    )
    try:
        yield workbook
        workbook.close()
    except (OSError, XlsxWriterException) as error:
        raise FullError(str(error)) from error
    finally:
        workbook.fileclosed = True  # its destructor would try once more


class _Sheet:
    """One sheet of the ledger, written from top to bottom."""

    def __init__(self, workbook: Workbook, heading: Heading, heads: Sequence[Head], number: int) -> None:
        self.number, self.next_row = number, FIRST
        self._last_column = len(heads)
        self._sheet: Worksheet = workbook.add_worksheet(heading.title if number == 1 else f"{heading.title} {number}")
        self._plain = {form: workbook.add_format(BASE | FORMATS[form]) for form in Form}
        self._quoted = {form: workbook.add_format(BASE | FORMATS[form] | {"quote_prefix": True}) for form in Form}
        self._ordinal = workbook.add_format(BASE | {"align": "center"})
        self._forms = [head.form for head in heads]
        self._room = [head.width - 1 if head.form in WRAPPED else LONGEST_CELL for head in heads]
        self._tall: int | None = None
        self._set_up(heads)
        self._set_up_page(heading, heads)
        self._head(workbook, heading, heads)

    def add(self, number: int, row: Sequence[Any]) -> None:
        """Write one row behind its 序号, as tall as its longest text needs."""
        sheet, place, lines = self._sheet, self.next_row, 1
        sheet.write_number(place, 0, number, self._ordinal)
        self._forget_row_before()
        for column, (form, value) in enumerate(zip(self._forms, row, strict=True), start=1):
            if isinstance(value, str):
                self._text(place, column, value, form)
                if 2 * len(value) > self._room[column - 1] or "\n" in value:
                    lines = max(lines, _lines(value, self._room[column - 1]))
            elif value is None:
                sheet.write_blank(place, column, None, self._plain[form])
            else:
                sheet.write_number(place, column, _number(value, form), self._plain[form])
        if lines > 1:
            sheet.set_row(place, min(lines * LINE_HEIGHT + 4, TALLEST))
            self._tall = place
        self.next_row += 1

    def _forget_row_before(self) -> None:
        """It is on the disk. XlsxWriter would keep the height of every row to the end."""
        if self._tall is not None:
            del self._sheet.row_info[self._tall], self._sheet.row_sizes[self._tall]
            self._tall = None

    def finish(self) -> None:
        """The filter arrows over what was written."""
        self._sheet.autofilter(HEADER, 0, max(self.next_row - 1, HEADER), self._last_column)

    def _text(self, row: int, column: int, text: str, form: Form) -> None:
        """Text as it stands: nothing that begins like a formula is one, nothing that looks like XML is."""
        found = ILLEGAL.sub("", text)[:LONGEST_CELL]
        cell_format = (self._quoted if found.startswith(MARKERS) else self._plain)[form]
        if not found:
            self._sheet.write_blank(row, column, None, cell_format)
        elif found.startswith(RAW[0]) and found.endswith(RAW[1]):
            self._sheet.write_rich_string(row, column, found[:1], cell_format, found[1:], cell_format)
        else:
            self._sheet.write_string(row, column, found, cell_format)

    def _set_up(self, heads: Sequence[Head]) -> None:
        self._sheet.set_column(0, 0, NUMBER_WIDTH)
        for column, head in enumerate(heads, start=1):
            self._sheet.set_column(column, column, head.width)
        self._sheet.freeze_panes(FIRST, 2)
        self._sheet.set_default_row(ROW_HEIGHT)

    def _set_up_page(self, heading: Heading, heads: Sequence[Head]) -> None:
        """A4 landscape, the head on every page; a wide ledger goes on across pages, with 序号 and the first column."""
        sheet = self._sheet
        width = NUMBER_WIDTH + sum(head.width for head in heads)
        repeated = NUMBER_WIDTH + heads[0].width
        pages = 1 if width <= PAGE_WIDTH else -(-(width - repeated) // (PAGE_WIDTH - repeated))
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(pages, 0)
        sheet.print_across()
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.repeat_rows(TITLE, HEADER)
        if pages > 1:
            sheet.repeat_columns(0, 1)
        sheet.set_header(f"&R&8{_literal(heading.mark)}")
        sheet.set_footer(f"&L&8{_literal(heading.title)}　{_literal(heading.mark)}&R&8第 &P 页，共 &N 页")

    def _head(self, workbook: Workbook, heading: Heading, heads: Sequence[Head]) -> None:
        title = workbook.add_format({"font_name": FACE, "font_size": 16, "bold": True, "valign": "vcenter"})
        meta = workbook.add_format({"font_name": FACE, "font_size": 10, "font_color": "#4A566B", "valign": "vcenter"})
        look = {"bold": True, "bg_color": "#DFEAF8", "align": "center", "text_wrap": True}
        sheet = self._sheet
        sheet.set_row(TITLE, 30)
        sheet.set_row(META, 20)
        sheet.set_row(HEADER, 30)
        sheet.write_string(TITLE, 0, heading.title, title)
        sheet.write_string(META, 0, ILLEGAL.sub("", heading.meta)[:LONGEST_CELL], meta)
        header = workbook.add_format(BASE | look)
        for column, name in enumerate(("序号", *(head.header for head in heads))):
            sheet.write_string(HEADER, column, name, header)


def _number(value: Any, form: Form) -> float:
    """What Excel stores: an instant as days since its epoch in the city's time, a number as it is."""
    if isinstance(value, datetime):
        here = timezone.localtime(value)
        days = (here.date() - EPOCH).days
        return days if form is Form.DAY else days + (here.hour * 3600 + here.minute * 60 + here.second) / 86_400
    if isinstance(value, date):
        return (value - EPOCH).days
    return float(value)


def _lines(text: str, room: int) -> int:
    """How many lines a text takes where so many digits fit beside each other; a Chinese character is as wide as two."""
    return sum(max(-(-len(part.encode("gb18030")) // room), 1) for part in text.splitlines() or [""])


def _literal(text: str) -> str:
    """Text as it stands in a header or footer; an ampersand would begin a code. Excel takes no more than 255 signs."""
    return ILLEGAL.sub("", text)[:LONGEST_FOOTER].replace("&", "&&")
