"""Ledgers for tests: made in the test's own transaction, and read back."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from cadres.models import Cadre
from reports.ledgers import making
from reports.ledgers.making import Made
from tests.reports.karamay import at

NOW = at(16)


def make(kind: str, folder: Path, by: Cadre, query: str = "", now: datetime = NOW) -> tuple[Made, Worksheet]:
    path = folder / f"{kind}.xlsx"
    made = making.make(kind, query, path, by=by, now=now)
    return made, openpyxl.load_workbook(path).worksheets[0]


def headers(sheet: Worksheet) -> list[Any]:
    return [cell.value for cell in sheet[3]]


def rows(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows below the header, each by its headers; a day is a day."""
    names = headers(sheet)
    found = sheet.iter_rows(min_row=4, values_only=True)
    return [{name: _plain(value) for name, value in zip(names, values, strict=True)} for values in found]


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) and value.time() == time() else value
