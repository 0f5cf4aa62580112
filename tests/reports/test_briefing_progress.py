"""Key projects by department and the progress of policies in a bulletin: counted at the cut-off, never averaged."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise
from policies import paying
from policies.models import Fulfilment
from policies.workflow import Status
from reports import evidence
from reports.indicators import OUTSTANDING_ROWS, PAYOUT, POLICY_COVERAGE, Figure, Scope, figure_of, tally
from reports.outputs import departments, layout, workbook
from reports.outputs.tables import Table
from tests import factories
from tests.policies import people
from tests.policies.people import NOW, People
from tests.reports import karamay
from tests.reports.bulletins import SET_TIME, draft, of, sign
from tests.reports.karamay import CITY, DAY, DUSHANZI, TIANSHAN, at
from workflow.steps import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


def shown(table: Table) -> dict[str, list[str]]:
    """The cells of each row after its name, in words."""
    return {cells[0][1]: [words for _, words in cells[1:]] for _, cells in table.shown}


# --- key projects ---


def project(region: Region, state: str | None, unit: Any, **reported: Any) -> Enterprise:
    row: Enterprise = factories.EnterpriseFactory.create(
        region=region, kind="project", category="project", responsible=unit
    )
    if state:
        factories.status(row, DAY, state, **reported)
    return row


def test_projects_stand_by_responsible_department_with_a_sum_from_counts(tree: dict[str, Region]) -> None:
    traffic = factories.DepartmentFactory.create(name="市交通局", region=tree[CITY])
    housing = factories.DepartmentFactory.create(name="住建局", region=tree[DUSHANZI])
    project(tree[TIANSHAN], "full", traffic, due=100, on_duty=90)
    project(tree[TIANSHAN], "none", traffic, due=100, on_duty=0)
    project(tree[DUSHANZI], "partial", housing, due=10, on_duty=10)
    project(tree[DUSHANZI], None, None)
    karamay.enterprises(tree[TIANSHAN], "full", "full")  # no projects
    rows = shown(departments.projects(of(draft(tree[CITY]))))
    assert list(rows) == ["市交通局", "独山子区住建局", "未明确责任部门", "合计"]
    # 应复工 累计复工 当日新增 复工率 较前一日 应到岗 已返岗 返岗率
    assert [rows["市交通局"][place] for place in (0, 1, 3, 5, 6, 7)] == ["2", "1", "50.0%", "200", "90", "45.0%"]
    assert [rows["独山子区住建局"][place] for place in (0, 1, 3, 7)] == ["1", "1", "100.0%", "100.0%"]
    assert [rows["未明确责任部门"][place] for place in (0, 1, 3, 7)] == ["1", "0", "0.0%", "—"]
    assert [rows["合计"][place] for place in (0, 1, 3, 5, 6, 7)] == ["4", "2", "50.0%", "210", "100", "47.6%"]


def test_the_evidence_says_who_answers_for_a_project(tree: dict[str, Region]) -> None:
    traffic = factories.DepartmentFactory.create(name="市交通局", region=tree[CITY])
    project(tree[TIANSHAN], "full", traffic)
    karamay.enterprises(tree[TIANSHAN], "full")
    lines = [line for line in evidence.decoded(draft(tree[CITY]).evidence) if line["row"] == "enterprise"]
    assert [line.get("department") for line in lines] == ["市交通局", None]


def test_without_projects_and_policies_the_sheets_say_so(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    found = {sheet.table.title: sheet for sheet in layout.sheets(of(draft(tree[CITY])))}
    assert [found[title].table.rows for title in ("重点工程", "政策兑现")] == [[], []]
    assert [found[title].empty for title in ("重点工程", "政策兑现")] == [layout.NO_PROJECTS, layout.NO_POLICIES]


# --- policies ---


@pytest.fixture
def cast() -> People:
    return People()


def paid(cast: People, amount: str, item: Any = None, *, recorded: Any = NOW) -> Fulfilment:
    """A row on which this much of what was approved (100,000) has been paid."""
    row = cast.at(Status.PAYING, item)
    paying.pay(row, voucher=f"PZ{row.pk}", amount=Decimal(amount), paid_on=DAY, by=Actor.of(cast.handler), now=recorded)
    return row


def another(cast: People) -> None:
    """From here on the cast acts for a second enterprise."""
    cast.enterprise = factories.EnterpriseFactory.create(region=cast.enterprise.region)
    factories.assign(cast.specialist, cast.enterprise)


def test_what_is_entitled_declared_granted_and_outstanding_is_counted_by_item(cast: People) -> None:
    paid(cast, "40000")
    cast.take(cast.at(Status.ENTITLED, cast.right), "enjoy", "specialist")
    another(cast)
    cast.at(Status.DECLARED)
    cast.at(Status.UNVERIFIED, cast.right)  # nobody knows yet: no entitlement
    snapshot = of(draft(factories.city(), now=at(17)))
    rows = shown(departments.policies(snapshot))
    # 责任部门 应享企业 应享 已申报 已兑现 应享未享 政策覆盖率 应享金额 核定金额 拨付金额 兑现率
    assert rows["稳岗返还：失业保险稳岗返还"] == [
        *("市人社局", "2", "2", "2", "0", "2", "0.0%"),
        *("20.00", "10.00", "4.00", "40.0%"),
    ]
    assert rows["稳岗返还：绿色通道"] == ["市人社局", "1", "1", "1", "1", "0", "100.0%", "10.00", "—", "—", "—"]
    assert rows["合计"] == ["—", "2", "3", "3", "1", "2", "50.0%", "30.00", "10.00", "4.00", "40.0%"]
    assert shown(departments.policy_departments(snapshot)) == {"市人社局": ["2", *rows["合计"][1:]]}


def test_its_figures_are_those_of_the_indicators_and_of_its_evidence(cast: People) -> None:
    paid(cast, "40000")
    another(cast)
    cast.at(Status.DECLARED)
    issue = draft(factories.city(), now=at(17))
    total, scope = of(issue).policies_total, Scope.of_month(factories.city(), DAY, issue.cut_off_at)
    assert figure_of(POLICY_COVERAGE, scope) == total.coverage == (0, 2)
    assert figure_of(PAYOUT, scope) == total.payout == Figure(Decimal(40000), Decimal(100000))
    assert tally(OUTSTANDING_ROWS.population, scope).figure(OUTSTANDING_ROWS).denominator == total.outstanding == 2
    assert OUTSTANDING_ROWS.rows(scope, above=True).count() == 2
    lines = [line for line in evidence.decoded(issue.evidence) if line["row"] == "entitlement"]
    assert (len(lines), sum(Decimal(line.get("paid", 0)) for line in lines)) == (total.entitled, Decimal(total.paid))


def test_what_happened_after_the_cut_off_is_not_told(cast: People) -> None:
    late = at(16)  # after three, before the bulletin is made
    row = paid(cast, "40000", recorded=late)
    cast.take(cast.at(Status.ENTITLED, cast.right), "enjoy", "specialist", now=late)
    total = of(draft(factories.city(), now=at(17))).policies_total
    assert (total.granted, total.outstanding, total.approved, total.paid) == (0, 2, "100000.00", "")
    assert total.payout.text == "0.0%"
    row.refresh_from_db()
    assert row.amount_paid == Decimal(40000)


def test_a_payment_voided_later_counts_as_it_was_then(cast: People) -> None:
    row = paid(cast, "40000")
    payment = row.payments.get()
    paying.void(payment, reason="重复登记", by=Actor.of(cast.handler), now=at(16))
    assert of(draft(factories.city(), now=at(17))).policies_total.paid == "40000.00"


def test_nothing_approved_is_a_dash_and_no_rate(cast: People) -> None:
    cast.at(Status.ENTITLED)
    issue = draft(factories.city(), now=at(17))
    assert of(issue).policies_total.payout.text == "—"
    assert "政策覆盖率0.0%。" in issue.text
    assert "兑现率" not in issue.text


def test_the_text_tells_of_policies_in_one_sentence(cast: People) -> None:
    paid(cast, "40000")
    assert draft(factories.city(), now=at(17)).text.splitlines()[-1] == (
        "惠企政策应享1条，涉及企业1家，已兑现0条，应享未享1条，政策覆盖率0.0%；核定10.00万元，拨付4.00万元，兑现率40.0%。"
    )


def test_the_workbook_has_both_sheets_with_amounts_as_numbers(cast: People) -> None:
    paid(cast, "40000")
    unit = factories.DepartmentFactory.create(name="=cmd()", region=factories.city())
    project(cast.enterprise.region, "full", unit, due=10, on_duty=9)
    issue = draft(factories.city(), now=at(17))
    book = load_workbook(io.BytesIO(workbook.of(issue)))
    assert book["重点工程"]["A4"].value == "=cmd()"
    assert book["重点工程"]["A4"].data_type == "s"
    sheet = book["政策兑现"]
    heads = [cell.value for cell in sheet[3]]
    place = heads.index("拨付（万元）")
    assert (sheet[4][place].value, sheet[4][place].number_format) == (4, "#,##0.00")
    assert (sheet[4][heads.index("兑现率")].value, sheet[5][0].value) == (0.4, "合计")


def test_a_signed_bulletin_keeps_its_progress_whatever_follows(cast: People) -> None:
    row = paid(cast, "40000")
    issue = draft(factories.city(), now=at(17))
    signed = sign(issue, factories.cadre(Role.OFFICE, region=factories.city()))
    before = bytes(workbook.of(signed))
    later = SET_TIME + timedelta(hours=2)
    paying.pay(row, voucher="PZ2", amount=Decimal(60000), paid_on=DAY, by=Actor.of(cast.handler), now=later)
    assert of(signed).policies_total.paid == "40000.00"
    assert bytes(workbook.of(signed)) == before


def test_rows_of_other_regions_are_not_counted(cast: People) -> None:
    cast.at(Status.ENTITLED)
    other = factories.district(9)
    assert of(draft(other, now=at(17))).policies == []
    assert len(of(draft(cast.enterprise.region, now=at(17))).policies) == 1


def test_a_bulletin_asks_as_few_questions_of_twenty_rows_as_of_two(
    cast: People, django_assert_num_queries: Callable[..., Any]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from reports import counting

    scope = Scope.of_month(factories.city(), DAY - timedelta(days=1), at(15, day=DAY - timedelta(days=1)))
    people.policy(title="另一项")
    cast.at(Status.ENTITLED)
    with CaptureQueriesContext(connection) as few:
        counting.take(factories.city(), DAY, cut_off=at(15), before=scope)
    for _ in range(6):
        another(cast)
        cast.at(Status.ENTITLED)
        cast.at(Status.DECLARED, cast.right)
    with django_assert_num_queries(len(few)):
        counting.take(factories.city(), DAY, cut_off=at(15), before=scope)
