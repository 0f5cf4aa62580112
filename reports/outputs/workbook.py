"""A bulletin as an Excel workbook. The same bulletin gives the same bytes, whoever asks and whenever.

Hence nothing in it tells of the download: who took a copy stands in the audit log. A copy that goes astray still shows
who signed, for which unit and when, on every printed page.
"""

from __future__ import annotations

import io
import zipfile
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, cast
from unicodedata import east_asian_width

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.xml.functions import tostring

from reports.indicators import DASH, Figure
from reports.outputs import correction, layout
from reports.outputs.layout import Sheet
from reports.outputs.tables import Column, Kind, Table
from reports.snapshot import Snapshot
from reports.wording import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.dimensions import ColumnDimension
    from openpyxl.worksheet.worksheet import Worksheet

    from cadres.models import Cadre
    from reports.models import Briefing

Worn = dict[tuple[Any, ...], Any]  # styles by what cells of one style have in common

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT_MARKERS: Final = ("=", "+", "-", "@", "\t", "\r")
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
CORE: Final = "docProps/core.xml"
A4: Final = 9
CJK: Final = 2  # a Chinese character is as wide as two digits
ONE_LINE: Final = 4  # a longer label stands in two lines
HEAD_HEIGHT, LINE_HEIGHT = 30, 14  # points
DRAFT: Final = "草稿，未签发"
TITLE, META, HEADER = 1, 2, 3

WIDTHS: Final = {
    Kind.TEXT: 15,
    Kind.WORD: 9,
    Kind.NAME: 38,
    Kind.CODE: 22,
    Kind.COUNT: 9,
    Kind.RATE: 9,
    Kind.POINTS: 9,
    Kind.INDEX: 9,
    Kind.CHANGE: 9,
    Kind.AMOUNT: 17,
    Kind.DAY: 13,
    Kind.MOMENT: 17,
}
FORMATS: Final = {
    Kind.COUNT: "0",
    Kind.RATE: "0.0%",
    Kind.POINTS: "+0.0;-0.0;0.0",
    Kind.INDEX: "0.00",
    Kind.CHANGE: "+0.00;-0.00;0.00",
    Kind.AMOUNT: "#,##0.00",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
    Kind.CODE: "@",
}
CENTRED: Final = frozenset(set(Kind) - {Kind.TEXT, Kind.NAME, Kind.CODE})

FACE: Final = "微软雅黑"
PLAIN, BOLD = Font(name=FACE, size=10), Font(name=FACE, size=10, bold=True)
THIN: Final = Side(style="thin", color="FFBFC8D6")
GRID: Final = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
CENTRE: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT: Final = Alignment(horizontal="left", vertical="center", wrap_text=True)
HEAD_FILL: Final = PatternFill("solid", fgColor="FFDFEAF8")
TOTAL_FILL: Final = PatternFill("solid", fgColor="FFF3F6FA")


@dataclass(frozen=True)
class Signature:
    """Who signed, for which unit and when."""

    name: str
    unit: str
    at: datetime

    @classmethod
    def of(cls, cadre: Cadre, at: datetime) -> Signature:
        return cls(str(cadre), cadre.department.name if cadre.department else "", at)

    def __str__(self) -> str:
        return f"{self.unit} {self.name} {timezone.localtime(self.at):%Y-%m-%d %H:%M} 签发"


def of(briefing: Briefing, signature: Signature | None = None) -> bytes:
    """The bulletin's workbook: as it was signed, or made from the draft with the signature it is about to get."""
    if briefing.workbook is not None:
        return bytes(briefing.workbook)
    snapshot = Snapshot.from_json(briefing.figures)
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, part in enumerate(_sheets(briefing, snapshot)):
        sheet = book.create_sheet(part.table.title)
        _head(sheet, briefing, part.table, snapshot, signature)
        _fill(sheet, part.table, HEADER)
        _set_up_print(sheet, briefing, signature)
        if number == 0:
            _put_text(sheet, briefing, part.table, signature)
        _put_below(sheet, part)
    return _bytes_of(book, briefing, signature)


def _sheets(briefing: Briefing, snapshot: Snapshot) -> list[Sheet]:
    """Those of the page, and what a correction changed."""
    changes = correction.changes(briefing)
    found = layout.sheets(snapshot)
    return found if changes is None else [*found, Sheet(changes, empty="数据没有变化")]


def filename(briefing: Briefing) -> str:
    return f"{briefing}（{briefing.day:%Y-%m-%d}）{'' if briefing.is_signed else '草稿'}.xlsx"


# --- cells -----------------------------------------------------------------------------------------------------


