"""The rows of a CSV file in UTF-8, with or without BOM, or GB18030."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from reports.imports.parsing.limits import (
    CELL_CHARACTERS,
    COLUMNS,
    ROWS,
    RefusedError,
    too_many_columns,
    too_many_rows,
)
from reports.imports.parsing.worksheet import letters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.imports.parsing.workbook import Cell

ENCODINGS: Final = ("utf-8-sig", "gb18030")
DELIMITERS: Final = (",", "\t", ";")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """{"rows": …}, then every row that isn't blank. A quoted cell may hold line breaks; a row counts once."""
    content = decode(path.read_bytes())
    header = content[: content.find("\n")]
    yield {"rows": content.count("\n")}
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True)
    number = 0
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise RefusedError(
                f"CSV 文件第 {reader.line_num} 行的引号不成对或单元格过长，读不下去。"
                "请用 Excel 打开检查，另存后再导入。"
            ) from error
        if values is None:
            return
        number += 1
        if any(value.strip() for value in values):
            yield {"row": number, "cells": _cells(values, number)}


def decode(content: bytes) -> str:
    if b"\0" in content:
        raise RefusedError("这不是文本文件。请在 Excel 中另存为“CSV UTF-8（逗号分隔）”或 .xlsx 后再导入。")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedError("文件的编码不是 UTF-8 或 GB18030。请在 Excel 中另存为“CSV UTF-8（逗号分隔）”后再导入。")


def _cells(values: list[str], number: int) -> list[Cell]:
    if number > ROWS + 1:
        raise too_many_rows(number)
    if len(values) > COLUMNS and any(values[COLUMNS:]):
        raise too_many_columns(letters(len(values)))
    return [
        value if len(value) <= CELL_CHARACTERS else {"is": "long", "length": len(value)} for value in values[:COLUMNS]
    ]
