"""Workbooks for tests, and importing them without page or worker."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
from django.db import connection
from django.utils import timezone

from cadres.models import Cadre
from reports.imports.kinds import kind_named
from reports.imports.rows import Situation
from reports.imports.running import Report, run
from reports.models import ImportJob
from tests.reports.karamay import at

NOW = at(10)


def headers(kind: str) -> list[str]:
    return [column.header for column in kind_named(kind).columns]


def book(path: Path, rows: Iterable[Sequence[Any]], title: str = "数据") -> Path:
    """An .xlsx file of one sheet."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    return path


def table(kind: str, *rows: dict[str, Any]) -> list[list[Any]]:
    """The header of a template and rows of it, given by their headers."""
    names = headers(kind)
    for row in rows:
        assert row.keys() <= set(names), row.keys() - set(names)
    return [names, *([row.get(name) for name in names] for row in rows)]


def comma_separated(path: Path, rows: Iterable[Sequence[Any]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return path


def import_file(
    kind: str, path: Path, by: Cadre | None = None, *, commit: bool = True, now: datetime = NOW
) -> tuple[Report, list[str]]:
    """The report, and every fault as it is printed."""
    faults: list[str] = []
    situation = Situation(by, now, timezone.localdate(now), writing=commit)
    report = run(kind, path, path.name, situation, faults=lambda found: faults.extend(map(str, found)))
    return report, faults


def import_rows(
    kind: ImportJob.Kind, folder: Path, *rows: dict[str, Any], by: Cadre | None = None, commit: bool = True
) -> tuple[Report, list[str]]:
    """Import rows given by their headers."""
    return import_file(kind, book(folder / f"{kind}.xlsx", table(kind, *rows)), by, commit=commit)


def environment() -> dict[str, str]:
    """For a process of its own: this one's, with the database that the tests use."""
    address = urlsplit(os.environ["DATABASE_URL"])
    return {**os.environ, "DATABASE_URL": address._replace(path="/" + connection.settings_dict["NAME"]).geturl()}
