"""The whole life of an appeal, step by step, as its people take it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from appeals.models import Appeal, Event
from appeals.workflow import FINAL, OWNERS, STEPS, Status
from cadres.roles import Role
from tests import factories
from tests.appeals.people import NOW, People
from workflow.models import Rung
from workflow.steps import Actor, IllegalStepError
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db


def confirming(people: People) -> Appeal:
    """Approved a day after everything else."""
    appeal = people.at(Status.REVIEWING)
    people.take(appeal, "approve", "head", NOW + timedelta(days=1))
    return appeal


def test_an_appeal_goes_from_submission_to_its_close(people: People) -> None:
    appeal = confirming(people)
    people.take(appeal, "confirm", "specialist", solved="yes", rating="satisfied", confirmed_by="王经理")
    people.take(appeal, "close", "office", note="已看凭证")
    appeal.refresh_from_db()
    assert appeal.status == Status.CLOSED
    assert appeal.number == "SQ990102202611180001"
    assert [event.step for event in appeal.events.all()] == [
        "submit",
        "assign",
        "sign",
        "reply",
        "approve",
        "confirm",
        "close",
    ]
    assert appeal.rounds.get().settled_at == NOW + timedelta(days=1)
    assert appeal.escalates_at is None


def test_the_first_assignment_sets_a_deadline_of_ten_working_days(people: People) -> None:
    appeal = people.assigned()
    assert appeal.due_at == datetime(2026, 12, 2, 18, 0, tzinfo=BEIJING)
    assert appeal.sign_due_at == datetime(2026, 11, 19, 18, 0, tzinfo=BEIJING)
    assert appeal.yellow_at == datetime(2026, 12, 2, 9, 0, tzinfo=BEIJING)


def test_a_critical_appeal_is_due_after_four_clock_hours(people: People) -> None:
    appeal = people.assigned(urgency="critical")
    assert appeal.due_at == NOW + timedelta(hours=4)
    assert appeal.sign_due_at == NOW + timedelta(minutes=30)
    assert appeal.yellow_at == NOW + timedelta(hours=3)


def test_bounce_and_a_second_assignment_do_not_restart_the_clock(people: People) -> None:
    appeal = people.assigned()
    due = appeal.due_at
    people.take(appeal, "bounce", "handler", note="不属本局")
    people.take(appeal, "assign", "office", now=NOW + timedelta(days=1), lead=people.department, urgency="ordinary")
    assert appeal.due_at == due
    assert appeal.round == 1


def test_after_the_second_bounce_only_a_supervisor_assigns_and_bounce_is_refused(people: People) -> None:
    appeal = people.assigned()
    people.take(appeal, "bounce", "handler", note="不属本局")
    people.take(appeal, "assign", "office", lead=people.department, urgency="ordinary")
    people.take(appeal, "bounce", "handler", note="不属本局")
    with pytest.raises(IllegalStepError, match="须由督查"):
        people.take(appeal, "assign", "office", lead=people.department, urgency="ordinary")
    people.take(appeal, "assign", "supervisor", lead=people.department, urgency="ordinary")
    with pytest.raises(IllegalStepError, match="不能再退"):
        people.take(appeal, "bounce", "handler", note="不属本局")


def test_a_dispute_begins_a_round_with_half_the_limit(people: People) -> None:
    appeal = confirming(people)
    people.take(appeal, "dispute", "specialist", now=NOW + timedelta(days=1), note="只接回一半人")
    assert appeal.status == Status.HANDLING
    assert appeal.round == 2
    assert appeal.due_at == datetime(2026, 11, 26, 18, 0, tzinfo=BEIJING)
    assert appeal.settled_at is None


def test_a_return_before_the_close_gives_back_the_time_the_clock_stood_still(people: People) -> None:
    appeal = confirming(people)
    confirmed = NOW + timedelta(days=2)
    people.take(appeal, "confirm", "specialist", now=confirmed, solved="yes", rating="satisfied")
    people.take(appeal, "return", "office", now=confirmed, note="凭证不全")
    assert appeal.round == 1
    assert appeal.due_at == datetime(2026, 12, 3, 18, 0, tzinfo=BEIJING)


def test_the_second_of_two_people_is_told_who_was_first(people: People) -> None:
    appeal = people.assigned()
    stale = Appeal.objects.get(pk=appeal.pk)
    people.take(appeal, "sign", "handler")
    with pytest.raises(IllegalStepError, match=f"{people.handler.name}已于 .* 办理“签收”，该诉求现为“办理中”"):
        people.take(stale, "sign", "head")
    assert appeal.events.filter(step="sign").count() == 1


def test_who_replied_never_approves(people: People) -> None:
    both = factories.cadre(Role.HANDLER, Role.HEAD, department=people.department)
    people.both = both
    appeal = people.assigned()
    people.take(appeal, "sign", "both")
    people.take(appeal, "reply", "both", outcome="solved", reply="已解决")
    with pytest.raises(IllegalStepError, match="答复人不能"):
        people.take(appeal, "approve", "both")


def test_a_specialist_of_the_lead_department_never_confirms(people: People) -> None:
    people.specialist.department = people.department
    people.specialist.save()
    appeal = confirming(people)
    with pytest.raises(IllegalStepError, match="主办单位的专员"):
        people.take(appeal, "confirm", "specialist", solved="yes", rating="satisfied")


def test_where_the_office_leads_the_supervisor_closes(people: People) -> None:
    factories.cadre(Role.OFFICE, department=people.department)
    appeal = confirming(people)
    people.take(appeal, "confirm", "specialist", solved="yes", rating="satisfied")
    with pytest.raises(IllegalStepError, match="须由督查"):
        people.take(appeal, "close", "office")
    people.take(appeal, "close", "supervisor")
    assert appeal.status == Status.CLOSED


def test_every_step_from_every_status_is_refused_unless_the_table_allows_it(people: People) -> None:
    appeal = people.assigned()
    for name, step in STEPS.steps.items():
        if Status.ASSIGNED not in step.sources:
            with pytest.raises(IllegalStepError):
                appeal.take(name, by=Actor.system(), now=NOW)


def test_the_database_refuses_a_jump_past_the_table(people: People) -> None:
    appeal = people.assigned()
    with pytest.raises(IntegrityError, match="illegal transition"), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(status=Status.CLOSED)


def test_the_database_refuses_a_change_without_its_event(people: People) -> None:
    appeal = people.assigned()
    with pytest.raises(IntegrityError, match="without an event"), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(status=Status.HANDLING)
        _check_deferred()


def test_the_database_refuses_an_appeal_that_begins_past_the_beginning(people: People) -> None:
    draft = factories.appeal(people.enterprise, people.specialist, submit=False)
    draft.pk, draft.status, draft.number = None, Status.PENDING, "SQ1"
    with pytest.raises(IntegrityError, match="without an event"), transaction.atomic():
        draft.save(force_insert=True)
        _check_deferred()


def test_the_database_refuses_an_event_of_a_step_that_the_table_does_not_have(people: People) -> None:
    appeal = people.assigned()
    with pytest.raises(IntegrityError, match="no such step"), transaction.atomic():
        Event.objects.create(
            appeal=appeal,
            step="close",
            before=Status.ASSIGNED,
            after=Status.CLOSED,
            at=NOW,
            **Event.actor_columns(Actor.system()),
        )


@pytest.mark.parametrize("statement", ["UPDATE appeals_event SET note = 'x'", "DELETE FROM appeals_event"])
def test_the_history_can_not_be_changed(people: People, statement: str) -> None:
    people.assigned()
    with pytest.raises(Exception, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_every_status_that_is_not_final_has_an_owner_and_a_rung_on_the_ladder() -> None:
    assert set(OWNERS) == set(Status) - FINAL
    rungs = set(Rung.objects.values_list("trigger", "critical"))
    for status, (_, triggers) in OWNERS.items():
        assert STEPS.from_status(status), status
        for critical in (False, True):
            assert {(trigger, critical) for trigger in triggers} <= rungs, status


def _check_deferred() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
