"""How much each specialist answers for, as far as the reader sees it: assignments, those not kept, those visited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Assignment

if TYPE_CHECKING:
    from datetime import date

    from enterprises.models import Campaign
    from enterprises.models.assignments import AssignmentQuerySet


def specialists_of(reader: Cadre, today: date) -> QuerySet[Cadre]:
    """Those of the reader's scope, idle ones too, and whoever is specialist of an enterprise that the reader sees."""
    assigned = Assignment.objects.visible_to(reader).specialists().active(today)
    idle = Cadre.objects.visible_to(reader).active().filter(pk__in=Cadre.objects.holding(Role.SPECIALIST).values("pk"))
    found: QuerySet[Cadre] = Cadre.objects.filter(Q(pk__in=assigned.values("cadre")) | Q(pk__in=idle.values("pk")))
    return found


def with_load(cadres: QuerySet[Cadre], reader: Cadre, today: date, campaign: Campaign | None) -> QuerySet[Cadre]:
    """Each with `total`, `overdue` and `visited` (this month) assignments, which the ledger lists by the same words.

    `enterprises` counts an enterprise once, in however many campaigns it is.
    """
    rows = Assignment.objects.visible_to(reader).specialists().active(today).filter(cadre=OuterRef("pk"))
    if campaign:
        rows = rows.filter(campaign=campaign)
    return cadres.annotate(
        total=_count(rows, "pk"),
        enterprises=_count(rows, "enterprise"),
        overdue=_count(rows.with_contact_due(today).overdue(today), "pk"),
        visited=_count(rows.visited_in_month_of(today), "pk"),
    )


def _count(rows: AssignmentQuerySet, what: str) -> Coalesce:
    counted = rows.order_by().values("cadre").annotate(counted=Count(what, distinct=True)).values("counted")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
