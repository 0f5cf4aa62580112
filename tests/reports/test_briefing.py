"""The bulletin: what it says, that it is made once, and that nothing changes it once it is signed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, connections, transaction
from django.utils import timezone

from cadres.models import Cadre, Outbox, Region
from cadres.roles import Role
from config.local.home import ROOT
from reports import briefing, tasks
from reports.briefing import SigningError
from reports.models import BaseList, Briefing
from reports.snapshot import Snapshot
from tests import broker, factories
from tests.reports import karamay
from tests.reports.bulletins import SET_TIME, SIGNED_AT, of, sign
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, TIANSHAN, WUERHE, at
from tests.reports.test_indicators import case, days_ago

# The rows of a bulletin are read in a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def office(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.OFFICE, region=tree[CITY], name="钱志远")


def make(region: Region, day: date = DAY, now: datetime = SET_TIME) -> Briefing:
    return briefing.freeze(region, day, now=now)


# --- when it is made -------------------------------------------------------------------------------------------


def test_it_is_made_at_the_set_time_and_not_before(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    assert briefing.make_due(at(16, 59)) == 0
    assert briefing.make_due(at(17)) == 1
    assert briefing.make_due(at(17, 5)) == 0
    assert Briefing.objects.get().day == DAY


def test_districts_that_have_an_office_get_their_own(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    factories.cadre(Role.OFFICE, region=tree[DUSHANZI])
    factories.cadre(Role.SUPERVISOR, region=tree[WUERHE])
    factories.cadre(Role.OFFICE, region=tree[BAIJIANTAN], is_active=False)
    briefing.make_due(SET_TIME)
    assert [str(issue) for issue in Briefing.objects.order_by("region__path")] == [
        "克拉玛依市每日复工通报 第1期",
        "独山子区每日复工通报 第1期",
    ]


def test_missed_days_are_made_up_in_order_and_numbered(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    karamay.freeze(tree[CITY], one)
    factories.status(one, days_ago(2), "full")
    make(tree[CITY], days_ago(4), now=at(17, day=days_ago(4)))
    assert briefing.make_due(at(9)) == 3
    made = Briefing.objects.order_by("number")
    assert [(issue.number, issue.day) for issue in made] == [(n, days_ago(5 - n)) for n in (1, 2, 3, 4)]
    assert [of(issue).total.resumed for issue in made] == [0, 0, 1, 1]
    assert [issue.cut_off_at for issue in made] == [at(15, day=issue.day) for issue in made]


def test_no_more_than_a_month_is_made_up(tree: dict[str, Region]) -> None:
    make(tree[CITY], days_ago(60), now=at(17, day=days_ago(60)))
    due = briefing.days_due(tree[CITY], at(9))
    assert (len(due), due[0], due[-1]) == (31, days_ago(31), days_ago(1))


def test_in_an_empty_database_nothing_is_made() -> None:
    assert briefing.make_due(SET_TIME) == 0


def test_the_office_is_told_of_the_draft_and_once_if_it_stays_unsigned(tree: dict[str, Region], office: Cadre) -> None:
    for now in (at(17), at(17, 5), at(17, 29), at(17, 30), at(17, 35), at(23)):
        briefing.make_due(now)
    issue = Briefing.objects.get()
    told = list(Outbox.objects.order_by("pk").values_list("subject", "url", "created_at"))
    assert told == [
        (f"{issue} 已生成，请核对签发", issue.get_absolute_url(), at(17)),
        (f"{issue} 尚未签发，请尽快核对签发", issue.get_absolute_url(), at(17, 30)),
    ]
    assert Outbox.objects.latest("pk").audience == [{"role": "office", "region": tree[CITY].pk}]


def test_a_signed_bulletin_alerts_nobody_and_is_told_to_nobody_before_it_is_issued(
    tree: dict[str, Region], office: Cadre
) -> None:
    briefing.make_due(at(17))
    sign(Briefing.objects.get(), office)
    briefing.make_due(at(18))
    assert Outbox.objects.count() == 1


def test_two_workers_at_once_make_one_bulletin_and_one_notice(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def work() -> None:
        try:
            start.wait()
            briefing.make_due(SET_TIME)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert Briefing.objects.count() == 1
    assert Outbox.objects.count() == 1
    assert BaseList.objects.count() == 1


def test_everything_is_read_as_it_was_at_one_moment(tree: dict[str, Region]) -> None:
    """While the enterprises are being counted, somebody else commits an appeal and a status."""
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    karamay.freeze(tree[CITY], one)
    meanwhile: list[str] = []

    def commit() -> None:
        with transaction.atomic():
            case(one, (at(9), at(18), None), submitted_at=at(9))
        karamay.report(one, "full", at(9))
        connections.close_all()

    def interfere(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not meanwhile and 'FROM "reports_baseentry"' in sql and "standing" in sql:
            meanwhile.append(sql)
            other = threading.Thread(target=commit)
            other.start()
            other.join()
        return result

    with connection.execute_wrapper(interfere):
        shown = Snapshot.from_json(briefing.read(tree[CITY], DAY, now=SET_TIME).columns["figures"])
    assert meanwhile
    assert (shown.cases.new, shown.total.resumed) == (0, 0)
    later = Snapshot.from_json(briefing.read(tree[CITY], DAY, now=SET_TIME).columns["figures"])
    assert (later.cases.new, later.total.resumed) == (1, 1)


# --- a worker that is killed -----------------------------------------------------------------------------------


@pytest.fixture
def start_worker(tmp_path: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Real Celery workers on the test's database and broker."""
    broker.clear()
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    url = f"{server}/{connection.settings_dict['NAME']}"
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "worker", "--pool", "solo"]
    workers: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(workers)}.log").open("wb") as log:
            environment = {**os.environ, "DATABASE_URL": url, "BRIEFING_TIME": "00:00"}
            worker = subprocess.Popen(
                [*command, "--queues", "heavy", "--without-gossip", "--without-mingle"],
                cwd=ROOT, stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.kill()
        worker.wait(20)
    broker.clear()


def wait_until(holds: Callable[[], bool], within: float = 40) -> None:
    give_up_at = time.monotonic() + within
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_makes_it_once(
    tree: dict[str, Region], start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    today = timezone.localdate()
    some = karamay.enterprises(tree[TIANSHAN], "full", "none", day=today)
    karamay.freeze(tree[CITY], *some, first=today.replace(day=1), last=today.replace(day=28))
    holder = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    # Reading is done, the base list is there: the worker waits where it is about to write.
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE reports_briefing IN SHARE ROW EXCLUSIVE MODE")
    victim = start_worker()
    tasks.make_briefings.delay()
    wait_until(waits_for_a_lock)
    victim.send_signal(signal.SIGKILL)
    victim.wait(20)
    holder.rollback()
    holder.close()
    assert not Briefing.objects.exists()
    assert not Outbox.objects.exists()

    start_worker()
    tasks.make_briefings.delay()
    tasks.make_briefings.delay()
    wait_until(Briefing.objects.exists)
    wait_until(lambda: broker.waiting("heavy") == [])
    assert Briefing.objects.count() == 1
    assert Outbox.objects.count() == 1


# --- signing ---------------------------------------------------------------------------------------------------


def test_a_draft_is_fetched_again_with_what_came_in_since(tree: dict[str, Region], office: Cadre) -> None:
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    issue = make(tree[CITY], now=at(10))
    karamay.report(one, "full", at(11))
    again = briefing.refetch(issue, now=at(12), by=office)
    assert (again.pk, again.number, again.made_by) == (issue.pk, issue.number, office)
    assert of(again).total.resumed == 1
    assert Briefing.objects.count() == 1


def test_signed_nothing_changes_it(tree: dict[str, Region], office: Cadre) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = sign(make(tree[CITY]), office)
    assert (issue.signed_by, issue.signed_at) == (office, SIGNED_AT)
    for change in ({"text": "改"}, {"figures": {}}, {"signed_at": None, "signed_by": None, "workbook": None}):
        with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
            Briefing.objects.filter(pk=issue.pk).update(**change)
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        Briefing.objects.filter(pk=issue.pk).delete()
    with pytest.raises(SigningError, match="钱志远已于 11-18 17:20 签发"):
        briefing.refetch(issue, now=at(18), by=office)


def test_the_second_signer_is_told_who_was_first(tree: dict[str, Region], office: Cadre) -> None:
    issue = make(tree[CITY])
    stale = Briefing.objects.get(pk=issue.pk)
    sign(issue, office)
    with pytest.raises(SigningError, match="钱志远已于 11-18 17:20 签发"):
        sign(stale, factories.cadre(Role.OFFICE, region=tree[CITY]), at(17, 21))
    issue.refresh_from_db()
    assert issue.signed_by == office


def test_a_draft_that_was_fetched_again_is_not_signed_unseen(tree: dict[str, Region], office: Cadre) -> None:
    issue = make(tree[CITY])
    seen_at = issue.made_at
    briefing.refetch(issue, now=at(17, 10), by=office)
    fresh = Briefing.objects.get(pk=issue.pk)
    with pytest.raises(SigningError, match="11-18 17:10 已重新取数"):
        briefing.sign(fresh, seen_at=seen_at, now=at(17, 20), by=office)
    assert Briefing.objects.get().signed_at is None


def test_a_status_that_arrives_during_the_signing_changes_nothing(tree: dict[str, Region], office: Cadre) -> None:
    one = karamay.enterprises(tree[TIANSHAN], "none")[0]
    issue = make(tree[CITY])
    before = bytes(issue.evidence)
    karamay.report(one, "full", at(14))  # dated back to before the cut-off
    signed = sign(issue, office)
    signed.refresh_from_db()
    assert of(signed).total.resumed == 0
    assert bytes(signed.evidence) == before


# --- the command -----------------------------------------------------------------------------------------------


def test_the_command_makes_it_once_and_writes_the_same_file_again(
    tree: dict[str, Region], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    arguments = ("make_briefing", "--date", "2026-11-18", "--region", CITY, "--out")
    call_command(*arguments, str(tmp_path / "first"))
    call_command(*arguments, str(tmp_path / "second"))
    said = capsys.readouterr().out
    assert "克拉玛依市每日复工通报 第1期（2026-11-18）：新生成，草稿" in said
    assert "新增 1，已有 0" in said
    assert said.endswith("新增 0，已有 1\n")
    files = [next((tmp_path / name).glob("*.xlsx")) for name in ("first", "second")]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--date", "18.11.2026"), "日期“18.11.2026”不对"),
        (("--date", "2999-01-01"), "还没有到"),
        (("--region", "999999999999"), "没有代码为 999999999999 的区域"),
        (("--region", TIANSHAN), "只有市和区县发通报"),
        (("--out", "/proc/nowhere"), "不能写入 /proc/nowhere"),
    ],
)
def test_the_command_says_what_is_wrong(tree: dict[str, Region], arguments: tuple[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("make_briefing", *arguments)
    assert not Briefing.objects.exists()
