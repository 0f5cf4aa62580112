"""Whether a worker's memory stays flat over many jobs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psutil
from django.conf import settings
from redis import Redis

from benchmarks.measuring import MEGABYTE
from benchmarks.results import Finding
from benchmarks.web import ROOT
from config.celery import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JOBS: Final = 1_000
QUEUE: Final = "benchmark"
WARM_UP: Final = 10  # one in so many jobs
GROWTH: Final = 1.05
TASKS: Final = ("appeals.tasks.escalate_overdue", "cadres.tasks.deliver", "policies.tasks.close_windows")
PATIENCE: Final = 1800


def measure(jobs: int = JOBS) -> list[Finding]:
    """A queue and a worker of its own; the first tenth of the jobs loads what is loaded once."""
    with _worker() as child, Redis.from_url(settings.REDIS_URL) as broker:
        begun = time.perf_counter()
        _work_off(broker, max(jobs // WARM_UP, 1))
        before = child().memory_info().rss / MEGABYTE
        _work_off(broker, jobs - jobs // WARM_UP)
        after, seconds = child().memory_info().rss / MEGABYTE, time.perf_counter() - begun
    return [
        Finding(f"worker after {max(jobs // WARM_UP, 1):,} jobs", megabytes=before),
        Finding(
            f"worker after {jobs:,} jobs",
            seconds / jobs * 1000,
            megabytes=after,
            ratio=after / before,
            reach=f"≤ {GROWTH} × the memory after the first tenth",
            met=after / before <= GROWTH,
        ),
    ]


@contextmanager
def _worker() -> Iterator[Callable[[], psutil.Process]]:
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "worker"]
    options = ["--concurrency", "1", "--queues", QUEUE, "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = subprocess.Popen([*command, *options], cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL)

    def child() -> psutil.Process:
        """The process that works, which the first job starts at the latest."""
        return psutil.Process(worker.pid).children()[0]

    try:
        yield child
    finally:
        worker.terminate()
        worker.wait()


def _work_off(broker: Redis, jobs: int) -> None:
    for number in range(jobs):
        app.send_task(TASKS[number % len(TASKS)], queue=QUEUE)
    give_up_at = time.monotonic() + PATIENCE
    while broker.llen(QUEUE) or broker.hlen("unacked"):
        if time.monotonic() > give_up_at:
            raise RuntimeError("the worker did not work off its queue")
        time.sleep(0.2)
