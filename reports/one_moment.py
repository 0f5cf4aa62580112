"""Reading many rows as they all were at one moment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

# A city's rows are sorted and joined in memory: by default PostgreSQL takes 4 MB for each, and a file beyond. What is
# fetched some at a time is wanted to the end: by default PostgreSQL plans for the first tenth.
SETTINGS: Final = "SET LOCAL work_mem = '64MB'; SET LOCAL cursor_tuple_fraction = 1"


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction whose statements all see the database as it was at the first of them."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {SETTINGS}")
        yield
