"""Policies, their ledger and their payments from sheets: each row known again, each fault in its place."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cadres.roles import Role
from policies.models import Event, Fulfilment, Item, Payment, Policy
from policies.workflow import STEPS, Status
from reports.demo import city
from reports.models import ImportJob
from tests import factories
from tests.policies.people import People
from tests.reports.workbooks import import_file, import_rows

pytestmark = pytest.mark.django_db

POLICIES, FULFILMENTS, PAYMENTS = (
    ImportJob.Kind.POLICIES,
    ImportJob.Kind.FULFILMENTS,
    ImportJob.Kind.PAYMENTS,
)
DEMO = Path(city.__file__).parent / "data" / "demo_policies.csv"


@pytest.fixture
def people() -> People:
    return People()


def row(people: People, **values: Any) -> dict[str, Any]:
    return {
        "统一社会信用代码": people.enterprise.credit_code,
        "文号": "澜人社发〔2026〕3号",
        "事项": "失业保险稳岗返还",
        "期次": "2026年",
        **values,
    }


def test_the_policies_of_the_demo_come_in_and_again_change_nothing() -> None:
    office = factories.cadre(Role.OFFICE)
    with DEMO.open(encoding="utf-8") as file:
        names = {line["department"] for line in csv.DictReader(file)}
    for name in names:
        factories.DepartmentFactory.create(name=f"市{name}")
    report, faults = import_file(POLICIES, DEMO, office)
    assert (str(report), faults) == ("新增 12，更新 0，未变 0，错误 0", [])
    loan = Item.objects.select_related("department").get(name="技改贴息")
    assert (loan.closes_on, loan.department.name, loan.get_granting_display()) == (
        date(2026, 10, 31),
        "市工信局",
        "申报审核",
    )
    assert loan.criteria == "规上工业,设备投资300万元以上"
    assert Item.objects.get(name="首次上规奖励").closes_on is None
    assert str(import_file(POLICIES, DEMO, office)[0]) == "新增 0，更新 0，未变 12，错误 0"
    assert Policy.objects.count() == 12


def test_a_changed_item_takes_its_open_rows_along(tmp_path: Path, people: People) -> None:
    entitled = people.at(Status.ENTITLED)
    given = {
        "政策名称": "稳岗返还",
        "文号": "澜人社发〔2026〕3号",
        "事项": "失业保险稳岗返还",
        "责任部门": "人社局",
        "申报截止": "2027-01-31",
    }
    report, faults = import_rows(POLICIES, tmp_path, given, by=people.office)
    assert (str(report), faults) == ("新增 0，更新 1，未变 0，错误 0", [])
    assert "申报截止：2026-12-31 → 2027-01-31" in report.previewed[0]["lines"]
    entitled.refresh_from_db()
    assert entitled.closes_on == date(2027, 1, 31)


def test_a_policy_names_its_faults(tmp_path: Path, people: People) -> None:
    factories.DepartmentFactory.create(name="市税务局")
    factories.DepartmentFactory.create(name="老市税务局")
    base = {"政策名称": "减税", "文号": "1号"}
    _, faults = import_rows(
        POLICIES,
        tmp_path,
        base | {"责任部门": "不存在局"},
        base | {"责任部门": "税务局", "事项": "a"},
        base | {"责任部门": "人社局", "事项": "b", "申报截止": "明天"},
        base | {"责任部门": "人社局", "事项": "c", "固定金额": 5, "最高金额": 3},
        base | {"责任部门": "人社局", "事项": "d", "固定金额": 10**12},
        base | {"责任部门": "人社局", "事项": "e", "兑现方式": "随便"},
        by=people.office,
    )
    found = [fault.split("：")[0] for fault in faults]
    assert found == [
        "第 2 行 责任部门",
        "第 3 行 责任部门",
        "第 4 行 申报截止",
        "第 5 行 最高金额",
        "第 6 行 固定金额",
        "第 7 行 兑现方式",
    ]


def test_a_ledger_comes_in_with_a_whole_history_and_again_changes_nothing(tmp_path: Path, people: People) -> None:
    given = [
        row(people, 状态="已兑现", 应享金额="100000", 核定金额="90000.50", 申报日期="2026-10-01"),
        row(people, 期次="2026Q3", 状态="放弃", 未享原因="金额小"),
        row(people, 期次="2026Q2", 堵点="数据=缺'失<𠮷>"),
        row(people, 期次="2026Q1", 状态="未通过", 未享原因="裁员率高"),
        row(people, 事项="绿色通道", 状态="已享受"),
    ]
    report, faults = import_rows(FULFILMENTS, tmp_path, *given, by=people.office)
    assert (str(report), faults) == ("新增 5，更新 0，未变 0，错误 0", [])
    paid = Fulfilment.objects.get(status=Status.PAID)
    assert (paid.amount_approved, paid.declared_on) == (Decimal("90000.50"), date(2026, 10, 1))
    assert paid.events.count() == 5
    assert {(one.step, one.before, one.after) for one in Event.objects.all()} <= set(STEPS.moves())
    assert Fulfilment.objects.get(period="2026Q2").block == "数据=缺'失<𠮷>"
    once = Event.objects.count()
    assert str(import_rows(FULFILMENTS, tmp_path, *given, by=people.office)[0]) == "新增 0，更新 0，未变 5，错误 0"
    assert Event.objects.count() == once


def test_a_stored_row_goes_its_legal_way(tmp_path: Path, people: People) -> None:
    people.at(Status.DECLARED)
    given = row(people, 状态="拨付中", 核定金额="5000", 堵点="缺户名")
    report, faults = import_rows(FULFILMENTS, tmp_path, given, by=people.office)
    assert (str(report), faults) == ("新增 0，更新 1，未变 0，错误 0", [])
    found = Fulfilment.objects.get()
    assert (found.status, found.amount_approved, found.block) == (Status.PAYING, 5000, "缺户名")
    assert [one.step for one in found.events.all()][-4:] == ["amend", "block", "accept", "approve"]


def test_what_a_row_cannot_be_is_said(tmp_path: Path, people: People) -> None:
    people.take(people.at(Status.PAYING), "complete", "handler")
    _, faults = import_rows(
        FULFILMENTS,
        tmp_path,
        row(people, 状态="应享"),
        row(people, 期次="2026Q1", 状态="公示"),
        row(people, 期次="去年"),
        row(people, 事项="没有的事项"),
        row(people, 文号="没有的文号"),
        row(people, 统一社会信用代码="911"),
        row(people, 事项="绿色通道", 状态="拨付中", 核定金额=1),
        row(people, 期次="2026Q2", 申报日期="2099-01-01"),
        row(people, 期次="2026Q2"),
        by=people.office,
    )
    found = [fault.split("：")[0] for fault in faults]
    assert found == [
        "第 2 行 状态",
        "第 3 行 核定金额",
        "第 4 行 期次",
        "第 5 行 事项",
        "第 6 行 文号",
        "第 7 行 统一社会信用代码",
        "第 8 行 状态",
        "第 9 行 申报日期",
        "第 10 行 期次",
    ]
    assert "不能从“已兑现”改为“应享”" in faults[0]


def test_an_office_imports_for_its_own_region_alone(tmp_path: Path, people: People) -> None:
    _, faults = import_rows(FULFILMENTS, tmp_path, row(people), by=people.stranger)
    assert "你的管辖范围内没有" in faults[0]
    assert Fulfilment.objects.count() == 0


def pays(people: People, amount: str, voucher: str, **values: Any) -> dict[str, Any]:
    return row(people, 拨付金额=amount, 拨付日期="2026-11-10", 凭证号=voucher, **values)


def test_payments_come_in_once_and_complete_their_rows(tmp_path: Path, people: People) -> None:
    people.at(Status.PAYING)
    given = [pays(people, "60000", "A1"), pays(people, "40000", "A2")]
    report, faults = import_rows(PAYMENTS, tmp_path, *given, by=people.office)
    assert (str(report), faults) == ("新增 2，更新 0，未变 0，错误 0", [])
    found = Fulfilment.objects.get()
    assert (found.status, found.amount_paid, found.paid_on) == (Status.PAID, 100000, date(2026, 11, 10))
    assert str(import_rows(PAYMENTS, tmp_path, *given, by=people.office)[0]) == "新增 0，更新 0，未变 2，错误 0"
    assert Payment.objects.count() == 2


def test_payments_that_cannot_be_are_refused_in_their_cells(tmp_path: Path, people: People) -> None:
    people.at(Status.PAYING)
    people.at(Status.DECLARED, period="2025")
    import_rows(PAYMENTS, tmp_path, pays(people, "10", "A1"), by=people.office)
    for commit in (False, True):
        report, faults = import_rows(
            PAYMENTS,
            tmp_path,
            pays(people, "20", "a1"),
            pays(people, "99000", "A2"),
            pays(people, "99000", "A3"),
            pays(people, "1", "A2"),
            pays(people, "1", "A4", 期次="2025"),
            pays(people, "1", "A5", 期次="2024"),
            pays(people, "0", "A6"),
            by=people.office,
            commit=commit,
        )
        assert [fault.split("：")[0] for fault in faults] == [
            "第 2 行 凭证号",
            "第 4 行 拨付金额",
            "第 5 行 凭证号",
            "第 6 行 期次",
            "第 7 行 期次",
            "第 8 行 拨付金额",
        ]
        assert "还可拨付 990.00 元" in faults[1]
        assert str(report) == "新增 1，更新 0，未变 0，错误 6"
    assert Payment.objects.count() == 2
