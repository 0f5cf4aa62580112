"""Who answers for an enterprise, as subqueries of the rows that name one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import OuterRef, Subquery

from enterprises.models import Assignment, Contact

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

SEPARATOR: Final = "、"


def team_names(role: Assignment.Role, today: date, *, enterprise: str = "enterprise") -> Combinable:
    """The names of those who hold the role for the enterprise today, in any running campaign."""
    active = Assignment.objects.active(today).in_running_campaigns(today).filter(role=role)
    rows = active.filter(enterprise=OuterRef(enterprise)).order_by().values("enterprise")
    return joined(rows, "cadre__name")


def leaders_in_campaign(today: date) -> Combinable:
    """Who leads the team of an assignment's enterprise in the same campaign today."""
    leaders = Assignment.objects.active(today).filter(role=Assignment.Role.LEADER)
    rows = leaders.filter(enterprise=OuterRef("enterprise"), campaign=OuterRef("campaign"))
    return joined(rows.order_by().values("enterprise"), "cadre__name")


def joined(rows: QuerySet[Any, Any], path: str) -> Combinable:
    """A column of rows that are grouped by what the outer row names: each value once, in a fixed order."""
    return Subquery(rows.annotate(joined=StringAgg(path, SEPARATOR, distinct=True, order_by=path)).values("joined"))


def contact(field: str) -> Combinable:
    """A field of the enterprise's main contact."""
    return Subquery(Contact.objects.main().filter(enterprise=OuterRef("enterprise")).values(field)[:1])