def put(cell: Cell, value: Any, kind: Kind) -> None:
    """Write one value as what it is; whatever looks like a formula stays text, in Excel's own eyes too."""
    if isinstance(value, Figure):
        value = value.rate
    match value:
        case None | "":
            put_text(cell, DASH)
        case Fraction() | Decimal():
            cell.value = float(value)
        case datetime():
            cell.value = timezone.localtime(value).replace(tzinfo=None)
        case date() | int():
            cell.value = value
        case _:
            put_text(cell, str(value))
    if kind is Kind.CODE or (kind in FORMATS and cell.data_type != "s"):
        cell.number_format = FORMATS[kind]


def put_text(cell: Cell, text: str) -> None:
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    if text.startswith(TEXT_MARKERS):
        cell.quotePrefix = True


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    """A cell that isn't the covered part of a merged one."""
    return cast("Cell", sheet.cell(row, column))


def _fill(sheet: Worksheet, table: Table, top: int) -> None:
    """Write the header row and the rows of a table."""
    for column, head in enumerate(table.columns, start=1):
        cell = _cell(sheet, top, column)
        put_text(cell, head.label)
        _dress(cell, BOLD, HEAD_FILL, centred=True)
    sheet.row_dimensions[top].height = HEAD_HEIGHT
    worn: Worn = {}
    for number, row in enumerate(table.rows, start=top + 1):
        for column, (head, value) in enumerate(zip(table.columns, row.values, strict=True), start=1):
            cell = _cell(sheet, number, column)
            put(cell, value, head.kind)
            _dress_alike(cell, head.kind, worn, total=row.weight == "total")
        if (lines := _lines(sheet, row.values)) > 1:
            sheet.row_dimensions[number].height = LINE_HEIGHT * lines + 3


