"""Supervision orders: drawn up by the ladder and by hand, answered, judged, raised, ended; each thing once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, transaction

from appeals import escalation, succession
from appeals.bulk import reassign_all
from appeals.demand_workflow import State
from appeals.demanding.recording import events_of
from appeals.models import Appeal, Order
from appeals.supervising import acting, sweeping
from appeals.supervising.acting import ORDERS
from appeals.workflow import Status
from cadres.models import Cadre, Department, Outbox
from cadres.roles import Role
from tests import factories
from tests.appeals.people import NOW, People
from workflow.models import OrderColour, Rung
from workflow.steps import IllegalStepError
from workflow.worktime import BEIJING

Colour = OrderColour


def at(month: int, day: int, hour: int = 18, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


# An appeal of NOW is due on 2 December at 18:00: two working days later it is the 4th, five the 9th.
YELLOW, RED = at(12, 4), at(12, 9)


def shown(appeal: Appeal) -> list[tuple[str, str]]:
    return list(appeal.orders.order_by("pk").values_list("colour", "status"))


def by_hand(appeal: Appeal, people: People, colour: Colour = Colour.BLUE, now: datetime = NOW) -> Order:
    return acting.issue(appeal, colour, "请报进展", by=people.supervisor, now=now)


def answered(order: Order, people: People, now: datetime = NOW, reply: str = "已联系三家公司") -> Order:
    return ORDERS.answer(order, reply, by=people.handler, now=now, version=order.version)


# --- by the ladder ------------------------------------------------------------------------------------------------


def test_a_yellow_order_comes_two_working_days_after_the_deadline_and_a_red_one_after_five(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(YELLOW - timedelta(seconds=1))
    assert not appeal.orders.exists()
    escalation.apply_ladder(YELLOW)
    order = appeal.orders.get()
    assert (order.colour, order.status, order.round) == (Colour.YELLOW, State.AWAITING, 1)
    assert order.number == f"DB{appeal.region.short_code}202612040001"
    assert (order.department, order.answering, order.issuer) == (people.department, people.department, "系统")
    assert order.reply_due_at == RED  # three working days
    assert order.escalation
    assert (order.escalation.trigger, order.escalation.level) == ("overdue", 2)
    escalation.apply_ladder(RED)
    assert shown(appeal) == [(Colour.YELLOW, State.RAISED), (Colour.RED, State.AWAITING)]
    red = appeal.orders.get(colour=Colour.RED)
    assert red.follows == order
    assert Appeal.objects.listed().get() == appeal


def test_a_critical_case_gets_its_orders_sooner_and_answers_them_by_the_clock(people: People) -> None:
    appeal = people.at(Status.HANDLING, urgency="critical")
    escalation.apply_ladder(at(11, 19))
    assert shown(appeal) == [(Colour.YELLOW, State.AWAITING)]
    assert appeal.orders.get().reply_due_at == at(11, 19, 22)
    escalation.apply_ladder(at(11, 20))
    assert shown(appeal)[-1] == (Colour.RED, State.AWAITING)


def test_of_missed_rungs_only_the_gravest_draws_its_order(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    after_downtime = at(12, 10, 3)
    for _ in range(2):
        escalation.apply_ladder(after_downtime)
        sweeping.raise_unanswered(after_downtime)
    assert shown(appeal) == [(Colour.RED, State.AWAITING)]
    assert [rung.level for rung in appeal.escalations.order_by("pk")] == [0, 1, 2, 3]
    assert appeal.events.filter(step="order").count() == 1
    assert Outbox.objects.filter(key__startswith="order:").count() == 1


def test_the_answer_that_is_late_as_the_red_rung_comes_makes_one_red_order(people: People) -> None:
    for first, second in (
        (escalation.apply_ladder, sweeping.raise_unanswered),
        (sweeping.raise_unanswered, escalation.apply_ladder),
    ):
        appeal = people.at(Status.HANDLING)
        escalation.apply_ladder(YELLOW)
        first(RED)
        second(RED)
        assert shown(appeal) == [(Colour.YELLOW, State.RAISED), (Colour.RED, State.AWAITING)]
        appeal.refresh_from_db()
        assert appeal.level == 3


def test_a_ladder_without_colours_draws_nothing_and_an_edited_one_draws_its_own(people: People) -> None:
    Rung.objects.update(draws="")
    Rung.objects.filter(trigger="overdue", critical=False, level=1).update(draws=Colour.BLUE)
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(RED)
    assert shown(appeal) == [(Colour.BLUE, State.AWAITING)]


def test_what_the_ladder_had_due_is_drawn_up_before_a_step_and_goes_to_the_lead_of_that_time(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    other = factories.DepartmentFactory.create(name="市交通局")
    people.take(appeal, "reassign", "office", YELLOW, lead=other, note="职责不符")
    order = appeal.orders.get()
    assert (order.department, order.answering) == (people.department, other)


def test_the_next_round_draws_its_own_order(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(YELLOW)
    order = answered(appeal.orders.get(), people, YELLOW)
    ORDERS.accept(order, "", by=people.supervisor, now=YELLOW, version=order.version)
    for name, who in (("reply", "handler"), ("approve", "head")):
        people.take(appeal, name, who, YELLOW)
    people.take(appeal, "dispute", "specialist", at(12, 7, 9), confirmed_by="王", confirmed_how="phone", note="没解决")
    appeal.refresh_from_db()
    escalation.apply_ladder(appeal.due_at + timedelta(days=6))
    assert [order.round for order in appeal.orders.order_by("pk")] == [1, 2]


def test_the_history_of_the_case_tells_of_each_order(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(YELLOW)
    event = appeal.events.get(step="order")
    order = appeal.orders.get()
    assert (event.who, event.before, event.after) == ("系统", "handling", "handling")
    assert event.changes == {"order": ["", str(order)], "reply_due_at": ["", "2026-12-09 18:00"]}
    assert "办理时限为 2026-12-02 18:00" in event.note
    with pytest.raises(InternalError), transaction.atomic():
        appeal.events.filter(step="order").update(note="")


def test_head_and_handler_are_told_and_the_leader_in_charge_of_a_red_one(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(YELLOW)
    head = {"role": "head", "department": people.department.pk}
    handler = {"cadre": people.handler.pk, "role": "handler", "department": people.department.pk}
    notice = Outbox.objects.get(key__startswith="order:")
    assert (notice.audience, notice.level) == ([head, handler], 2)
    assert notice.subject == f"请反馈督办单（黄）：{appeal.title}"
    escalation.apply_ladder(RED)
    notice = Outbox.objects.filter(key__startswith="order:").latest("pk")
    assert (notice.audience[2:], notice.level) == ([{"leader_in_charge": people.department.pk}], 3)


def test_while_nobody_leads_the_office_owes_the_answer(people: People) -> None:
    office = factories.DepartmentFactory.create(name="市助企办")
    Cadre.objects.filter(pk=people.office.pk).update(department=office)
    appeal = people.at(Status.ASSIGNED)
    people.take(appeal, "bounce", "handler", note="不属本单位")
    escalation.apply_ladder(YELLOW)
    order = appeal.orders.get()
    assert order.answering == office
    assert list(Order.objects.awaiting(Cadre.objects.get(pk=people.office.pk))) == [order]
    people.take(appeal, "assign", "office", YELLOW + timedelta(minutes=1))
    order.refresh_from_db()
    assert (order.department, order.answering) == (office, people.department)


# --- nobody answers -----------------------------------------------------------------------------------------------


def test_an_order_not_answered_by_its_date_is_followed_by_the_next_colour_once(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = by_hand(appeal, people)
    due = order.reply_due_at
    assert due == at(11, 25)  # five working days
    assert sweeping.raise_unanswered(due - timedelta(seconds=1)) == 0
    assert [sweeping.raise_unanswered(due) for _ in range(2)] == [1, 0]
    assert shown(appeal) == [(Colour.BLUE, State.RAISED), (Colour.YELLOW, State.AWAITING)]
    yellow = appeal.orders.latest("pk")
    assert (yellow.follows, yellow.issuer) == (order, "系统")
    assert "原要求：请报进展" in yellow.demand
    assert Outbox.objects.get(key__startswith="order-late:").audience == [
        {"role": "supervisor", "region": appeal.region_id}
    ]


def test_after_red_comes_no_other_order_and_the_supervisor_is_told_once(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = by_hand(appeal, people, Colour.RED)
    assert [sweeping.raise_unanswered(order.reply_due_at + timedelta(days=9)) for _ in range(2)] == [1, 0]
    assert shown(appeal) == [(Colour.RED, State.AWAITING)]
    assert appeal.events.filter(step="order_late").count() == 1
    assert Outbox.objects.filter(key__startswith="order-late:").count() == 1


def test_an_answer_in_time_stops_the_clock_and_a_returned_one_starts_it_anew(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = answered(by_hand(appeal, people), people)
    assert sweeping.raise_unanswered(at(12, 1)) == 0
    order = ORDERS.give_back(order, "没有时间表", at(12, 1), by=people.supervisor, now=NOW, version=order.version)
    assert (order.status, order.reply) == (State.RETURNED, "已联系三家公司")
    assert sweeping.raise_unanswered(at(12, 1)) == 1
    assert shown(appeal)[-1] == (Colour.YELLOW, State.AWAITING)


def test_what_is_answered_to_the_enterprise_meanwhile_is_not_raised_but_told(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = by_hand(appeal, people)
    people.take(appeal, "reply", "handler")
    people.take(appeal, "approve", "head")
    assert [sweeping.raise_unanswered(order.reply_due_at) for _ in range(2)] == [1, 0]
    assert shown(appeal) == [(Colour.BLUE, State.AWAITING)]
    assert Outbox.objects.filter(key__startswith="order-late:").count() == 1


# --- by hand ------------------------------------------------------------------------------------------------------


def test_an_order_is_answered_and_accepted(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = by_hand(appeal, people, Colour.RED)
    assert list(Order.objects.awaiting(people.handler)) == list(Order.objects.awaiting(people.head)) == [order]
    assert not Order.objects.awaiting(people.supervisor).exists()
    order = answered(order, people)
    assert (order.status, order.replied_by, order.reply) == (State.ANSWERED, people.handler, "已联系三家公司")
    assert list(Order.objects.awaiting(people.supervisor)) == [order]
    assert Appeal.objects.listed().exists()
    order = ORDERS.accept(order, "同意", by=people.supervisor, now=NOW, version=order.version)
    assert (order.status, order.ended_at) == (State.ACCEPTED, NOW)
    assert not Appeal.objects.listed().exists()
    assert [event.step for event in events_of(order)] == ["order", "order_answer", "order_accept"]


def test_nobody_is_told_of_their_own_act(people: People) -> None:
    order = answered(by_hand(people.at(Status.HANDLING), people), people)
    ORDERS.accept(order, "", by=people.supervisor, now=NOW, version=order.version)
    notices = Outbox.objects.filter(key__startswith="order").order_by("pk")
    assert [notice.actor for notice in notices] == [people.supervisor, people.handler, people.supervisor]


def test_beside_an_order_in_force_only_a_graver_one_is_issued(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    yellow = by_hand(appeal, people, Colour.YELLOW)
    with pytest.raises(IllegalStepError, match=f"已有{yellow.title}".replace("（", "\\（")):
        by_hand(appeal, people, Colour.YELLOW)
    by_hand(appeal, people, Colour.RED)
    assert shown(appeal) == [(Colour.YELLOW, State.RAISED), (Colour.RED, State.AWAITING)]


def test_the_same_form_sent_twice_is_one_order(people: People) -> None:
    appeal, client_id = people.at(Status.HANDLING), uuid4()
    made = [
        acting.issue(appeal, Colour.RED, "请报", by=people.supervisor, now=NOW, client_id=client_id) for _ in range(2)
    ]
    assert made[0] == made[1]
    assert Order.objects.count() == 1


@pytest.mark.parametrize("who", ["office", "leader", "handler", "stranger"])
def test_only_a_supervisor_of_the_region_issues(people: People, who: str) -> None:
    with pytest.raises(IllegalStepError):
        acting.issue(people.at(Status.HANDLING), Colour.RED, "请报", by=getattr(people, who), now=NOW)


def test_a_supervisor_elsewhere_does_not_issue_and_an_ended_case_gets_none(people: People) -> None:
    elsewhere = factories.cadre(Role.SUPERVISOR, region=factories.district(9))
    with pytest.raises(IllegalStepError, match="辖区"):
        acting.issue(people.at(Status.HANDLING), Colour.RED, "请报", by=elsewhere, now=NOW)
    with pytest.raises(IllegalStepError, match="已销号"):
        by_hand(people.at(Status.CLOSED), people)


def test_only_the_department_that_owes_it_answers(people: People) -> None:
    order = by_hand(people.at(Status.HANDLING), people)
    stranger = factories.cadre(Role.HANDLER, department=factories.DepartmentFactory.create())
    for who in (stranger, people.supervisor, people.specialist):
        with pytest.raises(IllegalStepError):
            ORDERS.answer(order, "已办", by=who, now=NOW, version=order.version)
    ORDERS.answer(order, "已办", by=people.head, now=NOW, version=order.version)


def test_who_comes_second_is_told_who_was_first(people: People) -> None:
    order = by_hand(people.at(Status.HANDLING), people)
    answered(order, people)
    with pytest.raises(IllegalStepError, match="赵明已于 11-18 10:00 办理“反馈督办单”，该督办单现为“已反馈”"):
        ORDERS.answer(order, "又办", by=people.head, now=NOW, version=order.version)


def test_an_answer_that_changed_meanwhile_is_not_accepted_unread(people: People) -> None:
    first = answered(by_hand(people.at(Status.HANDLING), people), people)
    back = ORDERS.give_back(first, "补充", at(12, 1), by=people.supervisor, now=NOW, version=first.version)
    answered(back, people, reply="没有进展")
    with pytest.raises(IllegalStepError, match="请核对"):
        ORDERS.accept(first, "", by=people.supervisor, now=NOW, version=first.version)


# --- along with the case ------------------------------------------------------------------------------------------


def test_an_order_ends_with_its_case(people: People) -> None:
    appeal = people.at(Status.CLOSING)
    order = by_hand(appeal, people)
    people.take(appeal, "close", "office")
    order.refresh_from_db()
    assert (order.status, order.ended_at) == (State.ENDED, NOW)
    event = appeal.events.get(step="order_end")
    assert (event.who, event.after) == ("系统", "closed")


def test_open_orders_pass_on_with_a_department_and_keep_to_whom_they_were_issued(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = by_hand(appeal, people)
    heir = factories.DepartmentFactory.create(name="市人力资源局")
    Department.objects.filter(pk=people.department.pk).update(valid_until=NOW.date(), successor=heir)
    succession.pass_on(NOW)
    order.refresh_from_db()
    assert (order.department, order.answering) == (people.department, heir)


def test_orders_go_along_when_many_cases_are_moved(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    order = by_hand(appeal, people)
    other = factories.DepartmentFactory.create(name="市交通局")
    appeal.refresh_from_db()
    reassign_all({appeal.pk: appeal.version}, other, by=people.office, now=NOW, note="职责")
    order.refresh_from_db()
    assert order.answering == other


# --- what the database keeps --------------------------------------------------------------------------------------


def test_the_database_keeps_one_order_in_force_and_lets_none_be_deleted(people: People) -> None:
    order = by_hand(people.at(Status.HANDLING), people)
    with pytest.raises(InternalError), transaction.atomic():
        order.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(status=State.ACCEPTED)
    order.pk, order.number, order._state.adding = None, "DB2", True
    with pytest.raises(IntegrityError, match="order_one_in_force_per_appeal"), transaction.atomic():
        order.save()


def test_numbers_run_on_per_region_and_day(people: People) -> None:
    first, second = (by_hand(people.at(Status.HANDLING), people) for _ in range(2))
    assert int(second.number[-4:]) == int(first.number[-4:]) + 1
