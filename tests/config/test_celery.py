"""The schedule, and beat: any number runs, one leads."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from celery.bin.base import CLIContext
from celery.bin.worker import WorkersPool, worker
from click import Context
from kombu.asynchronous import Hub

from config import trace
from config.celery import app, beat_schedule, broker_url
from config.local.home import ROOT
from config.local.services import Valkey
from config.pool import Pool, TaskPool
from config.tasks import heartbeat
from tests import broker

TAKEOVER_SECONDS = 10
START_SECONDS = 60


class Beat:
    """A `celery beat` of its own."""

    def __init__(self, log: Path) -> None:
        self.log = log
        command = [sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "beat", "--pidfile="]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ)

    def leads(self) -> bool:
        return "This beat leads" in self.log.read_text()

    def sent(self) -> int:
        return self.log.read_text().count("Sending due task")

    def end(self, by: signal.Signals) -> None:
        self.process.send_signal(by)
        self.process.wait(20)


@pytest.fixture
def start_beat(tmp_path) -> Iterator[Callable[[], Beat]]:
    beats: list[Beat] = []

    def start() -> Beat:
        beats.append(Beat(tmp_path / f"beat-{len(beats)}.log"))
        return beats[-1]

    yield start
    for beat in beats:
        if beat.process.poll() is None:
            beat.end(signal.SIGTERM)
    broker.clear()


def wait_until(holds: Callable[[], bool], *, within: float = TAKEOVER_SECONDS) -> None:
    give_up_at = time.monotonic() + within
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_every_task_that_beat_sends_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_what_is_swept_keeps_the_pace_that_the_city_sets():
    every = {name: entry["schedule"] for name, entry in beat_schedule(20).items()}
    assert every.pop("config.tasks.heartbeat") == timedelta(seconds=15)
    assert every.pop("cadres.tasks.forget_sessions") == every.pop("cadres.tasks.keep_audit") == timedelta(hours=1)
    assert every.pop("cadres.tasks.remove_orphan_files") == timedelta(hours=6)
    assert set(every.values()) == {timedelta(seconds=20)}
    every = {name: entry["schedule"].total_seconds() for name, entry in beat_schedule(600).items()}
    assert every["appeals.tasks.escalate_overdue"] == 600
    assert every["cadres.tasks.deliver"] == every["reports.tasks.run_jobs"] == 60
    assert every["reports.tasks.make_briefings"] == 300


def test_a_hint_that_no_worker_took_is_dropped_when_the_next_one_comes():
    for entry in beat_schedule(300).values():
        assert entry["options"]["expires"] == entry["schedule"].total_seconds()


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("appeals.tasks.escalate_overdue", "default"),
        ("config.tasks.heartbeat", "default"),
        ("cadres.tasks.deliver", "notify"),
        ("reports.tasks.make_briefings", "heavy"),
        ("reports.tasks.run_jobs", "heavy"),
    ],
)
def test_long_work_does_not_hold_up_notices(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_messages_are_json_alone():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


@pytest.fixture
def open_folder():
    """Valkey's own user gets through to it, as it does not to pytest's."""
    with tempfile.TemporaryDirectory(prefix="zhuqitong-test-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_a_process_that_dies_while_the_broker_is_away_does_not_end_its_worker() -> None:
    pool, hub = Pool(1, threads=False), Hub()
    try:
        (process,) = pool._pool
        pool._track_child_process(process, hub)
        assert len(hub.readers) == 1
        pool._untrack_child_process(process, hub)  # as it is left when it died
        pool._track_child_process(process, hub)  # the broker is back before another has taken its place
        assert not hub.readers
    finally:
        pool.terminate()
        hub.close()


def test_a_worker_runs_its_tasks_in_this_pool() -> None:
    context = Context(worker, obj=CLIContext(app, no_color=True, workdir=None))
    assert WorkersPool().convert("prefork", None, context) is TaskPool


def test_a_task_that_ends_while_the_broker_is_away_does_not_end_its_worker(open_folder, caplog):
    """Its message can't be acknowledged, which is logged; kombu alone raises what no worker survives."""
    (open_folder / "logs").mkdir()
    valkey = Valkey(open_folder, open_folder, durable=False)
    valkey.prepare()
    valkey.start()
    wait_until(valkey.answers)
    connection = app.connection_for_read(broker_url(valkey.url))
    connection.SimpleQueue("default").put({})
    channel = connection.channel()
    message = channel.basic_get("default")
    valkey.stop()
    connection.collect()
    channel._disconnect_pools()  # as a channel is left that was half closed when the broker went
    message.ack_log_error(logging.getLogger(), connection.connection_errors)
    assert "the connection to the broker is closed" in caplog.text


@pytest.mark.slow
@pytest.mark.xdist_group("beat")
def test_of_two_beats_one_leads_and_when_it_is_killed_the_other_takes_over(start_beat):
    broker.clear()
    first = start_beat()
    wait_until(first.leads, within=START_SECONDS)
    second = start_beat()
    wait_until(lambda: set(broker.waiting("default")) == of_default_queue())
    time.sleep(3)
    assert second.process.poll() is None
    assert not second.leads()
    assert second.sent() == 0
    assert first.sent() == len(app.conf.beat_schedule)

    first.end(signal.SIGKILL)
    wait_until(second.leads)
    wait_until(lambda: second.sent() == len(app.conf.beat_schedule))


def of_default_queue() -> set[str]:
    """What the schedule sends to no queue of its own."""
    elsewhere = tuple(name.removesuffix("*") for name in app.conf.task_routes)
    return {entry["task"] for entry in app.conf.beat_schedule.values() if not entry["task"].startswith(elsewhere)}


@pytest.mark.slow
@pytest.mark.xdist_group("beat")
def test_a_leader_that_loses_its_connection_stands_again_and_sends_on(start_beat):
    beat = start_beat()
    wait_until(beat.leads, within=START_SECONDS)
    wait_until(lambda: beat.sent() == len(app.conf.beat_schedule))
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 727001 and granted"
        )
        assert cursor.rowcount == 1
    connection.close()
    wait_until(lambda: beat.log.read_text().count("This beat leads") == 2)
    wait_until(lambda: beat.sent() == 2 * len(app.conf.beat_schedule))


@pytest.mark.slow
@pytest.mark.xdist_group("beat")
def test_a_task_logs_under_the_number_of_the_request_that_caused_it(tmp_path):
    """A real worker takes the message; its log is read."""
    broker.clear()
    token = trace.current.set("nginx-4711-0815")
    heartbeat.delay()
    trace.current.reset(token)
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "worker", "--pool=solo"]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle"], cwd=ROOT, stdout=output, stderr=output, env=os.environ
        )
    try:
        wait_until(lambda: "succeeded" in log.read_text(), within=30)
    finally:
        worker.terminate()
        worker.wait(20)
    [line] = [line for line in log.read_text().splitlines() if "succeeded" in line]
    assert '"trace": "nginx-4711-0815"' in line
