"""When an enterprise is to be contacted next: by its campaigns' frequency, or earlier where that was agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Least

from enterprises.models import Assignment, Enterprise
from visits.models import Visit

if TYPE_CHECKING:
    from datetime import date

    from cadres.models import Cadre
    from enterprises.models import EnterpriseQuerySet


def due_for_contact(cadre: Cadre, today: date) -> EnterpriseQuerySet:
    """The cadre's own operating enterprises whose day has come, the longest overdue first.

    Each with `due_on`: by the strictest running campaign, or what was agreed at the last visit if that is earlier; and
    with `agreed_on` and `agreed_manner` of the last visit (None, "").
    """
    asked = Assignment.objects.active(today).specialists().filter(enterprise=OuterRef("pk")).with_contact_due(today)
    by_campaign = asked.order_by(F("due_on").asc(nulls_last=True)).values("due_on")[:1]  # type: ignore[misc]
    last_visits = Visit.objects.filter(enterprise=OuterRef("pk")).order_by("-visited_on", "-pk")
    agreed = last_visits.values("next_contact_on")[:1]
    manner = last_visits.values("next_contact_manner")[:1]
    mine = Enterprise.objects.assigned_to(cadre).operating()
    with_day = mine.annotate(
        due_on=Least(Subquery(by_campaign), Subquery(agreed)),
        agreed_on=Subquery(agreed),
        agreed_manner=Subquery(manner),
    )
    return with_day.filter(due_on__lte=today).order_by("due_on", "pk")


def longest_uncontacted_first(enterprises: EnterpriseQuerySet, cadre: Cadre) -> EnterpriseQuerySet:
    """The cadre's own enterprises before the others; never contacted, then longest since the last contact."""
    mine = Q(pk__in=Enterprise.objects.assigned_to(cadre).values("pk"))
    return enterprises.alias(is_mine=mine).order_by("-is_mine", F("last_contact_on").asc(nulls_first=True), "pk")


def words(enterprise: Enterprise, today: date) -> str:
    """上次走访 5 天前."""
    days = enterprise.days_since_contact(today)
    if days is None:
        return "从未走访"
    return f"上次走访 {days} 天前" if days > 0 else "今天已走访"
