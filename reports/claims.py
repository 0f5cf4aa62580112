"""Rows that are work: one worker at a time, and an end to what fails again and again."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import connection, transaction

from reports.models import ImportJob, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 3

Job = TypeVar("Job", ImportJob, Ledger)


def work_off_one(
    waiting: QuerySet[Job], lock: int, *, work: Callable[[int], None], give_up: Callable[[Job], None]
) -> bool:
    """Take up one waiting row and see it through; False when none waits that nobody else works on.

    A row that was begun `ATTEMPTS` times in vain is given up instead.
    """
    for pk in waiting.values_list("pk", flat=True):
        with claimed(lock, pk) as is_ours:
            if not (is_ours and _begin(waiting, pk, give_up)):
                continue
            try:
                work(pk)
            except Exception:
                logger.exception("%s %s failed", waiting.model.__name__, pk)
            return True
    return False


@contextmanager
def claimed(kind: int, key: int) -> Iterator[bool]:
    """True for one worker at a time, from before its attempt is counted until its work is done; dies with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, key])
        is_ours: bool = cursor.fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, key])


@transaction.atomic
def _begin(waiting: QuerySet[Job], pk: int, give_up: Callable[[Job], None]) -> bool:
    """Count the attempt, in a transaction of its own: the count must outlive a worker that dies."""
    job = waiting.filter(pk=pk).select_for_update(no_key=True).first()
    if job is None:
        return False
    if job.attempts >= ATTEMPTS:
        give_up(job)
        return False
    job.attempts += 1
    job.save(update_fields=["attempts"])
    return True
