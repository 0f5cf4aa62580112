"""Conditions that PostgreSQL looks up first: keys as an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, Value

from cadres.inserting import array_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

IS: Final = BooleanField()


def among(field: str, keys: QuerySet[Any, Any]) -> Q:
    """`field = ANY(ARRAY(…))` of a queryset of one column, none of whose conditions refers to the row.

    It says what `IN (SELECT …)` says, but an index answers it inside an OR too, and before anything else is joined.
    """
    found = Func(F(field), ArraySubquery(keys), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=IS)
    return Q(found)


def among_these(field: str, keys: Sequence[int]) -> Q:
    """`field IN (…)` of keys that are at hand, as one value: Django prepares each of the thousands that IN is given.

    As with IN, nothing is asked where there are none.
    """
    if not keys:
        return Q(pk__in=())
    listed = Value(array_of(keys))
    found = Func(F(field), listed, template="%(expressions)s::bigint[])", arg_joiner=" = ANY(", output_field=IS)
    return Q(found)
