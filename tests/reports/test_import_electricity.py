"""The power company's file: accounts are summed by enterprise and day, and nothing else of the day is touched."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus, OperatingStatusHistory
from enterprises.reporting import report_status
from reports.figures import Counts, overview
from reports.indicators import REPORTING, RESUMPTION, tally
from reports.models import ImportJob
from tests import factories
from tests.factories import EnterpriseFactory, cadre, city, district
from tests.reports import karamay
from tests.reports.karamay import CITY, DAY, TIANSHAN, at
from tests.reports.ledgers import make, rows
from tests.reports.test_indicators import scope
from tests.reports.workbooks import book, import_rows, table

pytestmark = pytest.mark.django_db

KIND = ImportJob.Kind.ELECTRICITY
Source = OperatingStatus.Source


@pytest.fixture
def office() -> Cadre:
    return cadre(Role.OFFICE, region=city(), username="office", name="钱志远")


@pytest.fixture
def company() -> Enterprise:
    return EnterpriseFactory.create(name="澜川钻修有限公司", electricity_accounts=["650200001", "650200002"])


def line(kwh: Any, account: str | None = None, code: str | None = None, day: date | str = DAY) -> dict[str, Any]:
    return {"日期": day, "统一社会信用代码": code, "户号": account, "用电量(kWh)": kwh}


def kwh_of(enterprise: Enterprise, day: date = DAY) -> Decimal | None:
    return OperatingStatus.objects.get(enterprise=enterprise, day=day).kwh


def test_the_accounts_of_one_enterprise_and_day_are_summed_and_again_changes_nothing(
    tmp_path: Path, office: Cadre, company: Enterprise
) -> None:
    other = EnterpriseFactory.create(electricity_accounts=["650200009"])
    lines = [
        line("1,200.50", "650200001"),
        line(300, "650200009"),
        line(799.5, "650200002", company.credit_code),
        line(100, "650200001", day=date(2026, 11, 17)),
        line(55, None, other.credit_code, day=date(2026, 11, 17)),
    ]
    report, faults = import_rows(KIND, tmp_path, *lines, by=office)
    assert (str(report), faults) == ("新增 5，更新 0，未变 0，错误 0", [])
    assert (kwh_of(company), kwh_of(other)) == (Decimal(2000), Decimal(300))
    assert (kwh_of(company, date(2026, 11, 17)), kwh_of(other, date(2026, 11, 17))) == (100, 55)
    row = OperatingStatus.objects.get(enterprise=company, day=DAY)
    assert (row.state, row.source, row.reported_by, row.due) == ("", Source.POWER, office, None)
    again, _ = import_rows(KIND, tmp_path, *lines, by=office)
    assert (str(again), OperatingStatusHistory.objects.count()) == ("新增 0，更新 0，未变 5，错误 0", 0)
    corrected, _ = import_rows(KIND, tmp_path, *lines[:2], line(800.5, "650200002"), *lines[3:], by=office)
    assert str(corrected) == "新增 0，更新 2，未变 3，错误 0"
    assert (kwh_of(company), corrected.previewed[0]["lines"]) == (
        Decimal(2001),
        ["用电量(kWh)：2000.00 → 2001.00"],
    )


def test_what_others_reported_of_the_day_stays(tmp_path: Path, office: Cadre, company: Enterprise) -> None:
    values = {"state": "partial", "due": 42, "on_duty": 38, "utilisation": 61, "remarks": "班车未恢复"}
    report_status(company, DAY, office, at(9), Source.VISIT, **values)
    import_rows(KIND, tmp_path, line(500, "650200001"), by=office)
    row = OperatingStatus.objects.get()
    assert {name: getattr(row, name) for name in values} == values
    assert (row.kwh, row.source, OperatingStatusHistory.objects.get().source) == (500, Source.POWER, Source.VISIT)
    report_status(company, DAY, office, at(11), Source.OFFICE, state="full", on_duty=42)
    row.refresh_from_db()
    assert (row.state, row.on_duty, row.kwh) == ("full", 42, 500)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (line(5), "第 2 行 户号：信用代码和户号至少填一项"),
        (
            line(5, "7"),
            "第 2 行 户号：你的管辖范围内没有企业登记户号 7，请填写统一社会信用代码，或先在企业信息中登记电力户号",
        ),
        (line(5, "七"), "第 2 行 户号：“七”不是户号，应为数字"),
        (line(None, "650200001"), "第 2 行 用电量(kWh)：必须填写"),
        (line(-1, "650200001"), "第 2 行 用电量(kWh)：不能是负数，现为 -1"),
        (line(5, "650200001", day="2026-11-19"), "第 2 行 日期：日期不能晚于今天"),
        (line(5, "650200001", "91990102MA7QY0017K"), "第 2 行 统一社会信用代码：统一社会信用代码校验不符"),
    ],
)
def test_what_cannot_be_taken_is_said(
    tmp_path: Path, office: Cadre, company: Enterprise, wrong: dict[str, Any], sentence: str
) -> None:
    report, faults = import_rows(KIND, tmp_path, wrong, by=office)
    assert (report.faulty, len(faults), OperatingStatus.objects.count()) == (1, 1, 0)
    assert sentence in faults[0]


def test_an_account_that_is_anothers_or_two_peoples_is_refused(
    tmp_path: Path, office: Cadre, company: Enterprise
) -> None:
    other = EnterpriseFactory.create(name="共用电表公司", electricity_accounts=["650200002"])
    lines = [line(5, "650200001", other.credit_code), line(6, "650200002"), line(7, "650200002", other.credit_code)]
    _, faults = import_rows(KIND, tmp_path, *lines, by=office)
    assert faults == [
        "第 2 行 户号：户号 650200001 登记在“澜川钻修有限公司”名下，与信用代码不符，请核对是否错行",
        "第 3 行 户号：户号 650200002 登记在多家企业名下（澜川钻修有限公司、共用电表公司），请填写统一社会信用代码",
        "第 4 行 用电量(kWh)：共用电表公司 2026-11-18 的第 2 行有错误，改正后一并导入",
    ]


def test_a_sum_that_lacks_a_row_is_not_taken_and_repetitions_are_named(
    tmp_path: Path, office: Cadre, company: Enterprise
) -> None:
    lines = [line(5, "650200001"), line("几度", "650200002"), line(8, "650200001"), line(9, None, company.credit_code)]
    report, faults = import_rows(KIND, tmp_path, *lines, by=office)
    assert (report.faulty, OperatingStatus.objects.count()) == (4, 0)
    assert faults == [
        "第 2 行 用电量(kWh)：澜川钻修有限公司 2026-11-18 的第 3 行有错误，改正后一并导入",
        "第 3 行 用电量(kWh)：“几度”不是数字",
        "第 4 行 户号：户号 650200001 2026-11-18 与第 2 行重复",
        "第 5 行 用电量(kWh)：澜川钻修有限公司 2026-11-18 的第 3 行有错误，改正后一并导入",
    ]


def test_an_account_that_is_missing_is_remarked_upon(tmp_path: Path, office: Cadre, company: Enterprise) -> None:
    report, _ = import_rows(KIND, tmp_path, line(5, "650200001"), by=office)
    assert any("有 1 家次只有企业部分户号的电量" in remark for remark in report.remarks)
    both, _ = import_rows(KIND, tmp_path, line(5, "650200001"), line(6, "650200002"), by=office)
    assert not any("部分户号" in remark for remark in both.remarks)


def test_enterprises_of_others_are_not_known(tmp_path: Path, company: Enterprise) -> None:
    stranger = cadre(Role.OFFICE, region=district(9))
    lines = [line(5, "650200001"), line(5, None, company.credit_code, day=date(2026, 11, 17))]
    report, faults = import_rows(KIND, tmp_path, *lines, by=stranger)
    assert (report.faulty, OperatingStatus.objects.count()) == (2, 0)
    assert all("你的管辖范围内没有" in fault for fault in faults)


def test_the_command_reads_the_file_of_a_district_in_gb18030(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = EnterpriseFactory.create(electricity_accounts=["0650200001"])
    path = tmp_path / "电量.csv"
    path.write_bytes("日期,户号,用电量(kWh)\n20261118,0650200001,12.345\n".encode("gb18030"))
    call_command("import_workbook", "electricity", str(path), "--commit")
    assert capsys.readouterr().out.splitlines()[-1] == "新增 1，更新 0，未变 0，错误 0"
    assert kwh_of(company) == Decimal("12.35")  # half a cent goes up


def test_electricity_counts_in_the_index_and_makes_nobody_report(tmp_path: Path, office: Cadre) -> None:
    """Of the day only the power company knows anything: 上报率 and 复工率 do not move, the index is there."""
    tree = karamay.regions()
    told, silent = karamay.enterprises(tree[TIANSHAN], "full", None)
    Enterprise.objects.update(baseline_kwh=1000)
    karamay.freeze(tree[CITY], told, silent)
    before = [tally(one.population, scope(tree[CITY])).figure(one) for one in (REPORTING, RESUMPTION)]
    lines = [line(500, None, one.credit_code) for one in (told, silent)]
    _, faults = import_rows(KIND, tmp_path, *lines, by=cadre(Role.OFFICE, region=tree[CITY]))
    assert faults == []
    assert [tally(one.population, scope(tree[CITY])).figure(one) for one in (REPORTING, RESUMPTION)] == before
    assert [(one.numerator, one.denominator) for one in before] == [(1, 2), (1, 2)]
    power = overview(Counts(scope(tree[CITY]))).total.power
    assert (power.text, power.day) == ("75.00", DAY)
    assert set(Enterprise.objects.unreported_on(DAY)) == {silent}


def test_a_day_of_which_only_electricity_is_known_reads_unreported(tmp_path: Path, office: Cadre) -> None:
    company = EnterpriseFactory.create(name="只有电量公司", region=district(), baseline_kwh=100)
    day = factories.TODAY
    OperatingStatus.objects.create(
        enterprise=company, day=day, state="", kwh=321, source=Source.POWER, reported_at=at(9)
    )
    client = Client()
    client.force_login(office)
    for query in ("", "&status=unreported"):
        page = client.get(f"{reverse('enterprises:status')}?day={day}{query}").content.decode()
        assert "只有电量公司" in page
        assert "321" in page
        assert "电力公司" in page
        assert ">填报</a>" in page
    assert "只有电量公司" not in client.get(f"{reverse('enterprises:status')}?day={day}&status=full").content.decode()
    found = rows(make("operating-status", tmp_path, office, f"day={day}")[1])[0]
    assert (found["复工状态"], found["用电量(kWh)"], found["来源"]) == ("未报", 321, "电力公司")
    timeline = client.get(reverse("visits:timeline", args=(company.pk,)))
    assert (timeline.status_code, "首次上报" in timeline.content.decode()) == (200, False)
    form = client.get(reverse("enterprises:report_status", args=(company.pk,)), {"day": day})
    assert (form.status_code, form.context["form"]["state"].value()) == (200, "")


def test_a_file_of_many_accounts_takes_as_many_queries_as_one_of_few(
    tmp_path: Path, office: Cadre, django_assert_max_num_queries
) -> None:
    some = [EnterpriseFactory.create(electricity_accounts=[f"6502{number:06d}"]) for number in range(40)]
    lines = [line(number, one.electricity_accounts[0]) for number, one in enumerate(some)]
    book(tmp_path / "x.xlsx", table(KIND, *lines))
    with django_assert_max_num_queries(20):
        report, _ = import_rows(KIND, tmp_path, *lines, by=office)
    assert report.added == 40
