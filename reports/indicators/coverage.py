"""Enterprises that campaigns are to cover: whether a specialist answers for them, whether they were visited on site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from enterprises.models import Assignment, Campaign, Enterprise
from visits.models import Visit

if TYPE_CHECKING:
    from reports.indicators.scopes import Scope

ANSWERED_FOR, VISITED = 1, 2  # a standing is their sum
COVERAGE_STANDINGS = frozenset(range(4))


def to_be_covered(scope: Scope) -> QuerySet[Any]:
    """What the scope's campaign is to cover, or what any campaign that runs on the day is, with its standing."""
    enterprises = Enterprise.objects.in_region(scope.region).filter(_wanted(scope))
    answered_for, visited = Q(Exists(_assignments(scope))), Q(Exists(_visits(scope)))
    standing = Case(
        When(answered_for & visited, then=Value(ANSWERED_FOR + VISITED)),
        When(answered_for, then=Value(ANSWERED_FOR)),
        When(visited, then=Value(VISITED)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return enterprises.annotate(standing=standing)


def _wanted(scope: Scope) -> Q:
    running = Campaign.objects.running(scope.day).order_by("pk").prefetch_related("regions")
    campaigns = [scope.campaign] if scope.campaign else running
    wanted = Q(pk__in=())
    for campaign in campaigns:
        wanted |= Q(pk__in=Enterprise.objects.to_be_covered_by(campaign).values("pk"))
    return wanted


def _assignments(scope: Scope) -> QuerySet[Any]:
    """Specialists active on the day, in the campaign or in any that runs."""
    active = Assignment.objects.active(scope.day).specialists().filter(enterprise=OuterRef("pk"))
    return active.filter(campaign=scope.campaign) if scope.campaign else active.in_running_campaigns(scope.day)


def _visits(scope: Scope) -> QuerySet[Any]:
    """Visits on site in the period, whoever made them: one visit serves every campaign."""
    return Visit.objects.filter(
        enterprise=OuterRef("pk"),
        manner=Visit.Manner.ON_SITE,
        visited_on__range=(scope.since_day, scope.day),
        logged_at__lte=scope.as_of,
    )
