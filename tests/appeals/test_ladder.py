"""Every rung of the ladder: when it comes, how high it is, whom it tells, and that it comes once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from appeals import escalation
from appeals.models import Appeal, Escalation
from appeals.workflow import Status
from cadres.models import Outbox
from tests.appeals.people import NOW, People
from workflow.models import Rung, Trigger
from workflow.steps import IllegalStepError
from workflow.worktime import BEIJING, load_calendar

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def at(month: int, day: int, hour: int = 18, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


def rungs(appeal: Appeal) -> list[tuple[str, int]]:
    return [(rung.trigger, rung.level) for rung in appeal.escalations.all()]


def last_notice(appeal: Appeal) -> Outbox:
    return Outbox.objects.filter(key__startswith=f"escalation:{appeal.pk}:").latest("pk")


def dispute(people: People, appeal: Appeal, now: datetime) -> None:
    for name, who in (("dispute", "specialist"), ("reply", "handler"), ("approve", "head")):
        people.take(appeal, name, who, now, **({"note": "没解决"} if name == "dispute" else {}))


# Everything happens on Wednesday, 18 November 2026, at 10:00; an ordinary appeal is due on 2 December at 18:00.
RUNGS: list[tuple[Status, datetime, Trigger, int, list[str]]] = [
    (Status.DRAFT, at(11, 23), Trigger.DRAFT, 0, ["registrar"]),
    (Status.PENDING, at(11, 18, 16), Trigger.PENDING, 0, ["office"]),
    (Status.PENDING, at(11, 19), Trigger.PENDING, 2, ["supervisor"]),
    (Status.ASSIGNED, at(11, 19), Trigger.UNSIGNED, 1, ["handlers", "heads"]),
    (Status.HANDLING, at(12, 2, 9), Trigger.YELLOW, 0, ["handler"]),
    (Status.HANDLING, at(12, 2), Trigger.OVERDUE, 1, ["handler", "heads"]),
    (Status.HANDLING, at(12, 4), Trigger.OVERDUE, 2, ["supervisor"]),
    (Status.HANDLING, at(12, 9), Trigger.OVERDUE, 3, ["leader_in_charge"]),
    (Status.HANDLING, at(12, 16), Trigger.OVERDUE_LONG, 4, ["leader"]),
    (Status.HANDLING, at(12, 23), Trigger.OVERDUE_LONG, 4, ["leader"]),
    (Status.HANDLING, at(12, 30), Trigger.OVERDUE_LONG, 4, ["leader"]),
    (Status.REVIEWING, at(11, 19), Trigger.REVIEWING, 2, ["leader_in_charge"]),
    (Status.CONFIRMING, at(11, 25), Trigger.CONFIRMING, 0, ["office"]),
    (Status.CLOSING, at(11, 20), Trigger.CLOSING, 2, ["supervisor"]),
]


def targets(appeal: Appeal) -> dict[str, dict[str, Any]]:
    return {
        "registrar": {"cadre": appeal.registered_by_id},
        "handler": {"cadre": appeal.handler_id, "role": "handler", "department": appeal.lead_id},
        "handlers": {"role": "handler", "department": appeal.lead_id},
        "heads": {"role": "head", "department": appeal.lead_id},
        "leader_in_charge": {"leader_in_charge": appeal.lead_id},
        "office": {"role": "office", "region": appeal.region_id},
        "supervisor": {"role": "supervisor", "region": appeal.region_id},
        "leader": {"role": "leader", "region": appeal.region_id},
    }


@pytest.mark.parametrize(("status", "when", "trigger", "level", "told"), RUNGS)
def test_a_rung_comes_at_its_instant_and_not_before(
    people: People, status: Status, when: datetime, trigger: Trigger, level: int, told: list[str]
) -> None:
    appeal = people.at(status)
    escalation.apply_ladder(when - SECOND)
    before = rungs(appeal)
    escalation.apply_ladder(when)
    new = rungs(appeal)[len(before) :]
    assert (trigger, level) in new
    rung = appeal.escalations.get(due_at=when, trigger=trigger, level=level)
    assert rung.at == when
    assert rung.listed == (trigger == Trigger.OVERDUE_LONG)
    appeal.refresh_from_db()
    assert appeal.level == max(found for _, found in rungs(appeal))
    assert last_notice(appeal).audience == [targets(appeal)[who] for who in told]
    assert last_notice(appeal).level == level


CRITICAL: list[tuple[datetime, Trigger, int]] = [
    (at(11, 18, 13), Trigger.YELLOW, 0),
    (at(11, 18, 14), Trigger.OVERDUE, 2),
    (at(11, 19), Trigger.OVERDUE, 3),
    (at(11, 20), Trigger.OVERDUE, 4),
    (at(12, 2), Trigger.OVERDUE_LONG, 4),
]


@pytest.mark.parametrize(("when", "trigger", "level"), CRITICAL)
def test_a_critical_appeal_climbs_higher_and_sooner(
    people: People, when: datetime, trigger: Trigger, level: int
) -> None:
    appeal = people.at(Status.HANDLING, urgency="critical")
    escalation.apply_ladder(when - SECOND)
    assert not appeal.escalations.filter(due_at=when).exists()
    escalation.apply_ladder(when)
    assert appeal.escalations.filter(due_at=when, trigger=trigger, level=level).count() == 1


def test_a_critical_appeal_runs_through_the_night(people: People) -> None:
    evening = at(11, 18, 23, 30)
    appeal = people.assigned(evening, urgency="critical")
    escalation.apply_ladder(at(11, 19, 0, 0))
    assert rungs(appeal) == [("unsigned", 1)]
    escalation.apply_ladder(at(11, 19, 0, 30))
    appeal.refresh_from_db()
    assert appeal.status == Status.HANDLING  # 视为签收 after an hour
    escalation.apply_ladder(at(11, 19, 3, 30))
    assert rungs(appeal)[-1] == ("overdue", 2)
    assert appeal.escalations.filter(trigger="overdue").get().due_at == at(11, 19, 3, 30)


def test_missed_rungs_are_all_recorded_in_order_and_only_the_highest_is_told(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    after_a_week_of_downtime = at(12, 10, 3)
    escalation.apply_ladder(after_a_week_of_downtime)
    recorded = list(appeal.escalations.order_by("pk"))
    assert [(rung.trigger, rung.level) for rung in recorded] == [
        ("yellow", 0),
        ("overdue", 1),
        ("overdue", 2),
        ("overdue", 3),
    ]
    assert [rung.due_at for rung in recorded] == [at(12, 2, 9), at(12, 2), at(12, 4), at(12, 9)]
    assert {rung.at for rung in recorded} == {after_a_week_of_downtime}
    assert [rung.notified for rung in recorded] == [False, False, False, True]
    assert Outbox.objects.filter(key__startswith="escalation:").count() == 1


def test_a_second_sweep_finds_nothing_new(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    assert escalation.apply_ladder(at(12, 10)).rungs == 4
    assert escalation.apply_ladder(at(12, 10)) == (0, 0, 0, 0)
    assert len(rungs(appeal)) == 4


def test_the_sweep_is_indifferent_to_an_earlier_instant(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(at(12, 10))
    escalation.apply_ladder(at(12, 3))
    assert len(rungs(appeal)) == 4


def test_disputed_twice_goes_to_the_supervisor_and_the_leader_in_charge(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    dispute(people, appeal, NOW)
    people.take(appeal, "dispute", "specialist", note="还是没解决")
    escalation.apply_ladder(NOW)
    assert rungs(appeal) == [("disputed", 3)]
    assert last_notice(appeal).audience == [targets(appeal)["supervisor"], targets(appeal)["leader_in_charge"]]


def test_one_dispute_does_not_escalate(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    people.take(appeal, "dispute", "specialist", note="没解决")
    escalation.apply_ladder(NOW)
    assert rungs(appeal) == []


def test_a_new_round_climbs_the_ladder_again(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(at(12, 2))
    for name, who in (("reply", "handler"), ("approve", "head"), ("dispute", "specialist")):
        people.take(appeal, name, who, at(12, 3, 10), **({"note": "没解决"} if name == "dispute" else {}))
    assert (appeal.round, appeal.level) == (2, 0)
    escalation.apply_ladder(at(12, 10))
    assert [(rung.round, rung.trigger, rung.level) for rung in appeal.escalations.order_by("pk")] == [
        (1, "yellow", 0),
        (1, "overdue", 1),
        (2, "yellow", 0),
        (2, "overdue", 1),
    ]


def test_a_second_stay_in_review_in_the_same_round_escalates_again(people: People) -> None:
    appeal = people.at(Status.REVIEWING)
    escalation.apply_ladder(at(11, 19))
    people.take(appeal, "send_back", "head", at(11, 20, 9), note="依据不足")
    people.take(appeal, "reply", "handler", at(11, 20, 10))
    escalation.apply_ladder(at(11, 23))
    found = appeal.escalations.filter(trigger="reviewing", level=2)
    assert [rung.due_at for rung in found] == [at(11, 19), at(11, 23)]
    assert {rung.round for rung in found} == {1}


def test_a_second_stay_in_pending_escalates_again(people: People) -> None:
    appeal = people.submitted()
    escalation.apply_ladder(at(11, 19))
    people.take(appeal, "assign", "office", at(11, 20, 9))
    people.take(appeal, "bounce", "handler", at(11, 20, 10), note="不属本局")
    escalation.apply_ladder(at(11, 23))
    assert [rung.due_at for rung in appeal.escalations.filter(trigger="pending", level=2)] == [at(11, 19), at(11, 23)]


def test_nothing_escalates_while_the_clock_stands_still(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    escalation.apply_ladder(at(12, 20))
    assert rungs(appeal) == [("confirming", 0)]


def test_nothing_escalates_after_the_end(people: People) -> None:
    appeal = people.at(Status.CLOSED)
    escalation.apply_ladder(at(12, 30))
    assert rungs(appeal) == []
    assert appeal.escalates_at is None


def test_at_twice_the_sign_limit_the_appeal_counts_as_signed(people: People) -> None:
    appeal = people.assigned()
    swept = escalation.apply_ladder(at(11, 20))
    appeal.refresh_from_db()
    assert swept.signed == 1
    assert (appeal.status, appeal.handler, appeal.status_since) == (Status.HANDLING, None, at(11, 20))
    event = appeal.events.latest("pk")
    assert (event.label, event.who, event.at) == ("视为签收", "系统", at(11, 20))
    told = Outbox.objects.get(key__startswith="signed-by-silence:")
    assert told.audience == [targets(appeal)["handlers"], targets(appeal)["heads"]]
    assert appeal.escalates_at == at(12, 2, 9)


def test_what_counts_as_signed_can_not_be_bounced(people: People) -> None:
    appeal = people.assigned()
    escalation.apply_ladder(at(11, 20))
    with pytest.raises(IllegalStepError, match="系统已于 11-20 18:00 办理“视为签收”"):
        people.take(appeal, "bounce", "handler", at(11, 23, 10), note="不属本局")


def test_a_bounce_after_twice_the_sign_limit_is_too_late_though_no_sweep_has_run(people: People) -> None:
    appeal = people.assigned()
    with pytest.raises(IllegalStepError, match="办理“视为签收”，该诉求现为“办理中”"):
        people.take(appeal, "bounce", "handler", at(11, 20), note="不属本局")
    appeal.refresh_from_db()
    assert appeal.status == Status.HANDLING
    assert rungs(appeal) == [("unsigned", 1)]


def test_a_bounce_just_before_twice_the_sign_limit_is_in_time(people: People) -> None:
    appeal = people.assigned()
    people.take(appeal, "bounce", "handler", at(11, 20) - SECOND, note="不属本局")
    assert appeal.status == Status.PENDING


def test_a_step_records_first_what_the_ladder_had_due(people: People) -> None:
    """However late the sweep is, an answer after the deadline leaves the red light in the history."""
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "reply", "handler", at(12, 2, 19))
    assert rungs(appeal) == [("yellow", 0), ("overdue", 1)]
    assert appeal.level == 1
    escalation.apply_ladder(at(12, 2, 19))
    assert rungs(appeal) == [("yellow", 0), ("overdue", 1)]


def test_an_edited_ladder_reaches_appeals_that_wait(people: People) -> None:
    appeal = people.at(Status.CLOSING)
    escalation.apply_ladder(at(11, 20))
    Rung.objects.create(trigger=Trigger.CLOSING, level=3, amount=4, audience=["leader"])
    escalation.apply_ladder(at(11, 24))
    assert rungs(appeal) == [("closing", 2), ("closing", 3)]


@pytest.mark.parametrize("year", [2027, 2035, 2098])
def test_a_year_without_announced_holidays_does_not_stop_anything(people: People, year: int) -> None:
    now = datetime(year, 12, 28, 10, tzinfo=BEIJING)
    appeal = people.assigned(now)
    assert appeal.due_at is not None
    assert appeal.due_at > now
    escalation.apply_ladder(now + timedelta(days=40))
    assert ("overdue_long", 4) in rungs(appeal) or ("overdue", 3) in rungs(appeal)


def test_outlooks_tell_the_last_rung_and_the_next(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(at(12, 2))
    appeal.refresh_from_db()
    outlook = escalation.outlooks([appeal], at(12, 3))[appeal.pk]
    assert outlook.last is not None
    assert (outlook.last.trigger, outlook.last.level) == ("overdue", 1)
    assert outlook.coming == "12-04 18:00 二级 · 督查 · 督办单（黄）"


def test_outlooks_take_three_queries_for_any_number_of_appeals(people: People, django_assert_num_queries) -> None:
    few, many = [people.at(Status.HANDLING)], [people.at(Status.HANDLING) for _ in range(6)]
    escalation.apply_ladder(at(12, 2))
    for appeals in (few, many):
        load_calendar()  # which is read again after a minute
        with django_assert_num_queries(3):
            escalation.outlooks(appeals, at(12, 3))


def test_the_database_refuses_the_same_rung_twice(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    escalation.apply_ladder(at(12, 2))
    again = Escalation.objects.get(appeal=appeal, trigger="overdue")
    again.pk = None
    with pytest.raises(IntegrityError, match="escalation_exactly_once"), transaction.atomic():
        again.save(force_insert=True)
