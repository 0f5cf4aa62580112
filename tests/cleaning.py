"""Taking back what a test has committed, at the price of what it wrote and not of all the tables that there are."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from workflow import worktime

SEEDED: Final = "as_seeded"


def remember_seeds() -> None:
    """Keep the rows that migrating left, each table of them beside its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SEEDED} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SEEDED}")
        for table in _tables():
            cursor.execute(f'SELECT EXISTS (TABLE "{table}")')
            if cursor.fetchone()[0]:
                cursor.execute(f'CREATE TABLE {SEEDED}."{table}" AS TABLE "{table}"')


def take_back() -> None:
    """Leave every table as migrating left it, after whoever still writes has finished.

    No trigger is asked: neither those that keep foreign keys nor those that keep what may never be deleted.
    """
    tables = _tables()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SEEDED])
        seeded = {name for (name,) in cursor.fetchall()}
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("LOCK TABLE {} IN EXCLUSIVE MODE".format(", ".join(f'"{table}"' for table in tables)))
        cursor.execute(";".join(_restored(table) if table in seeded else f'DELETE FROM "{table}"' for table in tables))
    worktime.forget()


def _restored(table: str) -> str:
    """Rows are compared as wholes, in which NULL equals NULL."""
    return (
        f'DELETE FROM "{table}" r WHERE NOT EXISTS (SELECT FROM {SEEDED}."{table}" s WHERE s = r);'
        f'INSERT INTO "{table}" TABLE {SEEDED}."{table}" EXCEPT TABLE "{table}"'
    )


def _tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))
