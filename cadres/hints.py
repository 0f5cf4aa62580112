"""Hints: messages that wake a worker early. Losing one costs time, never work, for a sweep finds the row."""

import logging
from dataclasses import dataclass

from celery import Task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def hint(task: "Task[..., None]", *args: str | int) -> None:
    """After commit, tell a worker once to look, however often one transaction asks for it.

    With the broker down the caller goes on, within about a second.
    """
    asked = _Hint(task, args)
    if not any(waiting[1] == asked for waiting in connection.run_on_commit):
        transaction.on_commit(asked)


@dataclass(frozen=True)
class _Hint:
    task: "Task[..., None]"
    args: tuple[str | int, ...]

    def __call__(self) -> None:
        try:
            self.task.delay(*self.args)
        except OperationalError as error:
            logger.warning("The broker is down; the next sweep does %s (%s)", self.task.name, error)
