"""Inserting thousands of rows at once, where Django's own preparing of each value costs more than writing it.

Values are taken as they are: nothing is cleaned, no signal is sent. A column that the database fills is filled for all
rows of a model or for none.
"""

from __future__ import annotations

import json
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

M = TypeVar("M", bound=models.Model)

UNLESS_THERE: Final = "ON CONFLICT DO NOTHING"
JSON: Final = "jsonb_array_elements(%s::jsonb)"


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
        for name, default in self._made:
            if name not in values:
                values[name] = default()
        made, state = self._model.__new__(self._model), ModelState()
        if self._related:
            state.fields_cache = dict(self._related)
        made.__dict__ = {**self._common, **values, "_state": state}
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
        name = rows[0]._meta.pk.attname
        for row, key in zip(rows, sorted(islice(keys, len(rows))), strict=True):
            vars(row)[name] = key


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

    What all rows have in common is told once, everything else as an array for each column, in JSON where it is JSON.
    """
    fields = _fields(rows[0])
    columns = zip(*map(itemgetter(*(field.attname for field in fields)), map(vars, rows)), strict=True)
    given = {
        field: _values(field, values, rows)
        for field, values in zip(fields, columns, strict=True)
        if not isinstance(values[0], DatabaseDefault)
    }
    arrays = {field: values for field, values in given.items() if _differ(field, values)}
    common = {field: values[0] for field, values in given.items() if field not in arrays}
    names, selected = (
        ", ".join(f'"{field.column}"' for field in given),
        ", ".join(f"%s::{_type(field)}" if field in common else f'"{field.column}"' for field in given),
    )
    source, written = _source(arrays, len(rows))
    named = "".join(f'"{field.column}", ' for field in arrays)
    statement = (
        f'INSERT INTO "{rows[0]._meta.db_table}" ({names}) SELECT {selected}'  # noqa: S608 - the names are the model's
        f" FROM {source} AS n ({named}place) ORDER BY place"
    )
    return statement, [*common.values(), *written]


def _source(arrays: Mapping[models.Field[Any, Any], Sequence[Any]], count: int) -> tuple[str, list[Any]]:
    """What the rows are selected from, and its values."""
    if not arrays:
        return "generate_series(1, %s)", [count]
    parts = ", ".join(JSON if _is_json(field) else f"unnest(%s::{_type(field)}[])" for field in arrays)
    written = [json.dumps(values) if _is_json(field) else array_of(values) for field, values in arrays.items()]
    return f"ROWS FROM ({parts}) WITH ORDINALITY", [*written]


def _fields(row: models.Model) -> list[models.Field[Any, Any]]:
    """With the key where the rows have theirs."""
    return [field for field in row._meta.concrete_fields if row.pk is not None or not field.primary_key]


def _values(field: models.Field[Any, Any], values: Sequence[Any], rows: Sequence[models.Model]) -> Sequence[Any]:
    """A column of these rows: of what they belong to the keys, which may have been given after a row was made."""
    if not (isinstance(field, models.ForeignKey) and None in values):
        return values
    others = [row._state.fields_cache.get(field.cache_name) for row in rows]  # noqa: SLF001 - where Django keeps them
    return [other.pk if key is None and other is not None else key for key, other in zip(values, others, strict=True)]


def _differ(field: models.Field[Any, Any], values: Sequence[Any]) -> bool:
    """JSON is not compared: to Python {"a": 1} and {"a": True} are the same."""
    return _is_json(field) or values.count(values[0]) < len(values)


def array_of(values: Sequence[Any]) -> str:
    """As PostgreSQL reads an array: quicker than thousands of values one by one."""
    texts = [*map(str, values)]
    together = "".join(texts)
    if '"' in together or "\\" in together:
        texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    if None in values:
        texts = ["NULL" if value is None else f'"{text}"' for text, value in zip(texts, values, strict=True)]
        return "{" + ",".join(texts) + "}"
    return '{"' + '","'.join(texts) + '"}'


def _is_json(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.JSONField)


def _type(field: models.Field[Any, Any]) -> str:
    """Without a length, so that nothing is cut short."""
    return (field.db_type(connection) or "").partition("(")[0]
