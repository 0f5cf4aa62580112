"""Reading rows once and taking several things from them, with one statement."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

LINES: Final = "lines"
LINES_AT_ONCE: Final = 2000


def ask(
    sources: Mapping[str, QuerySet[Any, Any]], parts: Mapping[str, str], take: Callable[[str], None]
) -> dict[str, list[Any]]:
    """What each part, a SELECT of one column, finds in the sources, which stand there as tables by their names.

    The column is JSON; of the part named LINES it is a line of text, which `take` gets, thousands of them at once.
    """
    compiled = {name: queryset.order_by().query.sql_with_params() for name, queryset in sources.items()}
    tables = ", ".join(f"{name} AS ({sql})" for name, (sql, _) in compiled.items())
    # Only our own SQL is put together here; whatever anybody typed is a parameter of the sources.
    selects = " UNION ALL ".join(
        f"(SELECT '{name}', content FROM ({part}) AS {name}_part (content))"  # noqa: S608
        for name, part in parts.items()
    )
    found: dict[str, list[Any]] = {name: [] for name in parts if name != LINES}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {tables} {selects}", [one for _, params in compiled.values() for one in params])
        while rows := cursor.fetchmany(LINES_AT_ONCE):
            take("".join(f"{content}\n" for name, content in rows if name == LINES))
            for name, content in rows:
                if name != LINES:
                    found[name].append(_read(content))
    return found


def _read(content: str) -> Any:
    return json.loads(content, parse_float=Decimal)
