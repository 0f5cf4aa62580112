"""The workbook of a ledger but for its rows: properties, styles, and sheets that are set up for reading and for paper.

Whoever finds a copy sees on every printed page, and in the file's properties, who took it and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from xlsxwriter import Workbook

from reports.ledgers.columns import Form
from reports.ledgers.rows import legal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.worksheet import Worksheet

    from reports.ledgers.columns import Head

TITLE, META, HEADER = 0, 1, 2
FIRST: Final = HEADER + 1
LONGEST_FOOTER: Final = 80
PAGE_WIDTH: Final = 165  # characters beside each other on A4 landscape that can still be read
A4: Final = 9
FACE: Final = "微软雅黑"
NUMBER_WIDTH: Final = 7
ROW_HEIGHT: Final = 18

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


def made(heading: Heading, heads: Sequence[Head], room: int) -> BytesIO:
    """The book with sheets for as many rows as the heading says, of which each has room for so many.

    Below its header each sheet has a pattern of empty cells: a row in the styles of plain ones, and another, in the
    place of the last row and without the first column, in those of texts that begin like a formula.
    """
    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties(
            {
                "title": heading.title,
                "author": heading.mark,
                "company": heading.unit,
                "comments": f"筛选条件：{heading.filter_words}",
                "created": heading.at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        looks = [BASE | FORMATS[head.form] for head in heads]
        ordinal = workbook.add_format(BASE | {"align": "center"})
        plain = [ordinal, *(workbook.add_format(look) for look in looks)]
        quoted = [workbook.add_format(look | {"quote_prefix": True}) for look in looks]
        for begin in range(0, max(heading.rows, 1), room):
            rows, number = min(heading.rows - begin, room), begin // room + 1
            sheet = workbook.add_worksheet(heading.title if number == 1 else f"{heading.title} {number}")
            _set_up(sheet, heads)
            _set_up_page(sheet, heading, heads)
            _head(sheet, workbook, heading, heads)
            sheet.autofilter(HEADER, 0, HEADER + rows, len(heads))
            for column, style in enumerate(plain):
                sheet.write_blank(FIRST, column, None, style)
            for column, style in enumerate(quoted, start=1):
                sheet.write_blank(max(HEADER + rows, FIRST + 1), column, None, style)
    return content


def _set_up(sheet: Worksheet, heads: Sequence[Head]) -> None:
    sheet.set_column(0, 0, NUMBER_WIDTH)
    for column, head in enumerate(heads, start=1):
        sheet.set_column(column, column, head.width)
    sheet.freeze_panes(FIRST, 2)
    sheet.set_default_row(ROW_HEIGHT)


def _set_up_page(sheet: Worksheet, heading: Heading, heads: Sequence[Head]) -> None:
    """A4 landscape, the head on every page; a wide ledger goes on across pages, with 序号 and the first column."""
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


def _head(sheet: Worksheet, workbook: Workbook, heading: Heading, heads: Sequence[Head]) -> None:
    title = workbook.add_format({"font_name": FACE, "font_size": 16, "bold": True, "valign": "vcenter"})
    meta = workbook.add_format({"font_name": FACE, "font_size": 10, "font_color": "#4A566B", "valign": "vcenter"})
    look = {"bold": True, "bg_color": "#DFEAF8", "align": "center", "text_wrap": True}
    sheet.set_row(TITLE, 30)
    sheet.set_row(META, 20)
    sheet.set_row(HEADER, 30)
    sheet.write_string(TITLE, 0, heading.title, title)
    sheet.write_string(META, 0, legal(heading.meta), meta)
    header = workbook.add_format(BASE | look)
    for column, name in enumerate(("序号", *(head.header for head in heads))):
        sheet.write_string(HEADER, column, name, header)


def _literal(text: str) -> str:
    """Text as it stands in a header or footer; an ampersand would begin a code. Excel takes no more than 255 signs."""
    return legal(text)[:LONGEST_FOOTER].replace("&", "&&")
