"""Inserting thousands of rows at once, where Django's own preparing of each value costs more than writing it.

Values are taken as they are: nothing is cleaned, no signal is sent. A column that the database fills is filled for all
rows of a model or for none.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    from collections.abc import Sequence

M = TypeVar("M", bound=models.Model)

UNLESS_THERE: Final = "ON CONFLICT DO NOTHING"


class Mould(Generic[M]):
    """Makes new rows of one model that have some values in common; Model(…) takes ten times as long."""

    def __init__(self, model: type[M], **common: Any) -> None:
        first = model(**common)
        self._model, self._related = model, first._state.fields_cache  # noqa: SLF001 - whose state it is
        self._common = {name: value for name, value in vars(first).items() if name != "_state"}
        self._made = [
            (field.attname, field.default)
            for field in model._meta.concrete_fields
            if field.has_default() and callable(field.default) and field.name not in common
        ]

    def row(self, **values: Any) -> M:
        """With the other values, by the names of their columns (`appeal_id`)."""
        made, state = self._model.__new__(self._model), ModelState()
        state.fields_cache = dict(self._related)
        made.__dict__.update(self._common, _state=state, **values)
        for name, default in self._made:
            if name not in values:
                made.__dict__[name] = default()
        return made


def insert_many(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert these rows of one model with one statement, in their order, and give them their keys.

    Rows that are left out because they are there already get no key.
    """
    if not rows:
        return
    insertion, values = _insertion(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"{insertion} {UNLESS_THERE if ignore_conflicts else 'RETURNING id'}", values)
        keys = [] if ignore_conflicts else [key for (key,) in cursor.fetchall()]
    for row, key in zip(rows, keys, strict=not ignore_conflicts):
        row.pk = key


def give_keys(*groups: Sequence[models.Model]) -> None:
    """Give new rows of several models the keys that they will have, with one statement, so that others can name them.

    The keys of a model are in the order of its rows.
    """
    wanted = [rows for rows in groups if rows]
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(series) FROM (SELECT pg_get_serial_sequence(name, 'id')::regclass AS series, rows, place"
            " FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY AS n (name, rows, place) OFFSET 0) AS n,"
            " generate_series(1, rows) ORDER BY place",
            [[rows[0]._meta.db_table for rows in wanted], [len(rows) for rows in wanted]],
        )
        keys = (key for (key,) in cursor.fetchall())
    for rows in wanted:
        for row, key in zip(rows, sorted(islice(keys, len(rows))), strict=True):
            row.pk = key


def insert_together(*groups: Sequence[models.Model], unless_there: Sequence[models.Model] = ()) -> None:
    """Insert rows of several models with one statement.

    The rows of groups have their keys; those of `unless_there` get none, and are left out where they are there already.
    """
    parts = [_insertion(rows) for rows in groups if rows]
    last, values = _insertion(unless_there) if unless_there else ("", [])
    if not (parts or last):
        return
    named = ", ".join(f"part_{number} AS ({insertion})" for number, (insertion, _) in enumerate(parts))
    statement = f"{last} {UNLESS_THERE}" if last else "SELECT"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {named} {statement}" if named else statement, [*(one for _, some in parts for one in some), *values]
        )


def _insertion(rows: Sequence[models.Model]) -> tuple[str, list[Any]]:
    """The statement that inserts these rows of one model in their order, and its values.

    What all rows have in common is told once, everything else as an array for each column.
    """
    columns = {field: _values(field, rows) for field in _fields(rows[0])}
    given = {field: values for field, values in columns.items() if not isinstance(values[0], DatabaseDefault)}
    arrays = {field: values for field, values in given.items() if values.count(values[0]) < len(rows)}
    common = {field: values[0] for field, values in given.items() if field not in arrays}
    names, selected = (
        ", ".join(f'"{field.column}"' for field in given),
        ", ".join(f"%s::{_type(field)}" if field in common else f'"{field.column}"' for field in given),
    )
    source = ", ".join(f"%s::{_type(field)}[]" for field in arrays)
    named = "".join(f'"{field.column}", ' for field in arrays)
    statement = (
        f'INSERT INTO "{rows[0]._meta.db_table}" ({names}) SELECT {selected}'  # noqa: S608 - the names are the model's
        + (f" FROM unnest({source}) WITH ORDINALITY" if arrays else " FROM generate_series(1, %s)")
        + f" AS n ({named}place) ORDER BY place"
    )
    return statement, [*common.values(), *(map(_array, arrays.values()) if arrays else [len(rows)])]


def _fields(row: models.Model) -> list[models.Field[Any, Any]]:
    """With the key where the rows have theirs."""
    return [field for field in row._meta.concrete_fields if row.pk is not None or not field.primary_key]


def _values(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    values = [getattr(row, field.attname) for row in rows]
    if isinstance(field, models.JSONField):
        return [json.dumps(value) for value in values]
    if isinstance(field, models.ForeignKey) and None in values:
        return [_key_of(field, row) for row in rows]
    return values


def _key_of(field: models.ForeignKey[Any, Any], row: models.Model) -> Any:
    """Of what a row belongs to, which may have got its key after the row was made."""
    key, other = getattr(row, field.attname), field.get_cached_value(row, default=None)
    return other.pk if key is None and other is not None else key


def _array(values: list[Any]) -> str:
    """As PostgreSQL reads an array: quicker than thousands of values one by one."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _type(field: models.Field[Any, Any]) -> str:
    """Without a length, so that nothing is cut short."""
    return (field.db_type(connection) or "").partition("(")[0]
