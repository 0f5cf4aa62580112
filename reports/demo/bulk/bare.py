"""Filling large tables that have neither foreign keys nor plain indexes meanwhile.

One by one, each row would be looked up in every table that it points to, and be put into a dozen trees; at the end
PostgreSQL checks and builds the same by whole tables, in a fifth of the time. Nothing is taken on trust: a key that
leads nowhere ends the load, and what is unique stays so all along.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from reports.demo.bulk import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db import models

FOREIGN_KEYS: Final = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[]) ORDER BY conrelid, conname
"""
INDEXES: Final = """
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index one WHERE indrelid = ANY (%s::regclass[]) AND NOT indisunique
        AND NOT EXISTS (SELECT 1 FROM pg_constraint own WHERE own.conindid = one.indexrelid)
        AND indexrelid <> ALL (%s::regclass[])
    ORDER BY indrelid, indexrelid
"""
# By these, what is checked at the commit finds the event of each change.
READ: Final = ["event_of_appeal", "event_of_fulfilment"]


@contextmanager
def bare(tables: Sequence[type[models.Model]]) -> Iterator[None]:
    """Within, these tables are filled; after it everything is there again and holds. In one transaction."""
    names = [model._meta.db_table for model in tables]
    keys, indexes = sql.rows(FOREIGN_KEYS, names), sql.rows(INDEXES, names, READ)
    _settle()
    for drop, _ in (*keys, *indexes):
        sql.run(drop)
    yield
    _settle()
    for _, create in (*indexes, *keys):
        sql.run(create)


def _settle() -> None:
    """Check what waits for the commit, before the tables are altered; what comes after waits again."""
    sql.run("SET CONSTRAINTS ALL IMMEDIATE")
    sql.run("SET CONSTRAINTS ALL DEFERRED")
