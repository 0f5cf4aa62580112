"""What every connection to the database says first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def ask_alone(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Say that no query is shared out among processes of the server: for the web, where many pages are asked for.

    A page reads little. Starting helpers for it takes longer than they save, from the cores that other pages want.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('max_parallel_workers_per_gather', '0', false)")


def ignore_no_trigger(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Say that no trigger is to be ignored.

    Unsaid, each look of a trigger of pgtrigger's raises and catches an error, for which PostgreSQL walks through all
    deferred checks that wait for the commit: what writes a hundred thousand rows in one transaction then takes
    milliseconds for each.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', false)")
