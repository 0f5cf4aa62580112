"""The life of a fulfilment: who moves it where, and what can't happen."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cadres.models import Outbox
from enterprises.models import Access, Enterprise
from policies import rules
from policies.models import Fulfilment
from policies.workflow import OPEN, STEPS, Status
from tests.policies.people import NOW, People
from workflow.steps import Actor, IllegalStepError

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


def test_a_row_goes_from_doubt_to_payment_with_an_event_for_each_step(people: People) -> None:
    row = people.at(Status.PAYING)
    steps = [(event.step, event.before, event.after) for event in row.events.all()]
    assert [name for name, _, _ in steps] == ["entitle", "declare", "accept", "publicise", "release"]
    assert all(step in set(STEPS.moves()) for step in steps)
    assert row.amount_approved == Decimal(100000)


def test_whoever_comes_second_is_told_who_was_first(people: People) -> None:
    row, same = people.at(Status.ENTITLED), Fulfilment.objects.get()
    people.take(row, "declare", "specialist")
    with pytest.raises(IllegalStepError, match=r"王晓敏已于 11-18 10:00 办理“登记申报”，.*现为“已申报”"):
        people.take(same, "declare", "office")


def test_what_was_looked_at_must_still_be_so(people: People) -> None:
    row = people.at(Status.DECLARED)
    seen = row.version
    people.take(row, "block", "specialist")
    with pytest.raises(IllegalStepError, match="请核对后再提交"):
        people.take(row, "accept", "handler", version=seen)


@pytest.mark.parametrize(
    ("status", "step", "who", "sentence"),
    [
        (Status.UNVERIFIED, "exclude", "specialist", "你的角色不能办理“认定不符合”。"),
        (Status.UNVERIFIED, "entitle", "other_specialist", "请由包联专员、责任部门或辖区助企办登记。"),
        (Status.DECLARED, "accept", "other_handler", "请由责任部门或辖区助企办办理。"),
        (Status.DECLARED, "accept", "specialist", "你的角色不能办理“受理审核”。"),
        (Status.DECLARED, "accept", "stranger", "请由责任部门或辖区助企办办理。"),
        (Status.DECLARED, "accept", "supervisor", "你的角色不能办理“受理审核”。"),
        (Status.UNVERIFIED, "lapse", "office", "“已截止”"),
    ],
)
def test_nobody_takes_a_step_that_is_not_theirs(
    people: People, status: Status, step: str, who: str, sentence: str
) -> None:
    row = people.at(status)
    with pytest.raises(IllegalStepError, match=sentence):
        people.take(row, step, who)
    assert step not in rules.offered(getattr(people, who), row)


def test_whoever_applied_for_the_enterprise_does_not_examine_it(people: People) -> None:
    row = people.at(Status.ENTITLED)
    people.take(row, "declare", "office")
    people.take(row, "accept", "office")
    with pytest.raises(IllegalStepError, match="登记申报的人不能审核"):
        people.take(row, "approve", "office")
    people.take(row, "approve", "north_office")
    assert row.status == Status.PAYING


def test_a_right_without_money_is_enjoyed_and_never_paid(people: People) -> None:
    row = people.at(Status.REVIEWING, people.right)
    with pytest.raises(IllegalStepError, match="不拨付资金"):
        people.take(row, "approve", "head")
    people.take(row, "enjoy", "specialist")
    assert (row.status, row.amount_paid) == (Status.ENJOYED, 0)
    with pytest.raises(IllegalStepError, match="须经审核、拨付"):
        people.take(people.row(), "enjoy", "office")


def test_only_what_is_granted_without_application_is_examined_without_one(people: People) -> None:
    row = people.at(Status.ENTITLED)
    with pytest.raises(IllegalStepError, match="不是免申即享"):
        people.take(row, "accept", "handler")
    people.item.granting = "automatic"
    people.item.save()
    people.take(row, "accept", "handler")
    assert row.status == Status.REVIEWING


def test_a_block_is_put_and_lifted_with_its_events(people: People) -> None:
    row = people.at(Status.DECLARED)
    people.take(row, "block", "specialist", block="社保系统里没有本年数据")
    assert (row.blocked_at, row.status) == (NOW, Status.DECLARED)
    people.take(row, "unblock", "handler", note="已补录")
    assert (row.block, row.blocked_at) == ("", None)
    assert row.events.last().changes == {"block": ["社保系统里没有本年数据", ""]}
    with pytest.raises(IllegalStepError, match="没有堵点"):
        people.take(row, "unblock", "handler")


def test_what_lapsed_goes_on_only_with_a_new_last_day(people: People) -> None:
    row = people.at(Status.ENTITLED)
    row.take("lapse", by=Actor.system(), now=NOW)
    Fulfilment.objects.update(closes_on=NOW.date() - timedelta(days=1))
    with pytest.raises(IllegalStepError, match="已于 2026-11-17 截止"):
        people.take(row, "reopen", "office")
    with pytest.raises(IllegalStepError, match="你的角色不能办理“重新办理”"):
        people.take(row, "reopen", "handler", closes_on=date(2026, 12, 1))
    people.take(row, "reopen", "office", closes_on=date(2026, 12, 1))
    assert (row.status, row.closes_on) == (Status.ENTITLED, date(2026, 12, 1))


def test_the_database_refuses_what_goes_past_the_table(people: People) -> None:
    row = people.at(Status.ENTITLED)
    with pytest.raises(IntegrityError, match="illegal transition"), transaction.atomic():
        Fulfilment.objects.filter(pk=row.pk).update(status=Status.PAID)
    with pytest.raises(IntegrityError, match="without an event"), transaction.atomic():
        Fulfilment.objects.filter(pk=row.pk).update(status=Status.DECLARED)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
        row.events.update(note="别人说的")


def test_one_enterprise_has_one_row_of_an_item_and_period(people: People) -> None:
    assert people.row() == people.row()
    assert people.row(period="2027") != people.row()
    assert Fulfilment.objects.count() == 2


def test_the_department_sees_the_enterprise_while_a_row_is_open_and_a_while_after(people: People) -> None:
    def seen() -> bool:
        return Enterprise.objects.visible_to(people.handler).exists()

    assert not seen()
    row = people.row()
    assert seen()
    people.take(row, "exclude", "handler")
    ended = Access.objects.get(reason=f"item:{people.item.pk}")
    assert ended.until == timezone.localdate(NOW) + timedelta(days=90)
    people.take(row, "reopen", "office")
    ended.refresh_from_db()
    assert ended.until is None


def test_those_whose_turn_it_is_are_told(people: People) -> None:
    row = people.at(Status.DECLARED)
    told = Outbox.objects.get(subject="企业已申报，请受理：失业保险稳岗返还")
    assert told.audience == [{"role": "handler", "department": people.department.pk}]
    people.take(row, "return", "handler")
    told = Outbox.objects.get(subject__startswith="申报被退回")
    assert told.audience == [{"cadre": people.specialist.pk}]
    assert "缺社保证明" in told.body


def test_every_open_status_has_a_step_forward_and_final_ones_only_back() -> None:
    for status in OPEN:
        assert any(STEPS[name].target_from(status) != status for name in STEPS.from_status(status)), status
    for status in (Status.INELIGIBLE, Status.REJECTED, Status.WAIVED, Status.LAPSED):
        assert {STEPS[name].target_from(status) for name in STEPS.from_status(status)} == {Status.ENTITLED, status}
