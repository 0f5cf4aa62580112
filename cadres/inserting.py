"""Inserting thousands of rows at once, where Django's own preparing of each value costs more than writing it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    from collections.abc import Sequence


def insert_many(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert these rows of one model with one statement, in their order, and give them their keys.

    Values are taken as they are: nothing is cleaned, no signal is sent. Rows that are left out because they are there
    already get no key. A column that the database fills is filled for all rows or for none.
    """
    if not rows:
        return
    columns = {field: _values(field, rows) for field in _fields(type(rows[0]))}
    given = {field: values for field, values in columns.items() if not isinstance(values[0], DatabaseDefault)}
    names = ", ".join(f'"{field.column}"' for field in given)
    arrays = ", ".join(f"%s::{_type(field)}[]" for field in given)
    ending = "ON CONFLICT DO NOTHING" if ignore_conflicts else "RETURNING id"
    statement = (
        f'INSERT INTO "{rows[0]._meta.db_table}" ({names}) SELECT {names}'  # noqa: S608 - the names are the model's own
        f" FROM unnest({arrays}) WITH ORDINALITY AS n ({names}, place) ORDER BY place {ending}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, list(given.values()))
        keys = [] if ignore_conflicts else [key for (key,) in cursor.fetchall()]
    for row, key in zip(rows, keys, strict=not ignore_conflicts):
        row.pk = key


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _values(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    values = [getattr(row, field.attname) for row in rows]
    return [json.dumps(value) for value in values] if isinstance(field, models.JSONField) else values


def _type(field: models.Field[Any, Any]) -> str:
    """Without a length, so that nothing is cut short."""
    return (field.db_type(connection) or "").partition("(")[0]
