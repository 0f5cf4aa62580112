"""Hints: messages that wake a worker early. Losing one costs time, never work, for a sweep finds the row."""

import logging
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def hint(task: "Task[..., None]", *args: str | int) -> None:
    """After commit, tell a worker to look. With the broker down the caller goes on, within about a second."""
    transaction.on_commit(partial(_publish, task, args))


def _publish(task: "Task[..., None]", args: tuple[Any, ...]) -> None:
    try:
        task.delay(*args)
    except OperationalError as error:
        logger.warning("The broker is down; the next sweep does %s (%s)", task.name, error)
