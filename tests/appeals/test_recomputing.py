"""Open cases follow an edit of the calendar or the ladder once, also where two workers set about it at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from appeals import recomputing
from appeals.models import Appeal, Event
from appeals.workflow import Status
from tests.appeals.people import NOW, People
from tests.meanwhile import after_waiting
from workflow import following
from workflow.models import Holiday, RuleChange, Rung, Trigger
from workflow.worktime import BEIJING, forget

pytestmark = pytest.mark.django_db(transaction=True)

DUE = datetime(2026, 12, 2, 18, 0, tzinfo=BEIJING)
A_DAY_LATER = datetime(2026, 12, 3, 18, 0, tzinfo=BEIJING)
SOON = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def fresh_calendar() -> Any:
    forget()
    yield
    forget()


@pytest.fixture
def people() -> People:
    return People()


def looks() -> set[datetime]:
    """When the ladder next looks at the cases."""
    found = Appeal.objects.values_list("escalates_at", flat=True)
    return {moment for moment in found if moment is not None}


def day_off(people: People) -> RuleChange:
    Holiday.objects.create(day="2026-11-25", kind="rest", name="临时放假")
    return following.announce(RuleChange.Kind.CALENDAR, by=people.office, words="新增一天", now=NOW)


def at_once(act: Callable[[], None], times: int) -> None:
    together = Barrier(times)

    def on_its_own_connection(_: int) -> None:
        together.wait(10)
        try:
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as workers:
        list(workers.map(on_its_own_connection, range(times)))


def test_a_day_off_moves_each_deadline_once_though_three_follow_it_at_once(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "BATCH", 3)
    appeals = [people.at(Status.HANDLING) for _ in range(8)]
    change = day_off(people)
    at_once(lambda: recomputing.follow(SOON), 3)
    assert set(Appeal.objects.values_list("due_at", flat=True)) == {A_DAY_LATER}
    events = Event.objects.filter(step="recompute")
    assert sorted(events.values_list("appeal", flat=True)) == [appeal.pk for appeal in appeals]
    change.refresh_from_db()
    assert (change.moved, change.done_at) == (8, SOON)


def test_a_sooner_rung_counts_each_case_once_though_three_follow_it_at_once(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "BATCH", 3)
    for _ in range(8):
        people.at(Status.CONFIRMING)
    before = looks()
    Rung.objects.filter(trigger=Trigger.CONFIRMING).update(amount=3)
    change = following.announce(RuleChange.Kind.LADDER, by=people.office, words="提前", now=NOW)
    at_once(lambda: recomputing.follow(SOON), 3)
    after = looks()
    assert (len(before), len(after), max(after) < min(before)) == (1, 1, True)
    change.refresh_from_db()
    assert change.moved == 8


def test_a_case_that_is_replied_to_meanwhile_is_waited_for_and_moves_as_it_then_stands(people: People) -> None:
    """Its department changes too while the recomputing waits: the row is not lost."""
    appeal, other = people.at(Status.HANDLING), people.at(Status.HANDLING)
    day_off(people)
    after_waiting(lambda: people.take(appeal, "reply", "handler", SOON), lambda: recomputing.follow(SOON))
    appeal.refresh_from_db()
    other.refresh_from_db()
    assert (appeal.status, appeal.due_at, other.due_at) == (Status.REVIEWING, A_DAY_LATER, A_DAY_LATER)
    assert appeal.events.filter(step="recompute").count() == 1


def test_a_case_that_is_settled_meanwhile_keeps_its_deadline(people: People) -> None:
    appeal = people.at(Status.REVIEWING)
    day_off(people)
    after_waiting(lambda: people.take(appeal, "approve", "head", SOON), lambda: recomputing.follow(SOON))
    appeal.refresh_from_db()
    assert (appeal.status, appeal.due_at) == (Status.CONFIRMING, DUE)
    assert not appeal.events.filter(step="recompute").exists()
