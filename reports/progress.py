"""How far a running job is. Kept in the cache: what a job writes is not seen before it ends."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.core.cache import cache
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from django.db.models import Model

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(hours=1)
# Seconds between two looks of a page at a running job.
FIRST_LOOK, LAST_LOOK = 1, 5


class Progress(NamedTuple):
    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def note(job: Model, done: int, total: int) -> None:
    """Losing a note costs nothing but a number on the page."""
    try:
        cache.set(_key(job), [done, total], KEPT.total_seconds())
    except RedisError as error:
        logger.warning("The cache is down; nobody sees how far %s is (%s)", _key(job), error)


def of(job: Model) -> Progress | None:
    try:
        found = cache.get(_key(job))
    except RedisError:
        return None
    return Progress(*found) if found else None


def forget(job: Model) -> None:
    try:
        cache.delete(_key(job))
    except RedisError as error:
        logger.warning("The cache is down; %s still looks as if it ran (%s)", _key(job), error)


def looking_after(text: str) -> int:
    """How many seconds a page says it has waited; anything odd is the longest wait."""
    return min(int(text), LAST_LOOK) if text.isdecimal() and text.isascii() else LAST_LOOK


def shown(job: Model, seconds: int) -> dict[str, Any]:
    """What a page says of a running job: how far it is, and when to look again, a little later each time."""
    return {"progress": of(job), "seconds": seconds, "next_seconds": min(seconds + 1, LAST_LOOK)}


def _key(job: Model) -> str:
    return f"{type(job).__name__}:{job.pk}"
