"""Conditions that PostgreSQL looks up first: keys as an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q

if TYPE_CHECKING:
    from django.db.models import QuerySet

IS: Final = BooleanField()


def among(field: str, keys: QuerySet[Any, Any]) -> Q:
    """`field = ANY(ARRAY(…))` of a queryset of one column, none of whose conditions refers to the row.

    It says what `IN (SELECT …)` says, but an index answers it inside an OR too, and before anything else is joined.
    """
    found = Func(F(field), ArraySubquery(keys), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=IS)
    return Q(found)
