"""Ledgers kind by kind: visits, assignments, the status of a day, fulfilments, orders."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Assignment, Enterprise
from policies import paying
from policies.workflow import Status as PolicyStatus
from tests.factories import (
    CampaignFactory,
    DepartmentFactory,
    EnterpriseFactory,
    appeal,
    assign,
    cadre,
    district,
)
from tests.factories import status as report
from tests.policies.people import People
from tests.reports.karamay import DAY, at
from tests.reports.ledgers import company_in_a_town, hide_personal_data, make, office_of_the_city, rows, visit
from workflow.steps import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Cadre:
    return office_of_the_city()


@pytest.fixture
def company() -> Enterprise:
    return company_in_a_town()


def test_visits_bring_what_they_reported_and_raised(tmp_path: Path, office: Cadre, company: Enterprise):
    by = cadre(Role.SPECIALIST, region=district(), name="王晓敏")
    assign(by, company)
    status = report(company, DAY, "partial", due=146, on_duty=131, utilisation="85.5", reported_at=at(11))
    first = visit(
        by,
        company,
        receiver_name="张建国",
        receiver_title="总经理",
        policies_explained="稳岗返还",
        next_contact_on=date(2026, 12, 1),
    )
    first.appeals.add(appeal(company, by, at(11), title="缺少流动资金"), appeal(company, by, at(11), title="=用工难"))
    visit(by, EnterpriseFactory.create(), manner="phone", visited_on=DAY - timedelta(days=1))
    status.on_duty, status.reported_at = 140, at(15)
    status.save()
    hide_personal_data()
    made, sheet = make("visits", tmp_path, office)
    newest, other = rows(sheet)
    assert made.rows == 2
    assert newest == {
        "序号": 1,
        "编号": "ZF-1",
        "走访日期": DAY,
        "方式": "实地",
        "专员": "王晓敏",
        "企业名称": "澜川钻修有限公司",
        "统一社会信用代码": company.credit_code,
        "接待人及职务": "张* 总经理",
        "在岗人数": 131,
        "应到人数": 146,
        "产能利用率": 0.855,
        "宣讲政策": "稳岗返还",
        "困难": "=用工难、缺少流动资金",
        "新增诉求数": 2,
        "意见建议": None,
        "现场解决": None,
        "照片数": 0,
        "下次联系": date(2026, 12, 1),
    }
    assert (other["方式"], other["在岗人数"], other["接待人及职务"]) == ("电话", None, None)
    assert [row["编号"] for row in rows(make("visits", tmp_path, office, "manner=phone")[1])] == ["ZF-2"]


def test_assignments_tell_who_leads_and_how_late_a_visit_is(tmp_path: Path, office: Cadre, company: Enterprise):
    unit = DepartmentFactory.create(region=district(), name="区工信局")
    by = cadre(Role.SPECIALIST, department=unit, name="王晓敏", title="科员", phone="13912345678")
    campaign, today = CampaignFactory.create(), DAY
    assign(by, company, campaign, starts_on=today - timedelta(days=20))
    assign(
        cadre(Role.TEAM_LEADER, name="赵领导"),
        company,
        campaign,
        role=Assignment.Role.LEADER,
        starts_on=date(2026, 9, 1),
    )
    ended = EnterpriseFactory.create(name="旧企业")
    assign(by, ended, campaign, starts_on=date(2026, 9, 1), ends_on=date(2026, 10, 1), reason="调岗")
    _, sheet = make("assignments", tmp_path, office, "status=all&sort=enterprise")
    found = {row["企业名称"]: row for row in rows(sheet)}
    row = found["澜川钻修有限公司"]
    assert (row["专项行动"], row["区县"], row["包联领导"], row["专员"]) == ("千人入千企", "澜北区", "赵领导", "王晓敏")
    assert (row["单位及职务"], row["走访频次(天)"], row["逾期天数"], row["上次走访"]) == ("区工信局 科员", 14, 6, None)
    assert row["起始日期"] == date(2026, 10, 29)
    assert [row["企业名称"] for row in rows(make("assignments", tmp_path, office)[1])] == ["澜川钻修有限公司"]
    assert make("assignments", tmp_path, office)[0].filter_words == "包联状态：在任"
    old = found["旧企业"]
    assert (old["终止日期"], old["逾期天数"], old["变更原因"]) == (date(2026, 10, 1), None, "调岗")


def test_the_status_of_a_day_tells_unreported_from_zero(tmp_path: Path, office: Cadre, company: Enterprise):
    Enterprise.objects.filter(pk=company.pk).update(baseline_kwh="12000.50")
    report(company, DAY, "partial", due=0, on_duty=0, kwh="0", remarks="@停电", reported_by=office)
    report(company, DAY - timedelta(days=1), "full", due=100, on_duty=50)
    EnterpriseFactory.create(name="沉默企业", region=district())
    _, sheet = make("operating-status", tmp_path, office, f"day={DAY}")
    found = {row["企业名称"]: row for row in rows(sheet)}
    one, silent = found["澜川钻修有限公司"], found["沉默企业"]
    assert (one["日期"], one["复工状态"], one["应到人数"], one["返岗率"]) == (
        DAY,
        "部分复工",
        0,
        None,
    )
    assert (one["用电量(kWh)"], one["基准日用电(kWh)"], one["上报人"], one["备注"]) == (0, 12000.5, "李强", "@停电")
    assert (silent["复工状态"], silent["应到人数"], silent["用电量(kWh)"], silent["来源"]) == ("未报", None, None, None)
    _, before = make("operating-status", tmp_path, office, f"day={DAY - timedelta(days=1)}&status=full")
    assert [(row["企业名称"], row["返岗率"]) for row in rows(before)] == [("澜川钻修有限公司", 0.5)]


def test_fulfilments_tell_money_vouchers_and_what_stands_in_the_way(tmp_path: Path):
    team = People()
    row = team.at(PolicyStatus.PAYING)
    for voucher, sum_ in (("PZ-2", "30000.50"), ("PZ-1", "100")):
        paying.pay(row, voucher=voucher, amount=Decimal(sum_), paid_on=DAY, by=Actor.of(team.handler), now=at(11))
    blocked = team.at(PolicyStatus.UNVERIFIED, team.right, period="2026Q3")
    team.take(blocked, "block", "specialist", block="=系统无法提交")
    made, sheet = make("fulfilments", tmp_path, team.office)
    found = {one["事项"]: one for one in rows(sheet)}
    assert made.filter_words == "状态：应享未享"
    assert found["失业保险稳岗返还"] == {
        "序号": 1,
        "区县": "第2区",
        "企业名称": team.enterprise.name,
        "统一社会信用代码": team.enterprise.credit_code,
        "政策名称": "稳岗返还",
        "文号": "澜人社发〔2026〕3号",
        "事项": "失业保险稳岗返还",
        "责任部门": "市人社局",
        "兑现方式": "申报审核",
        "是否符合": "符合",
        "未享原因": None,
        "期次": "2026年",
        "应享金额": 100000,
        "申报日期": DAY,
        "截止日期": date(2026, 12, 31),
        "状态": "拨付中",
        "核定金额": 100000,
        "拨付金额": 30100.5,
        "拨付日期": DAY,
        "凭证号": "PZ-1、PZ-2",
        "堵点": None,
        "专员": "王晓敏",
    }
    other = rows(make("fulfilments", tmp_path, team.office, "status=all&sort=newest")[1])[0]
    assert (other["是否符合"], other["期次"], other["堵点"]) == ("待核实", "2026年第3季度", "=系统无法提交")
    only, sheet = make("fulfilments", tmp_path, team.specialist, "blocked=yes&status=all")
    assert ([one["事项"] for one in rows(sheet)], only.filter_words) == (["绿色通道"], "堵点：有堵点")
    assert make("fulfilments", tmp_path, team.stranger, "status=all")[0].rows == 0
