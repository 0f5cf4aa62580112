"""The rows of an .xlsx workbook, from the one sheet that holds data."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from reports.imports.parsing.archive import DAMAGED, Archive, Sheet
from reports.imports.parsing.limits import CELL_CHARACTERS, RefusedError
from reports.imports.parsing.worksheet import Seen, look

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Cell = str | dict[str, Any]

# Sheets of our own templates that hold no data.
BESIDE: Final = frozenset({"可选值", "填写说明"})
# Excel keeps 15 significant digits; longer numbers have lost their end.
EXACT: Final = 10**15


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """{"rows": …}, then every row that isn't blank."""
    sheet, seen = choose(Archive(path))
    try:
        book = CalamineWorkbook.from_path(str(path))
        content = book.get_sheet_by_name(sheet.name)
    except CalamineError as error:
        raise RefusedError(DAMAGED) from error
    left = content.start[1] if content.start else 0
    yield {"rows": seen.last_row}
    is_header = True
    for number, values in enumerate(content.iter_rows(), start=1):
        cells = _cells(values, number, left, seen)
        if not any(cells):
            continue
        if is_header and any(isinstance(cell, dict) and cell["is"] == "merged" for cell in cells):
            raise RefusedError(f"表头（第 {number} 行）有合并单元格。请取消合并，让每一列各有一个列名，再导入。")
        is_header = False
        yield {"row": number, "cells": cells}


def choose(archive: Archive) -> tuple[Sheet, Seen]:
    """The one visible sheet that has content; RefusedError where there is none, or several."""
    percent_styles = archive.percent_styles()
    looked = [(sheet, look(archive, sheet, percent_styles)) for sheet in archive.sheets() if sheet.name not in BESIDE]
    filled = [(sheet, seen) for sheet, seen in looked if seen.last_row]
    if not filled:
        raise RefusedError("工作簿里没有内容。请按模板填写后再导入。")
    if len(filled) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet, _ in filled[:5])
        raise RefusedError(
            f"工作簿里有 {len(filled)} 张有内容的工作表（{names}），不知道该导入哪一张。"
            "请只留要导入的那一张（其余删除或隐藏），再导入。"
        )
    return filled[0]


def _cells(values: list[Any], number: int, left: int, seen: Seen) -> list[Cell]:
    """A row's cells from column A on, those that can't be read as what they are not."""
    formulas, errors, covered, percents = (
        masks.get(number, 0) for masks in (seen.formulas, seen.errors, seen.covered, seen.percents)
    )
    cells: list[Cell] = ["" for _ in range(left)]
    cells += [
        text_of(value, is_percent=bool(percents >> column & 1)) for column, value in enumerate(values, start=left + 1)
    ]
    for column in range(1, seen.last_column + 1):
        bit = 1 << column
        if (formulas | errors | covered) & bit:
            cells += ["" for _ in range(column - len(cells))]
            cells[column - 1] = {"is": "formula" if formulas & bit else "error" if errors & bit else "merged"}
    return cells


def text_of(value: Any, *, is_percent: bool = False) -> Cell:
    """A value as people would type it; numbers as exactly as Excel keeps them."""
    if isinstance(value, str):
        return value if len(value) <= CELL_CHARACTERS else {"is": "long", "length": len(value)}
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= EXACT:
            return {"is": "inexact"}
        return f"{value * 100:.15g}%" if is_percent else _number(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds") if value.time() != time() else value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.15g}"
