"""Workbooks that imports give out: an empty template of each kind, and the list of a job's faults."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from reports.imports import lists
from reports.imports.kinds import kind_named
from reports.models import ImportJob

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl.worksheet.worksheet import Worksheet

    from cadres.models import Cadre
    from reports.imports.cells import Column
    from reports.models import ImportFault

PERMITTED, EXPLAINED = "可选值", "填写说明"
LAST_PREPARED_ROW: Final = 2_000
WIDTH: Final = 16
TEXT: Final = "@"
BOLD: Final = Font(bold=True)
REQUIRED: Final = Font(bold=True, color="B3201A")
HEAD: Final = PatternFill("solid", fgColor="E6F0FB")


def template(kind: ImportJob.Kind, cadre: Cadre) -> bytes:
    """A workbook to fill in: headers, required ones red, drop-down lists, what each column is, permitted values.

    Long lists hold what this cadre may name.
    """
    columns = kind_named(kind).columns
    book = Workbook()
    data = book.active
    assert data is not None  # noqa: S101 - a new workbook has a sheet
    data.title = str(kind.label)
    permitted = book.create_sheet(PERMITTED)
    _fill_permitted(permitted, columns)
    _fill_lists(book, permitted, columns, cadre)
    _fill_explained(book.create_sheet(EXPLAINED), columns)
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        _head(data, place, column.header, REQUIRED if column.required else BOLD)
        if column.empty is not None:  # codes and telephone numbers keep every digit; numbers and days are no text
            data.column_dimensions[letter].number_format = TEXT
        if column.permitted and not column.is_list:
            data.add_data_validation(_drop_down(column, columns, letter))
        elif column.listed in book.defined_names:
            data.add_data_validation(_long_drop_down(column, letter))
    data.freeze_panes = "A2"
    return _saved(book)


def _drop_down(column: Column, columns: Iterable[Column], letter: str) -> DataValidation:
    place = get_column_letter([each.header for each in columns if each.permitted].index(column.header) + 1)
    last = len(column.permitted) + 1
    validation = DataValidation(
        "list",
        formula1=f"{quote_sheetname(PERMITTED)}!${place}$2:${place}${last}",
        allow_blank=not column.required,
        showErrorMessage=True,
        errorTitle=column.header,
        error="请从下拉列表中选择。",
    )
    validation.add(f"{letter}2:{letter}{LAST_PREPARED_ROW}")
    return validation


def _long_drop_down(column: Column, letter: str) -> DataValidation:
    """Of a named range. Another value is asked about and not refused: the list may be older than what it lists."""
    validation = DataValidation(
        "list",
        formula1=column.listed,
        allow_blank=not column.required,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle=column.header,
        error="这个值不在下载模板时的列表里，仍要填写吗？",
    )
    validation.add(f"{letter}2:{letter}{LAST_PREPARED_ROW}")
    return validation


def _fill_lists(book: Workbook, sheet: Worksheet, columns: Iterable[Column], cadre: Cadre) -> None:
    """Each long list once, behind the short ones, with what its values mean; named ranges where they are not empty."""
    for name in dict.fromkeys(column.listed for column in columns if column.listed):
        found = lists.values(name, cadre)
        if not found:
            continue
        place = sheet.max_column + (sheet.cell(row=1, column=1).value is not None)
        letter = get_column_letter(place)
        _head(sheet, place, name, BOLD)
        _head(sheet, place + 1, f"{name}说明", BOLD)
        for row, (value, meaning) in enumerate(found, start=2):
            sheet.cell(row=row, column=place, value=value).number_format = TEXT
            sheet.cell(row=row, column=place + 1, value=meaning)
        range_ = f"{quote_sheetname(PERMITTED)}!${letter}$2:${letter}${len(found) + 1}"
        book.defined_names[name] = DefinedName(name, attr_text=range_)


def _fill_permitted(sheet: Worksheet, columns: Iterable[Column]) -> None:
    for place, column in enumerate((each for each in columns if each.permitted), start=1):
        _head(sheet, place, column.header, BOLD)
        for row, word in enumerate(column.permitted, start=2):
            sheet.cell(row=row, column=place, value=word)


def _fill_explained(sheet: Worksheet, columns: Iterable[Column]) -> None:
    for place, header in enumerate(("列名", "必填", "说明"), start=1):
        _head(sheet, place, header, BOLD)
    for row, column in enumerate(columns, start=2):
        for place, value in enumerate((column.header, "是" if column.required else "", column.explanation), start=1):
            sheet.cell(row=row, column=place, value=value)
    sheet.column_dimensions["C"].width = 4 * WIDTH


def _head(sheet: Worksheet, place: int, header: str, font: Font) -> None:
    cell = sheet.cell(row=1, column=place, value=header)
    cell.font, cell.fill, cell.alignment = font, HEAD, Alignment(horizontal="center")
    sheet.column_dimensions[get_column_letter(place)].width = max(WIDTH, 2 * len(header) + 4)


def faults(found: Iterable[ImportFault]) -> bytes:
    """Every fault of a job, one a row, however many there are."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("导入错误")
    sheet.freeze_panes = "A2"
    for letter, width in (("A", 8), ("B", 24), ("C", 90)):
        sheet.column_dimensions[letter].width = width
    head = [WriteOnlyCell(sheet, header) for header in ("行", "列名", "原因")]
    for cell in head:
        cell.font, cell.fill = BOLD, HEAD
    sheet.append(head)
    for fault in found:
        sheet.append([fault.row, fault.column, fault.reason])
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()
