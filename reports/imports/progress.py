"""How far a running import is. Kept in the cache: the job's own row is locked while it is worked on."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final, NamedTuple

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(hours=1)


class Progress(NamedTuple):
    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def note(job: int, done: int, total: int) -> None:
    """Losing a note costs nothing but a number on the page."""
    try:
        cache.set(_key(job), [done, total], KEPT.total_seconds())
    except RedisError as error:
        logger.warning("The cache is down; nobody sees how far import %s is (%s)", job, error)


def of(job: int) -> Progress | None:
    try:
        found = cache.get(_key(job))
    except RedisError:
        return None
    return Progress(*found) if found else None


def forget(job: int) -> None:
    try:
        cache.delete(_key(job))
    except RedisError as error:
        logger.warning("The cache is down; import %s still looks as if it ran (%s)", job, error)


def _key(job: int) -> str:
    return f"import:{job}"
