"""Locking rows and reading them: two statements, for one that does both can lose a row.

Where PostgreSQL waited for a row, it re-reads that row alone and joins it to what its keys named before the wait. If
one of its keys has changed meanwhile, the row is left out, or comes without what it was joined to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.shortcuts import get_object_or_404

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    M = TypeVar("M", bound=Model)


def locked(rows: QuerySet[M]) -> QuerySet[M]:
    """The same rows, locked in the order of their keys, as they are now that nobody else writes them."""
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    alone = rows.model._base_manager.filter(pk__in=found)
    held = list(alone.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return rows.filter(pk__in=held)


def locked_or_404(scope: QuerySet[M], pk: int) -> M:
    """The row of the scope, locked; not found where it has left the scope by the time it is ours."""
    return get_object_or_404(locked(scope.filter(pk=pk)))
