"""The sweep by several workers at once, killed in the middle, in bounded queries; and its command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from appeals import escalation, tasks
from appeals.instructing.acting import give
from appeals.models import Appeal, Category, Escalation, Event, Order
from appeals.workflow import Status
from cadres.models import Outbox
from config.local.home import ROOT
from tests import factories
from tests.appeals.people import NOW, People
from workflow.models import OrderColour, Trigger
from workflow.worktime import BEIJING, load_calendar

LATE = datetime(2026, 12, 10, 3, 0, tzinfo=BEIJING)  # an appeal of NOW has reached level 3
# When one of NOW gets its orders.
YELLOW, RED = datetime(2026, 12, 4, 18, 0, tzinfo=BEIJING), datetime(2026, 12, 9, 18, 0, tzinfo=BEIJING)
READ_ONCE = 3  # of a sweep: the ladder, the terms of answers, the offices


def drafts(people: People, count: int) -> None:
    """Drafts that lie since NOW: one rung each, three working days later."""
    category = Category.objects.first()
    Appeal.objects.bulk_create(
        Appeal(
            enterprise=people.enterprise,
            region=people.enterprise.region,
            region_path=people.enterprise.region_path,
            category=category,
            title="外地员工无法返岗",
            registered_by=people.specialist,
            created_at=NOW,
            status_since=NOW,
            escalates_at=NOW + timedelta(days=5),
        )
        for _ in range(count)
    )


def sweep_in_three_threads() -> list[escalation.Swept]:
    together = Barrier(3)

    def sweep(_: int) -> escalation.Swept:
        together.wait(10)
        try:
            return escalation.apply_ladder(LATE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as workers:
        return list(workers.map(sweep, range(3)))


@pytest.mark.django_db(transaction=True)
def test_three_workers_at_once_share_the_work_and_never_double_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalation, "BATCH", 7)
    people = People()
    overdue = [people.at(Status.HANDLING) for _ in range(20)]
    drafts(people, 100)
    swept = sweep_in_three_threads() + sweep_in_three_threads()
    assert sum(one.rungs for one in swept) == Escalation.objects.count() == 20 * 4 + 100
    for appeal in overdue:
        recorded = appeal.escalations.order_by("pk")
        assert [rung.level for rung in recorded] == [0, 1, 2, 3]
        assert [rung.notified for rung in recorded] == [False, False, False, True]
    assert Outbox.objects.filter(key__startswith="escalation:").count() == 120
    numbers = Order.objects.order_by("number").values_list("number", flat=True)
    assert [int(number[-4:]) for number in numbers] == [*range(1, 21)]
    assert Outbox.objects.filter(key__startswith="order:").count() == 20


@pytest.mark.django_db(transaction=True)
def test_workers_skip_an_appeal_that_somebody_is_handling_and_find_it_later() -> None:
    people = People()
    held, free = people.at(Status.HANDLING), people.at(Status.HANDLING)
    with another_connection() as other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM appeals_appeal WHERE id = %s FOR NO KEY UPDATE", [held.pk])
        assert escalation.apply_ladder(LATE).appeals == 1
    assert {rung.appeal_id for rung in Escalation.objects.all()} == {free.pk}
    assert escalation.apply_ladder(LATE).appeals == 1
    assert held.escalations.count() == 4


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_does_it_once() -> None:
    people = People()
    appeals = [people.at(Status.HANDLING) for _ in range(3)]
    last = appeals[-1]
    key = f"escalation:{last.pk}:overdue:1:3:0"
    with another_connection() as other, other.cursor() as cursor:
        # The same notice, not yet committed: the worker has written its rungs and waits for us with the notices.
        cursor.execute(
            "INSERT INTO cadres_outbox (key, subject, body, url, level, audience, created_at, attempts, failure)"
            " VALUES (%s, '', '', '', 0, '[]', now(), 0, '')",
            [key],
        )
        victim = start_sweep()
        try:
            wait_until_somebody_waits_for_a_lock()
        finally:
            victim.send_signal(signal.SIGKILL)
        assert victim.wait(20) == -signal.SIGKILL
        other.rollback()
    assert not Escalation.objects.exists()
    assert start_sweep().wait(60) == 0
    for appeal in appeals:
        assert [rung.level for rung in appeal.escalations.order_by("pk")] == [0, 1, 2, 3]
    assert Outbox.objects.filter(key__startswith="escalation:").count() == 3


def another_connection() -> Any:
    return psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})


def start_sweep() -> subprocess.Popen[bytes]:
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    command = [sys.executable, "manage.py", "escalate_overdue", "--at", LATE.isoformat()]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": address}, stdout=subprocess.DEVNULL)


def wait_until_somebody_waits_for_a_lock() -> None:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    raise AssertionError("the worker never came to the lock")


@pytest.mark.parametrize("many", [20, 400])
def test_a_batch_takes_the_same_number_of_queries_however_full_it_is(people: People, many: int) -> None:
    drafts(people, many)
    assert queries_of_a_sweep() == 7  # the ladder, a batch of five, and the one that finds nothing more
    assert Escalation.objects.count() == many


def test_signing_for_the_silent_takes_the_same_number_of_queries_however_many_there_are(people: People) -> None:
    people.assigned()
    few = queries_of_a_sweep()
    for _ in range(8):
        people.assigned()
    assert queries_of_a_sweep() == few
    assert Appeal.objects.filter(status=Status.HANDLING).count() == 9


@pytest.mark.parametrize("many", [1, 10])
def test_a_batch_with_everything_to_do_takes_at_most_eight_statements(people: People, many: int) -> None:
    """It raises the orders in force, for led cases and others, signs for the silent, and looks at what is awaited."""
    helper = factories.DepartmentFactory.create(name="市供电公司")
    for _ in range(many):
        people.at(Status.HANDLING), people.take(people.assigned(), "bounce", "handler", note="不属本单位")
    escalation.apply_ladder(YELLOW)
    for _ in range(many):
        asked, _ = people.at(Status.HANDLING, YELLOW, co_departments=[helper]), people.assigned(YELLOW)
        give(asked, "请抓紧", by=people.leader, now=YELLOW)
    assert queries_of_a_sweep(RED) <= READ_ONCE + 8 + 1  # and the batch that finds nothing more
    assert Order.objects.filter(colour=OrderColour.RED, follows__isnull=False).count() == 2 * many
    assert Event.objects.filter(step="sign", cadre=None).count() == many
    triggers = set(Escalation.objects.filter(at=RED).values_list("trigger", flat=True))
    assert triggers >= {Trigger.OVERDUE, Trigger.OPINION, Trigger.INSTRUCTION, Trigger.UNSIGNED}


def queries_of_a_sweep(now: datetime = LATE) -> int:
    load_calendar()
    with CaptureQueriesContext(connection) as captured:
        escalation.apply_ladder(now)
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def test_more_than_a_batch_is_swept_batch_by_batch(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalation, "BATCH", 10)
    drafts(people, 35)
    assert escalation.apply_ladder(LATE) == (35, 35, 0, 0)


def test_the_task_applies_the_ladder_as_of_now(people: People) -> None:
    appeal = people.at(Status.HANDLING, NOW - timedelta(days=400))
    tasks.escalate_overdue()
    assert appeal.escalations.filter(level=4).exists()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("escalate_overdue", *arguments)
    return capsys.readouterr().out


def test_the_command_says_what_it_did_and_repeats_safely(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    people.at(Status.HANDLING), people.assigned()
    said = run(capsys, "--at", "2026-11-20T18:00")
    assert said == "截至 2026-11-20 18:00：检查诉求 1 件，升级 1 次，视为签收 1 件，下达督办单 0 件，逾期未反馈 0 件\n"
    assert "检查诉求 0 件，升级 0 次，视为签收 0 件" in run(capsys, "--at", "2026-11-20T18:00")


def test_the_command_takes_an_instant_of_any_zone(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    assert "截至 2026-11-20 18:00" in run(capsys, "--at", "2026-11-20T10:00:00Z")


@pytest.mark.parametrize(
    "wrong", ["gestern", "2026-13-40", "2026-11-31T10:00", "20:00", "9999-12-31T23:59Z", "1066-10-14"]
)
def test_the_command_refuses_what_is_no_instant(db: None, wrong: str) -> None:
    with pytest.raises(CommandError, match=f"时刻“{wrong}”"):
        call_command("escalate_overdue", "--at", wrong)
