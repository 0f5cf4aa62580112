"""Statements that write many rows: INSERT … SELECT built from the columns of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection, models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DRAWS: Final = 1_048_576


def run(statement: str, *parameters: Any) -> int:
    """How many rows it wrote. A percent sign stands for a parameter, even where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return int(cursor.rowcount)


def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())


def draw(key: str, salt: int) -> str:
    """An SQL expression: a number from 0 to under 1 that depends on nothing but the key and the salt."""
    return f"((hashint8extended(({key})::bigint, {salt}) & {DRAWS - 1})::float8 / {DRAWS})"


def reserve(model: type[models.Model], count: int) -> int:
    """The first of so many primary keys that nobody else will get."""
    sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
    return int(rows(f"SELECT nextval({sequence}), setval({sequence}, lastval() + %s)", count)[0][0])


def insert(model: type[models.Model], values: Mapping[str, str], source: str) -> int:
    """INSERT … SELECT: the named columns by their expressions, the others empty."""
    expressions = {
        column: values.get(column, _empty(field))
        for column, field in columns_of(model)
        if column in values or not field.primary_key
    }
    return _insert(model, expressions, source)


def clone(
    model: type[models.Model],
    values: Mapping[str, str],
    source: str,
    *,
    skip: Sequence[str] = (),
    shift: str = "",
) -> int:
    """INSERT … SELECT of rows as `old` has them, but for the columns in `values`; instants and days `shift` earlier."""
    expressions = {
        column: values.get(column) or _earlier(field, shift)
        for column, field in columns_of(model)
        if column not in skip and (column in values or not field.primary_key)
    }
    return _insert(model, expressions, source)


def analyse(*tables: type[models.Model] | str) -> None:
    """Let PostgreSQL see that they have grown; what it planned for a handful of rows would take for ever."""
    for table in tables:
        run(f"ANALYZE {table if isinstance(table, str) else table._meta.db_table}")


def columns_of(model: type[models.Model]) -> list[tuple[str, models.Field[Any, Any]]]:
    """Each with its field; fields without a column are not concrete."""
    return [(field.column or "", field) for field in model._meta.concrete_fields]


def _insert(model: type[models.Model], expressions: Mapping[str, str], source: str) -> int:
    columns = ", ".join(f'"{column}"' for column in expressions)
    return run(f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {', '.join(expressions.values())} {source}")


def _earlier(field: models.Field[Any, Any], shift: str) -> str:
    column = f'old."{field.column}"'
    if shift and isinstance(field, models.DateTimeField):
        return f"{column} - {shift}"
    return f"({column} - {shift})::date" if shift and isinstance(field, models.DateField) else column


def _empty(field: models.Field[Any, Any]) -> str:
    if field.null:
        return "NULL"
    if field.has_default():
        return f"'{field.get_prep_value(field.get_default())}'"
    return "''"
