"""Somebody changes a row while another waits for it: two connections, and what the second made of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, transaction

R = TypeVar("R")


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    give_up_at = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.02)


def somebody_waits_for_us() -> bool:
    """Whether another connection waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


def after_waiting(change: Callable[[], object], act: Callable[[], R]) -> R:
    """Make the change, let the act come to wait for it, commit; what the act then answered."""

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change()
            answer = pool.submit(_closing, act)
            wait_for(lambda: somebody_waits_for_us() or answer.done())
            assert not answer.done(), "nobody waited"
        return answer.result(30)


def on_another_connection(act: Callable[[], R]) -> R:
    """What the act answers, which sees nothing of what is not committed here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_closing, act).result(30)


def _closing(act: Callable[[], R]) -> R:
    try:
        return act()
    finally:
        connection.close()
