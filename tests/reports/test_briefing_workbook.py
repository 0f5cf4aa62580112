"""The bulletin's workbook, read back cell by cell and opened by another program."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from cadres.models import Cadre, Region
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus
from reports.models import Briefing
from reports.outputs import layout, workbook
from reports.outputs.tables import Kind
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import draft, of, sign
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, at
from tests.reports.test_indicators import case, days_ago

pytestmark = pytest.mark.django_db

READABLE = 187  # characters beside each other on A4 landscape at four fifths of their size
NASTY = ('=HYPERLINK("http://x")', "+86 991", "-1", "@SUM(A1)", "\t制表", "\r回车")


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def office(tree: dict[str, Region]) -> Cadre:
    unit = factories.DepartmentFactory.create(region=tree[CITY], name="市助企办")
    return factories.cadre(Role.OFFICE, department=unit, name="钱志远")


@pytest.fixture
def issue(tree: dict[str, Region]) -> Briefing:
    """A day on which everything happens."""
    yesterday = karamay.enterprises(tree[TIANSHAN], "full", "none", day=days_ago(1))
    karamay.enterprises(tree[DUSHANZI], "full", "full", "full")
    silent = karamay.enterprises(tree[BAIJIANTAN], "full", None)[1]
    Enterprise.objects.filter(pk=silent.pk).update(park=karamay.park(tree[CITY]))
    factories.contact(silent, phone="13899991234")
    for one in yesterday:
        factories.status(one, DAY, "partial")
    named = case(
        yesterday[0], (at(9, day=days_ago(17)), at(18, day=days_ago(16)), None), number="SQ6502032026110100001"
    )
    named.escalations.create(trigger="overdue_long", round=1, level=4, due_at=at(9), at=at(9), listed=True)
    return draft(tree[CITY])


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def values(sheet: Worksheet, row: int) -> list[Any]:
    return [cell.value for cell in sheet[row]]


def row_of(sheet: Worksheet, column: int, value: str) -> tuple[Any, ...]:
    return next(row for row in sheet.iter_rows() if row[column].value == value)


SHEETS = ["总览", "区县园区", "上报情况", "分组", "行业", "重点工程", "未复工", "未报", "诉求", "政策兑现"]


def test_it_has_ten_sheets_each_with_title_meta_and_header(issue: Briefing) -> None:
    book = opened(workbook.of(issue))
    assert book.sheetnames == SHEETS
    for sheet in book.worksheets:
        assert sheet["A1"].value == f"克拉玛依市每日复工通报 第1期　{sheet.title}"
        assert sheet["A2"].value == "日期：2026-11-18　数据截至：2026-11-18 15:00　范围：全市　草稿，未签发"
    assert values(book["未复工"], 3) == [
        "序号", "区县", "企业名称", "统一社会信用代码", "统计类别", "状况", "状况日期", "专员", "联系电话",
    ]  # fmt: skip


def test_its_cells_are_the_tables_of_the_page(issue: Briefing) -> None:
    book, snapshot = opened(workbook.of(issue)), of(issue)
    for table in [sheet.table for sheet in layout.sheets(snapshot)]:
        sheet = book[table.title]
        assert values(sheet, 3)[: len(table.columns)] == [column.label for column in table.columns]
        for number, row in enumerate(table.rows, start=4):
            for cell, value in zip(sheet[number], row.values, strict=False):
                if isinstance(value, int | str):
                    assert cell.value == (value or (0 if value == 0 else "—"))


def test_rates_are_numbers_with_a_percentage_format(issue: Briefing) -> None:
    OperatingStatus.objects.filter(day=DAY).update(kwh=Decimal("40.5"), due=3, on_duty=2)
    OperatingStatus.objects.filter(day=days_ago(1)).update(kwh=Decimal("31"))
    Enterprise.objects.update(baseline_kwh=100)
    Briefing.objects.all().delete()
    sheet = opened(workbook.of(draft(issue.region)))["区县园区"]
    row = row_of(sheet, 1, "白碱滩区")
    assert (row[6].value, row[6].number_format) == (0.5, "0.0%")
    row = row_of(sheet, 1, "合计")
    assert row[6].value == pytest.approx(6 / 7)
    assert (row[7].value, row[7].number_format) == (pytest.approx(71.4), "+0.0;-0.0;0.0")
    assert (row[10].value, row[10].number_format) == (pytest.approx(2 / 3), "0.0%")
    assert (row[12].value, row[12].number_format) == (pytest.approx(60.21), "0.00")
    assert (row[13].value, row[13].number_format) == (pytest.approx(41.5), "+0.00;-0.00;0.00")


def test_what_has_no_rate_is_a_dash(tree: dict[str, Region], issue: Briefing) -> None:
    row = row_of(opened(workbook.of(issue))["区县园区"], 1, "乌尔禾区")
    assert [cell.value for cell in row][2:8] == ["—", 0, 0, "—", "—", "—"]


def test_days_are_days_and_codes_and_phones_are_text(issue: Briefing) -> None:
    sheet = opened(workbook.of(issue))["未报"]
    row = sheet[4]
    assert (row[3].data_type, row[3].number_format) == ("s", "@")
    assert (row[8].value, row[8].data_type) == ("138****1234", "s")
    assert row[5].value == "未报"
    assert row[6].value == "—"
    named = row_of(opened(workbook.of(issue))["诉求"], 1, "SQ6502032026110100001")
    assert (str(named[5].value), named[5].is_date) == ("2026-11-02 18:00:00", True)
    assert named[6].value == 16


def test_a_day_of_a_status_is_stored_as_a_date(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "none")
    cell = opened(workbook.of(draft(tree[CITY])))["未复工"]["G4"]
    assert (str(cell.value), cell.number_format, cell.is_date) == ("2026-11-18 00:00:00", "yyyy-mm-dd", True)


@pytest.mark.parametrize("text", NASTY)
def test_what_looks_like_a_formula_stays_text(tree: dict[str, Region], text: str) -> None:
    factories.EnterpriseFactory.create(region=tree[TIANSHAN], name=text)
    cell = opened(workbook.of(draft(tree[CITY])))["未报"]["C4"]
    assert cell.data_type == "s"
    assert cell.value.strip() == text.strip()
    assert cell.quotePrefix


def test_characters_that_a_workbook_cannot_hold_are_left_out() -> None:
    cell = opened_sheet().cell(1, 1)
    workbook.put(cell, "甲\x00乙\x0b𠮷<'>", Kind.NAME)
    assert cell.value == "甲乙𠮷<'>"


def opened_sheet() -> Worksheet:
    sheet = Workbook().active
    assert isinstance(sheet, Worksheet)
    return sheet


def test_it_prints_on_a4_landscape_with_its_header_on_every_page(issue: Briefing) -> None:
    for sheet in opened(workbook.of(issue)).worksheets:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.freeze_panes == "A4"
        widths = [sheet.column_dimensions[get_column_letter(n)].width for n in range(1, sheet.max_column + 1)]
        assert min(widths) >= 9
        assert sum(widths) <= READABLE


def test_what_takes_several_lines_has_room_for_them(tree: dict[str, Region]) -> None:
    long, short = karamay.enterprises(tree[DUSHANZI], "none", "none")
    Enterprise.objects.filter(pk=long.pk).update(name="长" * 30, industry_group="物流")
    book = opened(workbook.of(draft(tree[CITY])))
    sheet = book["未复工"]
    tall, plain = (row_of(sheet, 2, name)[0].row for name in ("长" * 30, short.name))
    assert (sheet.row_dimensions[tall].height, sheet.row_dimensions[plain].height) == (31, None)
    groups = book["行业"]
    second_head = row_of(groups, 0, "行业分组")[0].row + 1
    assert groups.row_dimensions[second_head].height == groups.row_dimensions[3].height == 30


def test_it_has_native_charts_of_the_districts_and_the_groups(issue: Briefing) -> None:
    book = opened(workbook.of(issue))
    charts = {sheet.title: sheet._charts for sheet in book.worksheets if sheet._charts}
    assert list(charts) == ["区县园区", "分组"]
    series = charts["区县园区"][0].series[0]
    assert series.val.numRef.f == "'区县园区'!$G$4:$G$7"
    assert series.cat.numRef.f == "'区县园区'!$B$4:$B$7"
    assert charts["分组"][0].series[0].val.numRef.f == "'分组'!$E$4"


def test_signed_it_says_who_for_which_unit_and_when_on_every_sheet(issue: Briefing, office: Cadre) -> None:
    book = opened(workbook.of(sign(issue, office)))
    words = "市助企办 钱志远 2026-11-18 17:20 签发"
    for sheet in book.worksheets:
        assert sheet["A2"].value.endswith(words)
        assert sheet.oddFooter.left.text == words
        assert issue.evidence_sha256[:12] in str(sheet.oddFooter.right.text)
    assert book.properties.creator == words
    assert issue.evidence_sha256 in str([cell.value for row in book["总览"] for cell in row])


def test_the_text_stands_in_the_workbook(issue: Briefing) -> None:
    shown = [str(row[0].value).strip() for row in opened(workbook.of(issue))["总览"].iter_rows()]
    for paragraph in issue.text.splitlines():
        assert paragraph in shown


def test_a_draft_gives_the_same_bytes_whenever_it_is_asked_for(issue: Briefing) -> None:
    first = workbook.of(issue)
    fresh = Briefing.objects.get(pk=issue.pk)
    assert workbook.of(fresh) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-11-18T09:00:00Z</dcterms:modified>" in archive.read("docProps/core.xml")


def test_signed_it_is_reprinted_as_it_was_whatever_changes(
    tree: dict[str, Region], issue: Briefing, office: Cadre
) -> None:
    signed = sign(issue, office)
    first = workbook.of(signed)
    Enterprise.objects.update(name="改了名")
    Region.objects.filter(pk=tree[KARAMAY].pk).update(name="改了名")
    Cadre.objects.update(name="改了名")
    assert workbook.of(Briefing.objects.get(pk=issue.pk)) == first
    assert bytes(Briefing.objects.get(pk=issue.pk).workbook or b"") == first


def test_an_empty_city_gives_a_workbook_without_lists(tree: dict[str, Region]) -> None:
    book = opened(workbook.of(draft(tree[CITY])))
    assert book["未复工"]["A4"].value == "没有未复工的企业。"
    assert book["总览"]["E4"].value == "—"


def test_changes_of_the_base_list_stand_below_who_has_not_resumed(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], "full", "full", day=days_ago(1))
    draft(tree[CITY], days_ago(1), now=at(17, day=days_ago(1)))
    some[0].state = Enterprise.State.SUSPENDED
    some[0].save()
    row = row_of(opened(workbook.of(draft(tree[CITY])))["未复工"], 4, "移出")
    assert [cell.value for cell in row][:6] == [1, "克拉玛依区", some[0].name, some[0].credit_code, "移出", "停业"]


@pytest.mark.slow
def test_libreoffice_opens_it_and_prints_every_sheet(issue: Briefing, soffice: str, tmp_path: Path) -> None:
    (tmp_path / "bulletin.xlsx").write_bytes(workbook.of(issue))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), "bulletin.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    printed = (tmp_path / "bulletin.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(SHEETS)
