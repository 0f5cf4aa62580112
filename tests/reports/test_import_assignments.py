"""Assignments and daily status: one specialist at a time, no history lost, one row per enterprise and day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cadres.models import Cadre, Outbox
from cadres.roles import Role
from enterprises.models import Assignment, Campaign, Enterprise, OperatingStatus, OperatingStatusHistory
from reports.models import ImportJob
from tests.factories import CampaignFactory, EnterpriseFactory, assign, cadre, district, status
from tests.reports.karamay import DAY
from tests.reports.workbooks import book, import_file, import_rows, table

pytestmark = pytest.mark.django_db

ASSIGNMENTS, STATUSES = ImportJob.Kind.ASSIGNMENTS, ImportJob.Kind.OPERATING_STATUS


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create()


@pytest.fixture
def enterprise() -> Enterprise:
    return EnterpriseFactory.create(name="华油技术服务有限公司")


def specialist(username: str) -> Cadre:
    return cadre(Role.SPECIALIST, region=district(), username=username, name=username.title())


def row(enterprise: Enterprise, who: str, start: str = "2026-11-01", **values: Any) -> dict[str, Any]:
    return {
        "专项行动": "千人入千企",
        "统一社会信用代码": enterprise.credit_code,
        "专员用户名": who,
        "起始日期": start,
        **values,
    }


def history(enterprise: Enterprise, role: str = "specialist") -> list[tuple[str, date, date | None]]:
    rows = Assignment.objects.filter(enterprise=enterprise, role=role).order_by("starts_on", "pk")
    return list(rows.values_list("cadre__username", "starts_on", "ends_on"))


def test_a_team_comes_in_and_again_changes_nothing(tmp_path: Path, campaign: Campaign, enterprise: Enterprise):
    specialist("an")
    cadre(Role.TEAM_LEADER, username="boss")
    given = row(enterprise, "an", 包联领导用户名="boss", 企业名称=enterprise.name)
    report, faults = import_rows(ASSIGNMENTS, tmp_path, given)
    assert (str(report), faults) == ("新增 1，更新 0，未变 0，错误 0", [])
    assert history(enterprise) == [("an", date(2026, 11, 1), None)]
    assert history(enterprise, "leader") == [("boss", date(2026, 11, 1), None)]
    assert str(import_rows(ASSIGNMENTS, tmp_path, given)[0]) == "新增 0，更新 0，未变 1，错误 0"
    assert Outbox.objects.filter(key__startswith="assignment:").count() == 2


def test_a_new_specialist_ends_the_old_row_and_an_old_list_is_refused(
    tmp_path: Path, campaign: Campaign, enterprise: Enterprise
):
    specialist("an")
    specialist("bo")
    import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an"))
    report, _ = import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "bo", "2026-11-15"))
    assert str(report) == "新增 0，更新 1，未变 0，错误 0"
    assert report.previewed[0]["lines"] == ["专员：An（2026-11-01 起） → Bo（2026-11-15 起）"]
    now = [("an", date(2026, 11, 1), date(2026, 11, 15)), ("bo", date(2026, 11, 15), None)]
    assert history(enterprise) == now
    assert str(import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "bo", "2026-11-15"))[0]).endswith("未变 1，错误 0")
    _, faults = import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an"))
    assert faults == ["第 2 行 起始日期：早于专员Bo的起始日期 2026-11-15，请改为其后的日期"]
    assert history(enterprise) == now


def test_the_same_specialist_from_another_day_never_shortens_history(
    tmp_path: Path, campaign: Campaign, enterprise: Enterprise
):
    specialist("an")
    import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an", "2026-11-01"))
    import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an", "2026-10-01"))
    assert history(enterprise) == [("an", date(2026, 10, 1), None)]
    report, _ = import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an", "2026-11-10"))
    assert report.updated == 1
    assert history(enterprise) == [("an", date(2026, 10, 1), date(2026, 11, 10)), ("an", date(2026, 11, 10), None)]
    for start in ("2026-10-01", "2026-11-10"):
        assert import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an", start))[0].unchanged == 1
    _, faults = import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an", "2026-10-20"))
    assert faults == ["第 2 行 起始日期：2026-10-20 与以前的包联重叠，请改为其后的日期"]


def test_an_empty_leader_leaves_the_one_there_is(tmp_path: Path, campaign: Campaign, enterprise: Enterprise):
    specialist("an")
    leader = cadre(Role.TEAM_LEADER, username="boss")
    assign(leader, enterprise, campaign, role="leader")
    import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an"))
    assert history(enterprise, "leader") == [("boss", date(2026, 9, 1), None)]
    assert import_rows(ASSIGNMENTS, tmp_path, row(enterprise, "an", 包联领导用户名="boss"))[0].unchanged == 1


def test_every_fault_of_assignments_is_told(tmp_path: Path, campaign: Campaign, enterprise: Enterprise):
    specialist("an")
    cadre(Role.HANDLER, region=district(), username="handler", name="经办人")
    outside = EnterpriseFactory.create(region=district(7, "澜外区"))
    CampaignFactory.create(name="只管第2区", regions=[district(2)], ends_on=date(2026, 12, 31))
    others = [EnterpriseFactory.create() for _ in range(3)]
    report, faults = import_rows(
        ASSIGNMENTS,
        tmp_path,
        row(others[0], "an", 专项行动="没有的行动"),
        row(others[0], "an", "2026-08-01"),
        row(others[1], "nobody"),
        row(others[2], "handler"),
        row(enterprise, "an", 企业名称="别的公司"),
        row(enterprise, "an", 统一社会信用代码="91990102MA7QY0017K"),
        row(enterprise, "an", 统一社会信用代码=None),
        row(enterprise, "an", 统一社会信用代码=None, 企业名称="没有的公司"),
        row(outside, "an", 专项行动="只管第2区"),
        row(enterprise, "an", "2027-01-01", 专项行动="只管第2区"),
        row(enterprise, "an", 统一社会信用代码=None, 企业名称=enterprise.name),
        row(enterprise, "an"),
    )
    assert str(report) == "新增 1，更新 0，未变 0，错误 11"
    assert faults == [
        "第 2 行 专项行动：你的管辖范围内没有名为“没有的行动”的专项行动",
        "第 3 行 起始日期：早于专项行动的起始日期 2026-09-01",
        "第 4 行 专员用户名：没有用户名为“nobody”的干部，或不在你的管辖范围内",
        "第 5 行 专员用户名：经办人没有“驻企特派专员”角色，请先在干部表里加上",
        f"第 6 行 企业名称：与信用代码不符：{enterprise.credit_code} 是“华油技术服务有限公司”，请核对是否错行",
        "第 7 行 统一社会信用代码：统一社会信用代码校验不符：按前17位末位应为“J”，现为“K”，请对照营业执照逐位核对",
        "第 8 行 统一社会信用代码：信用代码和企业名称至少填一项",
        "第 9 行 企业名称：“没有的公司”：你的管辖范围内没有这个名称的企业，请核对",
        "第 10 行 专项行动：澜外区不在“只管第2区”的区域内",
        "第 11 行 起始日期：晚于专项行动的终止日期 2026-12-31",
        "第 13 行 统一社会信用代码：华油技术服务有限公司在“千人入千企”里与第 12 行重复",
    ]


def test_an_office_assigns_only_its_enterprises_to_its_people(
    tmp_path: Path, campaign: Campaign, enterprise: Enterprise
):
    specialist("an")
    cadre(Role.SPECIALIST, region=district(3), username="far")
    foreign = EnterpriseFactory.create(region=district(3))
    office = cadre(Role.OFFICE, region=district(2))
    report, faults = import_rows(
        ASSIGNMENTS, tmp_path, row(enterprise, "an"), row(foreign, "an"), row(enterprise, "far"), by=office
    )
    assert report.added == 1
    assert [fault.split("：")[0] for fault in faults] == [
        "第 3 行 统一社会信用代码",
        "第 4 行 统一社会信用代码",
        "第 4 行 专员用户名",
    ]


def test_a_thousand_assignments_take_as_many_statements_as_two(
    tmp_path: Path, campaign: Campaign, django_assert_num_queries
):
    specialist("an")
    for count in (2, 1_000):
        with_codes = EnterpriseFactory.build_batch(count, region=district())
        for each in with_codes:
            each.region_path = each.region.path
        stored = Enterprise.objects.bulk_create(with_codes)
        with django_assert_num_queries(13):
            report, _ = import_rows(ASSIGNMENTS, tmp_path, *(row(each, "an") for each in stored))
        assert report.added == count


def day_row(enterprise: Enterprise, day: Any = "2026-11-18", **values: Any) -> dict[str, Any]:
    return {"日期": day, "统一社会信用代码": enterprise.credit_code, "复工状态": "部分复工", **values}


def test_a_days_status_comes_in_and_what_it_replaces_stays_in_the_history(tmp_path: Path, enterprise: Enterprise):
    office = cadre(Role.OFFICE, region=district())
    status(enterprise, DAY, "none", on_duty=3, orders="两份")
    given = {
        **day_row(enterprise, DAY, 应到人数=120, 在岗人数=" １０５ ", 备注="缺煤，九成"),
        "产能利用率(%)": "104.5%",
        "用电量(kWh)": 8000.255,
    }
    report, faults = import_rows(STATUSES, tmp_path, given, by=office)
    assert (str(report), faults) == ("新增 0，更新 1，未变 0，错误 0", [])
    found = OperatingStatus.objects.get()
    assert (found.state, found.due, found.on_duty) == ("partial", 120, 105)
    assert (found.utilisation, found.kwh) == (Decimal("104.50"), Decimal("8000.26"))
    assert (found.remarks, found.orders, found.source, found.reported_by) == ("缺煤，九成", "两份", "import", office)
    assert OperatingStatusHistory.objects.get().on_duty == 3
    assert str(import_rows(STATUSES, tmp_path, given, by=office)[0]) == "新增 0，更新 0，未变 1，错误 0"
    assert OperatingStatusHistory.objects.count() == 1


def test_a_percentage_by_format_is_the_percentage_that_people_see(tmp_path: Path, enterprise: Enterprise):
    path = book(tmp_path / "day.xlsx", table(STATUSES, day_row(enterprise) | {"产能利用率(%)": 0.925}))
    workbook = openpyxl.load_workbook(path)
    workbook.active["G2"].number_format = "0.0%"
    workbook.save(path)
    import_file(STATUSES, path)
    assert OperatingStatus.objects.get().utilisation == Decimal("92.50")


def test_every_fault_of_a_days_status_is_told(tmp_path: Path, enterprise: Enterprise):
    report, faults = import_rows(
        STATUSES,
        tmp_path,
        day_row(enterprise, "2026-11-19"),
        day_row(enterprise, "11月18日"),
        day_row(enterprise, 复工状态="复工"),
        day_row(enterprise) | {"产能利用率(%)": 201},
        day_row(enterprise, 应到人数="一百"),
        day_row(enterprise, "2026-11-17"),
        day_row(enterprise, "2026年11月17日"),
        day_row(enterprise, 统一社会信用代码=None),
    )
    assert str(report) == "新增 1，更新 0，未变 0，错误 7"
    assert faults == [
        "第 2 行 日期：日期不能晚于今天",
        "第 3 行 日期：“11月18日”不是日期，应写成 2026-11-20 的样子",
        "第 4 行 复工状态：“复工”不是可选的值，应为：未复工、部分复工、全面复工",
        "第 5 行 日期：华油技术服务有限公司 2026-11-18 与第 4 行重复",
        "第 5 行 产能利用率(%)：应在 0 到 200 之间，现为 201",
        "第 6 行 日期：华油技术服务有限公司 2026-11-18 与第 4 行重复",
        "第 6 行 应到人数：“一百”不是数字",
        "第 8 行 日期：华油技术服务有限公司 2026-11-17 与第 7 行重复",
        "第 9 行 统一社会信用代码：必须填写",
    ]
