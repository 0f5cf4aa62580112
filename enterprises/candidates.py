"""Whom an office may choose for a place in a team, with what each already answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cadres.models import Cadre
from cadres.search import normalise
from enterprises.assigning import ASKS_FOR
from enterprises.models import Assignment

if TYPE_CHECKING:
    from datetime import date

    from cadres.models import Region

SHOWN: Final = 10


def offered_to(by: Cadre, role: Assignment.Role) -> QuerySet[Cadre]:
    """Cadres of the chooser's scope who may take this place."""
    holding = Q(pk__in=())
    for wanted in ASKS_FOR[role]:
        holding |= Q(pk__in=Cadre.objects.holding(wanted).values("pk"))
    offered: QuerySet[Cadre] = Cadre.objects.visible_to(by).active().filter(holding)
    return offered


def matching(cadres: QuerySet[Cadre], text: str) -> QuerySet[Cadre]:
    """By name, initials, user name or department."""
    words = normalise(text)
    if not words:
        return cadres
    found = Q(name__icontains=words) | Q(username__iexact=words) | Q(department__name__icontains=words)
    return cadres.filter(found | Q(initials__startswith=words.lower()))


def with_workload(cadres: QuerySet[Cadre], today: date) -> QuerySet[Cadre]:
    """Each with `workload`: of how many enterprises the cadre is specialist today, in whatever campaigns."""
    rows = Assignment.objects.active(today).specialists().filter(cadre=OuterRef("pk")).order_by().values("cadre")
    counted = rows.annotate(enterprises=Count("enterprise", distinct=True)).values("enterprises")
    return cadres.annotate(workload=Coalesce(Subquery(counted, output_field=IntegerField()), 0))


def candidates(by: Cadre, role: Assignment.Role, text: str, near: Region | None, today: date) -> list[Cadre]:
    """The first of those offered, who has least to do before others; unasked, the district's own if it has any."""
    offered = matching(offered_to(by, role), text)
    if near is None or text:
        return _first(offered, today)
    return _first(offered.filter(department__region__path__startswith=_district(near)), today) or _first(offered, today)


def _first(cadres: QuerySet[Cadre], today: date) -> list[Cadre]:
    found = with_workload(cadres, today).select_related("department")
    return list(found.order_by(F("workload"), "initials", "pk")[:SHOWN])


def _district(region: Region) -> str:
    """The path of the district that the region is or lies in."""
    return "".join(f"{code}/" for code in region.path.split("/")[:2])
