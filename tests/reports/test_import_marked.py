"""What one gets back: the uploaded workbook itself, with every fault marked where it is, fit to be sent again."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Enterprise
from reports.imports import jobs, marked
from reports.models import ImportJob
from tests.factories import cadre, credit_code, district
from tests.reports.karamay import at
from tests.reports.workbooks import comma_separated, headers, import_file, table

pytestmark = pytest.mark.django_db

RED = "FFF9D5D3"


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def office() -> Cadre:
    return cadre(Role.OFFICE, region=district(), name="李强")


def checked(by: Cadre, path: Path) -> ImportJob:
    job = jobs.take_in("enterprises", SimpleUploadedFile(path.name, path.read_bytes()), by=by, now=at(9))
    assert jobs.run_next(now=at(9, 1))
    job.refresh_from_db()
    return job


def good(number: int, **values) -> dict:
    return {
        "企业名称": f"第{number}钻修有限公司",
        "统一社会信用代码": credit_code(number),
        "主体类型": "企业",
        "区域代码": district().code,
        **values,
    }


def original(path: Path) -> Path:
    """A workbook as people make one: a title above the header, own columns' order, a formula, a second hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "企业报送表"
    names = ["区域代码", "企业名称*", "统一社会信用代码", "主体类型", "从业人数", "备用"]
    sheet.append([])
    sheet.append(names[:5])
    rows = (good(1), good(2, 从业人数="很多", 主体类型="公司"), good(3, 企业名称=None, 从业人数="=1+1"))
    for row in rows:
        sheet.append([row.get(name.strip("*")) for name in names[:5]])
    sheet["B3"].font = Font(bold=True, color="FF00FF00")
    sheet.column_dimensions["B"].width = 44
    hidden = book.create_sheet("内部")
    hidden["A1"], hidden.sheet_state = "别的内容", "hidden"
    book.save(path)
    return path


def sheet_of(job: ImportJob) -> Worksheet:
    return openpyxl.load_workbook(job.marked.path)["企业报送表"]


def fill(sheet: Worksheet, reference: str) -> str:
    return sheet[reference].fill.fgColor.rgb


def test_each_fault_is_marked_in_the_workbook_that_was_sent(tmp_path: Path, office: Cadre):
    job = checked(office, original(tmp_path / "报送.xlsx"))
    assert job.faulty == 2
    sheet = sheet_of(job)
    assert [fill(sheet, cell) for cell in ("D4", "E4", "B5", "E5")] == [RED] * 4
    assert [fill(sheet, cell) for cell in ("B3", "E3", "A4", "D5")] == ["00000000"] * 4
    assert sheet["E4"].comment.text == "“很多”不是数字"
    assert sheet["B5"].comment.text == "必须填写"
    assert (sheet["F2"].value, sheet["F3"].value) == ("错误", None)
    assert "从业人数：“很多”不是数字" in sheet["F4"].value
    assert "主体类型：" in sheet["F4"].value
    assert "单元格是公式" in sheet["F5"].value
    assert (sheet["E5"].value, sheet["B3"].font.bold, sheet.column_dimensions["B"].width) == ("=1+1", True, 44)
    assert openpyxl.load_workbook(job.marked.path)["内部"]["A1"].value == "别的内容"


def test_a_marked_workbook_that_was_put_right_is_taken_again(tmp_path: Path, office: Cadre):
    job = checked(office, original(tmp_path / "报送.xlsx"))
    book = openpyxl.load_workbook(job.marked.path)
    sheet = book["企业报送表"]
    sheet["D4"], sheet["E4"], sheet["B5"] = "企业", 12, "第3钻修有限公司"
    again = tmp_path / "改好.xlsx"
    book.save(again)
    second = checked(office, again)
    assert (second.added, second.faulty) == (2, 1)
    marked = sheet_of(second)
    assert (marked["F2"].value, marked["F4"].value, marked["G2"].value) == ("错误", None, None)
    assert marked["F5"].value == "从业人数：单元格是公式，请粘贴为数值"
    assert ([fill(marked, cell) for cell in ("D4", "E4", "B5", "F4")], fill(marked, "E5")) == (["00000000"] * 4, RED)
    assert (marked["E4"].comment, marked["E5"].comment.text) == (None, "单元格是公式，请粘贴为数值")
    assert import_file(ImportJob.Kind.ENTERPRISES, again, office)[0].added == 2
    assert Enterprise.objects.count() == 2


def test_a_text_file_comes_back_as_a_workbook(tmp_path: Path, office: Cadre):
    rows = table("enterprises", good(1), good(2, 从业人数="=HYPERLINK(1)"))
    job = checked(office, comma_separated(tmp_path / "企业.csv", rows, encoding="gb18030"))
    sheet = openpyxl.load_workbook(job.marked.path).worksheets[0]
    names = headers("enterprises")
    cell = sheet.cell(3, names.index("从业人数") + 1)
    assert (cell.value, cell.data_type, cell.fill.fgColor.rgb) == ("=HYPERLINK(1)", "s", RED)
    assert sheet.cell(1, len(names) + 1).value == "错误"


def test_without_faults_nothing_is_marked_and_a_book_too_large_is_listed(
    tmp_path: Path, office: Cadre, client: Client, monkeypatch: pytest.MonkeyPatch
):
    book = tmp_path / "好.xlsx"
    openpyxl.Workbook().save(book)
    clean = checked(office, comma_separated(tmp_path / "好.csv", table("enterprises", good(1))))
    assert (clean.faulty, clean.marked.name) == (0, "")
    monkeypatch.setattr(marked, "SECONDS", 0.001)
    job = checked(office, original(tmp_path / "报送.xlsx"))
    assert (job.faulty, job.marked.name, job.state) == (2, "", "checked")
    client.force_login(office)
    assert "下载全部错误" in client.get(job.get_absolute_url()).text
    assert not list(Path(tmp_path / "media").rglob("*.unfinished"))


def test_the_page_hands_the_marked_workbook_out(tmp_path: Path, office: Cadre, client: Client):
    job = checked(office, original(tmp_path / "报送.xlsx"))
    client.force_login(office)
    assert "下载标出错误的原表" in client.get(job.get_absolute_url()).text
    answer = client.get(reverse("reports:import_faults", args=[job.pk]))
    assert b"".join(answer) == Path(job.marked.path).read_bytes()
    assert "attachment" in answer["Content-Disposition"]


def test_where_the_marked_workbook_is_gone_its_faults_are_listed(tmp_path: Path, office: Cadre, client: Client):
    job = checked(office, original(tmp_path / "报送.xlsx"))
    Path(job.marked.path).unlink()
    client.force_login(office)
    answer = client.get(reverse("reports:import_faults", args=[job.pk]))
    listed = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert [row[:2] for row in listed.iter_rows(min_row=2, max_row=2, values_only=True)] == [(4, "主体类型")]
