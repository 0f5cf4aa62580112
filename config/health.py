"""`/healthz` says that the process is up, `/readyz` that database, broker and last beat are well."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from redis.exceptions import RedisError

logger = logging.getLogger("zhuqitong.health")

BEAT: Final = "last-beat"
# A worker busy with two long files still comes to the heartbeat within this time.
SILENCE: Final = timedelta(minutes=3)


@login_not_required  # asked by load balancers, which do not sign in
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@login_not_required  # asked by load balancers, which do not sign in
def readyz(request: HttpRequest) -> HttpResponse:
    """Each part is "ok" or "down"; why it is down is in the log alone."""
    now = timezone.now()
    parts = {
        "database": _answers(_ask_database),
        "broker": _answers(_ask_broker),
        "beat": _answers(lambda: _ask_beat(now)),
    }
    ready = all(parts.values())
    body = {"status": "ok" if ready else "down"} | {name: "ok" if well else "down" for name, well in parts.items()}
    return JsonResponse(body, status=200 if ready else 503)


def note_beat(now: datetime) -> None:
    """Called by a task, so that a fresh note proves beat, broker and worker at once."""
    cache.set(BEAT, now.timestamp(), timeout=None)


def _answers(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except (DatabaseError, RedisError) as error:
        logger.warning("Not ready: %s", error)
        return False


def _ask_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        return cursor.fetchone() is not None


def _ask_broker() -> bool:
    cache.get(BEAT)
    return True


def _ask_beat(now: datetime) -> bool:
    last = cache.get(BEAT)
    return last is not None and now.timestamp() - last < SILENCE.total_seconds()
