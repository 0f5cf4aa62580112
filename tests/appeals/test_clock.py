"""When the handling clock runs, stands still and goes on, in working and in clock time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from appeals.models import Appeal, Limit
from appeals.workflow import Status
from tests import factories
from tests.appeals.people import NOW, People
from workflow.worktime import BEIJING


def at(month: int, day: int, hour: int = 18, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


def returned(people: People, appeal: Appeal, confirmed: datetime, back: datetime) -> None:
    people.take(appeal, "confirm", "specialist", confirmed)
    people.take(appeal, "return", "office", back, note="凭证不全")


@pytest.mark.parametrize(
    ("urgency", "triage", "sign", "settle"),
    [
        ("critical", "single", at(11, 18, 10, 30), at(11, 18, 14)),
        ("urgent", "single", at(11, 18, 16), at(11, 23)),
        ("pressing", "single", at(11, 19), at(11, 25)),
        ("ordinary", "common", at(11, 19), at(12, 2)),
        ("ordinary", "complex", at(11, 19), at(12, 16)),
        ("critical", "complex", at(11, 18, 10, 30), at(12, 16)),
    ],
)
def test_limits_follow_urgency_and_triage(
    people: People, urgency: str, triage: str, sign: datetime, settle: datetime
) -> None:
    appeal = people.assigned(urgency=urgency, triage=triage)
    assert (appeal.sign_due_at, appeal.due_at) == (sign, settle)


def test_a_district_may_have_shorter_limits(people: People) -> None:
    own = Limit.objects.get(urgency="ordinary", region=None)
    own.pk, own.region, own.settle_amount = None, people.enterprise.region, 7
    own.save()
    assert people.assigned().due_at == at(11, 27)
    other = factories.EnterpriseFactory.create(region=factories.district(9))
    there = factories.appeal(other, now=NOW)
    people.take(there, "assign", "office")
    assert there.due_at == at(12, 2)


def test_the_deadline_moves_by_the_working_time_that_the_clock_stood_still(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    returned(people, appeal, at(11, 19, 10), at(11, 19, 11))
    assert appeal.due_at == at(12, 4, 10)  # a day and an hour of work later
    assert appeal.original_due_at == at(12, 2)


def test_a_night_without_work_moves_nothing(people: People) -> None:
    appeal = people.at(Status.REVIEWING, at(11, 18, 17))
    people.take(appeal, "approve", "head", at(11, 18, 19))
    returned(people, appeal, at(11, 18, 20), at(11, 18, 21))
    assert appeal.due_at == appeal.original_due_at == at(12, 2)


def test_a_critical_round_counts_clock_time_and_the_next_one_working_time(people: People) -> None:
    appeal = people.at(Status.CONFIRMING, urgency="critical")
    returned(people, appeal, NOW + timedelta(hours=20), NOW + timedelta(hours=20))
    assert appeal.due_at == NOW + timedelta(hours=24)
    people.take(appeal, "reply", "handler", at(11, 19, 10))
    people.take(appeal, "approve", "head", at(11, 19, 10))
    people.take(appeal, "dispute", "specialist", at(11, 19, 10), note="没有解决")
    assert appeal.due_at == at(11, 20)
    assert appeal.yellow_at == at(11, 20, 14, 45)  # a quarter of thirteen working hours
    people.take(appeal, "reply", "handler", at(11, 19, 11))
    people.take(appeal, "approve", "head", at(11, 19, 11))
    returned(people, appeal, at(11, 19, 12), at(11, 19, 12))
    assert appeal.due_at == at(11, 23, 10)
    assert appeal.yellow_at is not None
    assert appeal.yellow_at > at(11, 20, 14, 45)


@pytest.mark.parametrize(
    ("urgency", "due"),
    [("urgent", at(11, 20, 14, 30)), ("pressing", at(11, 23, 14, 30)), ("ordinary", at(11, 25))],
)
def test_half_the_limit_of_an_odd_number_of_days_has_half_a_day(people: People, urgency: str, due: datetime) -> None:
    appeal = people.at(Status.CONFIRMING, urgency=urgency)
    people.take(appeal, "dispute", "specialist", note="没有解决")
    assert appeal.due_at == due


def test_the_first_contact_is_due_once(people: People) -> None:
    appeal = people.assigned()
    assert appeal.contact_due_at == at(11, 20)
    people.take(appeal, "bounce", "handler", at(11, 19, 10), note="不属本局")
    people.take(appeal, "assign", "office", at(11, 19, 11))
    assert appeal.contact_due_at == at(11, 20)
    people.take(appeal, "sign", "handler", at(11, 19, 14))
    people.take(appeal, "progress", "handler", at(11, 19, 15), note="已电话联系", contacted=True)
    assert appeal.contacted_at == at(11, 19, 15)


def test_the_light_of_a_row_is_the_light_of_the_list(people: People) -> None:
    appeals = [people.at(status) for status in (Status.PENDING, Status.HANDLING, Status.CONFIRMING, Status.CLOSED)]
    for moment in (NOW, at(12, 2, 9), at(12, 2, 18), at(12, 2, 18, 1)):
        for appeal in appeals:
            listed = Appeal.objects.with_light(moment).get(pk=appeal.pk)
            assert appeal.light_at(moment) == listed.light
            for light in ("red", "yellow", "green"):
                found = Appeal.objects.of_light(light, moment).filter(pk=appeal.pk).exists()
                assert found == (appeal.light_at(moment) == light), (moment, light, appeal.status)
