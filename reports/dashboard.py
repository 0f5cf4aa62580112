"""The leaders' dashboard: the resumption of a region and the state of its cases, each part with the rows behind it.

Rates come from the indicators; cases are counted by the very filters of the list that each number leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Count, Q

from appeals.models import Appeal
from appeals.workflow import FINAL, OPEN
from cadres.models import Region
from enterprises.models import Enterprise
from reports import figures
from reports.indicators import Scope, midnight
from visits.models import Visit

if TYPE_CHECKING:
    from appeals.models import AppealQuerySet
    from cadres.models import Cadre
    from reports.figures import Overview, Point

TREND_DAYS: Final = 7
CATEGORIES_SHOWN: Final = 8
LIGHTS: Final = (("red", "已超期"), ("yellow", "即将到期"), ("green", "时限内"))


@dataclass(frozen=True)
class Dashboard:
    scope: Scope
    overview: Overview
    trend: list[Point]
    visits: int
    visits_before: int
    cases: Cases
    categories: list[Category]


@dataclass(frozen=True)
class Cases:
    """Open cases as they stand now, whatever day is looked at."""

    open: int
    of_light: dict[str, int]
    escalated: int


class Category(NamedTuple):
    """Cases of one category, submitted in the period."""

    key: int
    name: str
    open: int
    ended: int

    @property
    def total(self) -> int:
        return self.open + self.ended


def look(scope: Scope, cadre: Cadre) -> Dashboard:
    """Everything at one glance; a bounded number of statements, however many rows there are."""
    visits = Visit.objects.visible_to(cadre).in_region(scope.region)
    appeals = _in_region(Appeal.objects.visible_to(cadre).submitted(), scope.region)
    counted = visits.aggregate(
        today=Count("pk", filter=Q(visited_on=scope.day)),
        before=Count("pk", filter=Q(visited_on=scope.day - timedelta(days=1))),
    )
    return Dashboard(
        scope=scope,
        overview=figures.overview(scope),
        trend=figures.trend(scope, TREND_DAYS),
        visits=counted["today"],
        visits_before=counted["before"],
        cases=_cases(appeals, scope),
        categories=_categories(appeals, scope),
    )


def _cases(appeals: AppealQuerySet, scope: Scope) -> Cases:
    """One statement: every open case stands under one light, or none while its clock stands still."""
    lit = appeals.open().with_light(scope.as_of)
    counts = lit.aggregate(
        open=Count("pk"),
        escalated=Count("pk", filter=Q(level__gt=0) | Q(light="red")),
        **{light: Count("pk", filter=Q(light=light)) for light, _ in LIGHTS},
    )
    return Cases(counts["open"], {light: counts[light] for light, _ in LIGHTS}, counts["escalated"])


def _categories(appeals: AppealQuerySet, scope: Scope) -> list[Category]:
    """The most frequent first; what was submitted from the period's beginning to the end of the day."""
    period = appeals.filter(submitted_at__gte=scope.since, submitted_at__lt=midnight(scope.day + timedelta(days=1)))
    counted = period.values_list("category", "category__name").annotate(
        open=Count("pk", filter=Q(status__in=OPEN)), ended=Count("pk", filter=Q(status__in=FINAL))
    )
    rows = [Category(*row) for row in counted.order_by()]
    return sorted(rows, key=lambda row: (-row.total, row.key))[:CATEGORIES_SHOWN]


def _in_region(appeals: AppealQuerySet, region: Region) -> AppealQuerySet:
    """As the list's own filter understands a region: a park is another membership of its enterprises."""
    if region.kind == Region.Kind.PARK:
        return appeals.filter(enterprise__in=Enterprise.objects.in_region(region).values("pk"))
    return appeals.filter(region_path__startswith=region.path)
