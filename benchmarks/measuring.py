"""Times, statements, memory, and the machine that they were measured on."""

from __future__ import annotations

import os
import platform
import re
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final, TypeVar

import django
from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

MEGABYTE: Final = 1 << 20
TABLES: Final = (
    *("enterprises_enterprise", "appeals_appeal", "visits_visit", "policies_fulfilment", "enterprises_operatingstatus"),
)


@dataclass
class Statements:
    """An execute wrapper that counts what is sent to the database and how long it answers.

    Savepoints are not counted: they stand where BEGIN and COMMIT do when nothing is taken back.
    """

    count: int = 0
    seconds: float = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += "SAVEPOINT" not in sql
            self.seconds += time.perf_counter() - begun


@dataclass
class Watch:
    """How long something took, and what of it were statements."""

    seconds: float = 0.0
    statements: Statements = field(default_factory=Statements)


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    with connection.execute_wrapper(watch.statements):
        begun = time.perf_counter()
        yield watch
        watch.seconds = time.perf_counter() - begun


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written meanwhile is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def clear_away() -> None:
    """Clear what was taken back out of the tables, so that what is measured next finds them as the last one did.

    Rows that are taken back keep their places in pages and indexes until then: a row that is changed finds no room
    beside itself, and goes into every index of its table anew.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")


def seconds_of(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def middle(values: list[float]) -> float:
    return median(values)


def slowest_twentieth(values: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def in_a_child(work: Callable[..., T], *arguments: Any) -> tuple[T, float]:
    """What a process of its own found, and the most memory that it had, in MB."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        return pool.submit(_measured, work, *arguments).result()


def _measured(work: Callable[..., T], *arguments: Any) -> tuple[T, float]:
    """The kernel's ru_maxrss would count what the parent had when this process was forked from it."""
    found = work(*arguments)
    most = re.findall(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return found, int(most[0]) * 1024 / MEGABYTE


def circumstances() -> list[str]:
    """Machine, versions, and how much there is."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
        cursor.execute("SHOW shared_buffers")
        buffers = cursor.fetchone()[0]
        cursor.execute("SELECT relname, reltuples::bigint FROM pg_class WHERE relname = ANY(%s)", [list(TABLES)])
        rows = dict(cursor.fetchall())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return [
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f} before",
        f"Python {platform.python_version()}, Django {django.__version__}, PostgreSQL {server}, {buffers} buffers",
        ", ".join(f"{name.partition('_')[2]} {max(rows.get(name, 0), 0):,}" for name in TABLES),
    ]


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
