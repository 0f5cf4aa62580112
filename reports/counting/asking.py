"""Reading rows once and taking several things from them, with one statement."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

LINES: Final = "lines"
READ: Final = json.JSONDecoder(parse_float=Decimal).decode


def ask(
    sources: Mapping[str, QuerySet[Any, Any]], parts: Mapping[str, str], take: Callable[[str], None]
) -> dict[str, list[Any]]:
    """What each part, a SELECT of one column, finds in the sources, which stand there as tables by their names.

    The column is JSON, or some of it with commas between; of the part named LINES it is a text of many lines, which
    `take` gets. They are fetched some at a time: they are never all in memory, and while some are taken, PostgreSQL
    makes the next.
    """
    compiled = {name: queryset.order_by().query.sql_with_params() for name, queryset in sources.items()}
    tables = ", ".join(f"{name} AS ({sql})" for name, (sql, _) in compiled.items())
    # Only our own SQL is put together here; whatever anybody typed is a parameter of the sources.
    selects = " UNION ALL ".join(_rows(name, part) for name, part in parts.items())
    params = [one for _, given in compiled.values() for one in given]
    found: dict[str, list[Any]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DECLARE asked NO SCROLL CURSOR FOR WITH {tables} {selects}", params)
        while rows := _fetched(cursor):
            for name, content in rows:
                if name == LINES:
                    take(f"{content}\n")
                else:
                    found[name] = READ(content)
        cursor.execute("CLOSE asked")
    return found


def _rows(name: str, part: str) -> str:
    """Of all but the lines one row, with a list of what there is."""
    told = "content" if name == LINES else "concat('[', string_agg(content, ','), ']')"
    return f"(SELECT '{name}', {told} FROM ({part}) AS {name}_part (content))"  # noqa: S608


def _fetched(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute("FETCH 16 FROM asked")
    found: list[tuple[str, str]] = cursor.fetchall()
    return found
