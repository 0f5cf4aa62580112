"""The leaders' dashboard: the resumption of a region and the state of its cases, each part with the rows behind it.

Rates come from the indicators; cases are counted by the very filters of the list that each number leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Q
from django.db.models.functions import JSONObject

from appeals.models import Appeal
from appeals.workflow import FINAL, OPEN
from cadres import counting
from cadres.models import Region
from enterprises.models import Enterprise
from reports import figures
from reports.figures import Counts
from reports.indicators import Figure, Openness, Scope, midnight
from reports.models import Moment
from visits.models import Visit

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import AppealQuerySet
    from cadres.models import Cadre
    from reports.figures import Overview, Point
    from reports.indicators import Tally

TREND_DAYS: Final = 7
CATEGORIES_SHOWN: Final = 8
LIGHTS: Final = (("red", "已超期"), ("yellow", "即将到期"), ("green", "时限内"))


@dataclass(frozen=True)
class Dashboard:
    scope: Scope
    as_of: datetime
    overview: Overview
    attendance: Figure
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
    counts = Counts(scope, TREND_DAYS, (Moment.Of.CASES, Moment.Of.OPEN_CASES))
    visits = Visit.objects.visible_to(cadre).in_region(scope.region)
    appeals = _in_region(Appeal.objects.visible_to(cadre).submitted(), scope.region)
    told = counting.ask(
        cadre,
        {
            "visits": counting.Count(visits.filter(visited_on=scope.day)),
            "before": counting.Count(visits.filter(visited_on=scope.day - timedelta(days=1))),
            "categories": _by_category(appeals, scope),
        },
    )
    return Dashboard(
        scope=scope,
        as_of=counts.as_of,
        overview=figures.overview(counts, counts.today, counts.cases),
        attendance=counts.attendance,
        trend=figures.trend(counts),
        visits=told["visits"],
        visits_before=told["before"],
        cases=_cases(counts.open_cases),
        categories=_categories(told["categories"]),
    )


def _cases(counted: Tally) -> Cases:
    """Every open case stands under one light, or none while its clock stands still."""
    rows = [(Openness.of(cell.standing), n) for cell, n in counted.cells.items()]
    of_light = {light: sum(n for case, n in rows if case.light == light) for light, _ in LIGHTS}
    return Cases(sum(n for _, n in rows), of_light, sum(n for case, n in rows if case.is_escalated))


def _by_category(appeals: AppealQuerySet, scope: Scope) -> ArraySubquery:
    """What was submitted from the period's beginning to the end of the day."""
    period = appeals.filter(submitted_at__gte=scope.since, submitted_at__lt=midnight(scope.day + timedelta(days=1)))
    counted: Any = period.order_by().values("category", "category__name")
    counted = counted.annotate(
        open=Count("pk", filter=Q(status__in=OPEN)), ended=Count("pk", filter=Q(status__in=FINAL))
    )
    row = JSONObject(key="category", name="category__name", open="open", ended="ended")
    return ArraySubquery(counted.values(counted=row))


def _categories(counted: list[dict[str, Any]]) -> list[Category]:
    """The most frequent first."""
    rows = [Category(**row) for row in counted]
    return sorted(rows, key=lambda row: (-row.total, row.key))[:CATEGORIES_SHOWN]


def _in_region(appeals: AppealQuerySet, region: Region) -> AppealQuerySet:
    """As the list's own filter understands a region: a park is another membership of its enterprises."""
    if region.kind == Region.Kind.PARK:
        return appeals.filter(enterprise__in=Enterprise.objects.in_region(region).values("pk"))
    return appeals.filter(region_path__startswith=region.path)
