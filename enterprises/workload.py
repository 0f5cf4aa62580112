"""How much each specialist answers for, as far as the reader sees it: assignments, those not kept, those visited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Func, IntegerField, JSONField, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, JSONObject

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Assignment
from enterprises.models.assignments import in_month_of

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

    `enterprises` counts an enterprise once, in however many campaigns it is. Who sorts all of them does so by `load`,
    for which everybody's assignments are counted at once; the others are counted of each row that is shown.
    """
    rows = Assignment.objects.visible_to(reader).specialists().active(today)
    if campaign:
        rows = rows.filter(campaign=campaign)
    own = rows.filter(cadre=OuterRef("pk"))
    return cadres.alias(load=_load(rows, today)).annotate(
        total=_count(own, "pk"),
        enterprises=_count(own, "enterprise"),
        overdue=_count(own.with_contact_due(today).overdue(today), "pk"),
        visited=_count(own.visited_in_month_of(today), "pk"),
    )


def _count(rows: AssignmentQuerySet, what: str) -> Coalesce:
    counted = rows.order_by().values("cadre").annotate(counted=Count(what, distinct=True)).values("counted")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class _ByCadre(Subquery):
    """One object with the load of each cadre by its key; it refers to no row, and so is made once for all of them."""

    template = "(SELECT jsonb_object_agg(cadre, load) FROM (%(subquery)s) AS loads (cadre, load))"
    output_field = JSONField()


def _load(rows: AssignmentQuerySet, today: date) -> Coalesce:
    kept = {"overdue": Q(due_on__lt=today), "visited": in_month_of(today)}
    counts = {name: Count("pk", filter=condition) for name, condition in kept.items()}
    each: Any = rows.with_contact_due(today).order_by().values("cadre")
    loads = _ByCadre(each.annotate(load=JSONObject(total=Count("pk"), **counts)).values_list("cadre", "load"))
    own = Func(
        loads, Cast("pk", TextField()), template="(%(expressions)s)", arg_joiner=" -> ", output_field=JSONField()
    )
    return Coalesce(own, Value({"total": 0, "overdue": 0, "visited": 0}, JSONField()))
