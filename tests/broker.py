"""The broker as tests see it: what lies in it, and what happens without it."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import redis
from django.conf import settings

from config.celery import app, broker_url


def waiting(queue: str) -> list[str]:
    """The names of the tasks that wait in a queue, the first to be done first."""
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        return [json.loads(message)["headers"]["task"] for message in reversed(connection.lrange(queue, 0, -1))]


def clear() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        connection.flushdb()


@contextlib.contextmanager
def is_down(nowhere: Path) -> Iterator[None]:
    """Let this process send its messages to a socket in that directory, where nobody listens."""
    _send_to(f"unix://{nowhere}/nobody.sock?db=0")
    try:
        yield
    finally:
        _send_to(settings.REDIS_URL)


def _send_to(redis_url: str) -> None:
    """Celery keeps its connections by design, so what it keeps is taken away."""
    app.conf.update(broker_url=broker_url(redis_url), broker_write_url=None, broker_read_url=None)
    vars(app.amqp)["_producer_pool"] = None
    vars(app)["_pool"] = None