def _lines(sheet: Worksheet, values: Sequence[Any]) -> int:
    """How many lines the longest text of a row takes in its column; a spreadsheet does not look by itself."""
    lines = 1
    for column, text in enumerate(values, start=1):
        if isinstance(text, str) and len(text) * CJK > (width := int(_dimension(sheet, column).width) - 1):
            lines = max(lines, -(-_room(text) // width))
    return lines


def _room(text: str) -> int:
    """In widths of a digit."""
    return sum(CJK if east_asian_width(letter) in "WFA" else 1 for letter in text)


def _dress_alike(cell: Any, kind: Kind, worn: Worn, *, total: bool) -> None:
    """As the first cell of its kind, for openpyxl looks every part of a style up in every cell that it is given to."""
    alike = (kind, total, cell.data_type, cell.quotePrefix)
    if alike in worn:
        cell._style = copy(worn[alike])  # noqa: SLF001
    else:
        _dress(cell, BOLD if total else PLAIN, TOTAL_FILL if total else None, centred=kind in CENTRED)
        worn[alike] = cell._style  # noqa: SLF001


def _dress(cell: Cell, font: Font, fill: PatternFill | None, *, centred: bool) -> None:
    cell.font, cell.border = font, GRID
    cell.alignment = CENTRE if centred else LEFT
    if fill:
        cell.fill = fill


# --- the frame of a sheet --------------------------------------------------------------------------------------


def _head(sheet: Worksheet, briefing: Briefing, table: Table, snapshot: Snapshot, signature: Signature | None) -> None:
    """Title, then a row with unit, who, when and the scope; the widths of the columns."""
    last = len(table.columns)
    scope = whole(snapshot.region_kind, snapshot.region_name)
    meta = (
        f"日期：{briefing.day:%Y-%m-%d}　数据截至：{snapshot.as_of:%Y-%m-%d %H:%M}　范围：{scope}　{signature or DRAFT}"
    )
    for row, text, font, height in (
        (TITLE, f"{briefing}　{table.title}", Font(name=FACE, size=16, bold=True), 30),
        (META, meta, Font(name=FACE, size=10, color="FF4A566B"), 20),
    ):
        _wide(sheet, row, last, text, font, height=height, centred=True)
    for number, column in enumerate(table.columns, start=1):
        _dimension(sheet, number).width = _width(column)
    sheet.freeze_panes = f"A{HEADER + 1}"


def _dimension(sheet: Worksheet, column: int) -> ColumnDimension:
    return sheet.column_dimensions[get_column_letter(column)]


def _width(column: Column) -> int:
    """The room that a column's kind and its label need: so little that many columns can still be read on paper."""
    longest = max(ONE_LINE, -(-len(column.label) // 2))
    return max(WIDTHS[column.kind], CJK * longest + 1)


def _wide(
    sheet: Worksheet, row: int, last: int, text: str, font: Font, *, height: float, centred: bool = False
) -> None:
    """One text over all columns."""
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    cell = _cell(sheet, row, 1)
    put_text(cell, text)
    cell.font = font
    cell.alignment = CENTRE if centred else LEFT
    sheet.row_dimensions[row].height = height


def _set_up_print(sheet: Worksheet, briefing: Briefing, signature: Signature | None) -> None:
    """A4 landscape, one page wide, header row on every page, who signed at the foot."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADER}:{HEADER}"
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom = 0.5, 0.7
    sheet.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(text=_literal(str(signature or DRAFT))),
        center=_HeaderFooterPart(text="第 &P 页，共 &N 页"),
        right=_HeaderFooterPart(text=f"{_literal(str(briefing))} 依据 {briefing.evidence_sha256[:12]}"),
    )


def _literal(text: str) -> str:
    """Text as it stands; an ampersand would begin a code."""
    return text.replace("&", "&&")


# --- what stands below the tables ------------------------------------------------------------------------------


def _put_text(sheet: Worksheet, briefing: Briefing, table: Table, signature: Signature | None) -> None:
    """The text, the signature and the checksum of the evidence, below the first table."""
    last, row = sheet.max_column, sheet.max_row + 2
    width = sum(_width(column) for column in table.columns)
    for paragraph in _paragraphs(briefing):
        lines = -(-len(paragraph) * CJK // (width - 4))
        _wide(sheet, row, last, f"　　{paragraph}", Font(name=FACE, size=11), height=18 * lines + 4)
        row += 1
    _wide(sheet, row + 1, last, str(signature or DRAFT), BOLD, height=20)
    _wide(sheet, row + 2, last, f"依据校验值（SHA-256）：{briefing.evidence_sha256}", PLAIN, height=18)


def _paragraphs(briefing: Briefing) -> list[str]:
    """The text as it is signed, what a correction says, and what was made where the text was edited."""
    edit = briefing.edit
    found = [*briefing.body.splitlines(), correction.note(briefing)]
    if edit and edit.text != briefing.text:
        why = f"，数字改动的说明：{edit.figures}" if edit.figures else ""
        found += [f"正文经{edit.by}修改{why}。系统按数据生成的正文为：", *briefing.text.splitlines()]
    return [paragraph for paragraph in found if paragraph]


def _put_below(sheet: Worksheet, part: Sheet) -> None:
    """What stands under a table: that it is empty, a chart, further tables in the same columns."""
    if part.empty and not part.table.rows:
        _wide(sheet, HEADER + 1, sheet.max_column, f"{part.empty}。", PLAIN, height=20, centred=True)
    if part.charted:
        _chart(sheet, part)
    for table in part.below:
        _list_below(sheet, sheet.max_row + 2, table)


def _chart(sheet: Worksheet, part: Sheet) -> None:
    """Bars of 复工率 of the first rows, in their order; parks and the sum are left out."""
    labels = [column.label for column in part.table.columns]
    rate, name = labels.index("复工率") + 1, 2 if labels[0] == "排名" else 1
    first, last = HEADER + 1, HEADER + part.charted
    chart = BarChart()
    chart.type, chart.style, chart.gapWidth = "col", 10, 60
    chart.title, chart.legend = f"各{labels[name - 1]}复工率", None
    chart.add_data(Reference(sheet, min_col=rate, min_row=first, max_row=last))
    chart.set_categories(Reference(sheet, min_col=name, min_row=first, max_row=last))
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
    chart.y_axis.number_format, chart.y_axis.majorUnit = "0%", 0.2
    chart.x_axis.delete = chart.y_axis.delete = False
    series = chart.series[0]
    series.graphicalProperties.solidFill = "1A5FB4"
    series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False, numFmt="0.0%")
    chart.width, chart.height = 30, 9
    sheet.add_chart(chart, f"A{sheet.max_row + 2}")


def _list_below(sheet: Worksheet, row: int, table: Table) -> None:
    """A second table under the first, with a heading; columns grow to what both need."""
    heading = _cell(sheet, row, 1)
    put_text(heading, table.title)
    heading.font = BOLD
    for number, column in enumerate(table.columns, start=1):
        dimension = _dimension(sheet, number)
        dimension.width = max(dimension.width, _width(column))
    _fill(sheet, table, row + 1)


# --- the file --------------------------------------------------------------------------------------------------


def _bytes_of(book: Workbook, briefing: Briefing, signature: Signature | None) -> bytes:
    """Save, then take out of the file what differs from one saving to the next."""
    at = (signature.at if signature else briefing.made_at).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.title = str(briefing)
    book.properties.creator = str(signature or DRAFT)
    book.properties.created = at
    saved = io.BytesIO()
    book.save(saved)
    book.properties.modified = at
    core = tostring(book.properties.to_tree())
    packed = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, EPOCH), core if name == CORE else old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
