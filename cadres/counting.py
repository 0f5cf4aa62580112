"""Asking for many small things at once: whatever a page has to know that is no list, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import IntegerField, Subquery

from cadres.models import Cadre

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

Key = TypeVar("Key", bound="Hashable")


class Count(Subquery):
    """How many rows there are, as a column of another query; at most `to`, beyond which nobody counts."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: QuerySet[Any], to: int | None = None) -> None:
        super().__init__(rows.order_by().values("pk")[:to])


def ask(cadre: Cadre, columns: Mapping[Key, Combinable]) -> dict[Key, Any]:
    """The value of each column, by its key. None refers to the cadre, whose row only bears them."""
    if not columns:
        return {}
    named = {f"column_{number}": column for number, column in enumerate(columns.values())}
    row = Cadre.objects.filter(pk=cadre.pk).order_by().annotate(**named).values_list(*named).get()
    return dict(zip(columns, row, strict=True))
