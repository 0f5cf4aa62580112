"""An import of many new enterprises, beside reading the file and a COPY of the rows into the same indexed table."""

from __future__ import annotations

import tempfile
from io import StringIO
from pathlib import Path
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from xlsxwriter import Workbook

from benchmarks.measuring import clear_away, in_a_child, seconds_of, taken_back
from benchmarks.results import Finding
from cadres.models import Region
from enterprises.models import Enterprise
from enterprises.rules.credit_code import check_character
from reports.imports import running
from reports.imports.reading import read
from reports.imports.rows import Situation

ROWS: Final = 100_000
RATIO: Final = 2.0
MEGABYTES: Final = 200
NAME: Final = "enterprises.xlsx"
HEADERS: Final = (
    *("企业名称", "统一社会信用代码", "主体类型", "区域代码", "地址", "行业代码", "行业分组", "统计类别"),
    *("联系人", "联系电话", "从业人数", "营业收入(万元)", "资产总额(万元)", "基准日用电(kWh)", "经营状态"),
)


def measure(rows: int = ROWS) -> list[Finding]:
    """Checked and written in a process of its own, as in a worker, and taken back."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / NAME
        write_book(path, rows)
        parsed = seconds_of(lambda: parse(path))
        clear_away()
        copied = copy(rows)
        clear_away()
        (seconds, report), megabytes = in_a_child(take_in, path)
    ratio = seconds / (parsed + copied)
    return [
        Finding(f"reading {rows:,} rows", parsed * 1000),
        Finding(f"COPY of {rows:,} enterprises", copied * 1000),
        Finding(
            f"import of {rows:,} enterprises: {report}",
            seconds * 1000,
            megabytes=megabytes,
            ratio=ratio,
            reach=f"≤ {RATIO:.0f} × (reading + COPY), ≤ {MEGABYTES} MB",
            met=ratio <= RATIO and megabytes <= MEGABYTES,
        ),
    ]


def write_book(path: Path, rows: int) -> None:
    town = Region.objects.filter(kind=Region.Kind.TOWN).earliest("pk")
    with Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        for number in range(rows):
            code = f"92{town.short_code}MB{number:07d}"
            values = (
                *(f"澜川新办{number}号商贸有限公司", code + check_character(code), "企业", town.code),
                *(f"{town.name}{number}号", "F52", "批发零售", "其他", "李红梅", f"138{number:08d}"),
                *(20 + number % 300, 500 + number % 1000, 800, 120, "在营"),
            )
            sheet.write_row(number + 1, 0, values)


def parse(path: Path) -> int:
    with read(path, NAME) as sheet:
        return sum(1 for _ in sheet.rows)


def copy(rows: int) -> float:
    """The rows that are there already, with codes of their own, into the table with its indexes and triggers."""
    fields = [field for field in Enterprise._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    chosen = ", ".join("new_code" if field.column == "credit_code" else f'"{field.column}"' for field in fields)
    table, text = Enterprise._meta.db_table, StringIO()
    with taken_back(), connection.cursor() as cursor:
        known = Enterprise.objects.filter(project_code="").count()
        numbered = f"""
            SELECT one.*, 'X' || lpad(row_number() OVER ()::text, 17, '0') AS new_code
            FROM {table} one CROSS JOIN generate_series(1, {-(-rows // known)}) WHERE project_code = '' LIMIT {rows}
        """
        cursor.copy_expert(f"COPY (SELECT {chosen} FROM ({numbered}) numbered) TO STDOUT", text)
        text.seek(0)
        return seconds_of(lambda: cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text))


def take_in(path: Path) -> tuple[float, str]:
    now = timezone.now()
    situation = Situation(None, now, timezone.localdate(now), writing=True)
    said = ""

    def work() -> None:
        nonlocal said
        said = str(running.run("enterprises", path, NAME, situation, faults=lambda found: None))

    with transaction.atomic():
        seconds = seconds_of(work)
        transaction.set_rollback(True)
    return seconds, said
