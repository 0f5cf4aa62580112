"""The indicators: what each of them means, and every figure together with the rows it was counted from.

A population is a set of rows of which each has a *standing*, one number that the database works out once per row. An
indicator names the standings that count above and below the line. Figures are counted by standing (`tally`), the rows
behind a figure are selected by standing (`Indicator.rows`): the two cannot disagree. Whoever shows a figure asks here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final, NamedTuple

from django.db import models
from django.db.models import Case, Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from appeals.models import Appeal, Escalation, Round
from cadres.models import Region
from enterprises.models import OperatingStatus, OperatingStatusHistory
from reports.models import BaseEntry

DASH: Final = "—"
FRESH_DAYS: Final = 3  # a status of so many days ago still speaks for an enterprise (沿用)
RANKED_FROM: Final = Fraction(9, 10)  # a region that reports less is shown and not ranked (暂不排名)
NAMED_LEVEL: Final = 4  # the level of supervision that a bulletin names

State = OperatingStatus.State


class Figure(NamedTuple):
    """A number of rows out of a number of rows. A zero denominator is no rate at all, never 0 % or 100 %."""

    numerator: int
    denominator: int

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def text(self) -> str:
        """92.7%, or a dash."""
        return DASH if self.rate is None else f"{rounded(self.rate * 100)}%"

    def points_above(self, before: Figure) -> Decimal | None:
        """The difference of two rates in 百分点, from the counts and not from what was rounded."""
        if self.rate is None or before.rate is None:
            return None
        return rounded((self.rate - before.rate) * 100)


def rounded(value: Fraction) -> Decimal:
    """To one decimal, halves away from zero, as people and spreadsheets do."""
    tenths = floor(abs(value) * 10 + Fraction(1, 2))
    return Decimal(tenths if value >= 0 else -tenths).scaleb(-1)


@dataclass(frozen=True)
class Scope:
    """Of what a figure speaks: a region or park, a day, and what was known at an instant.

    Indicators that have a period count what happened after `since`, until the day ends or `as_of` comes.
    """

    region: Region
    day: date
    as_of: datetime
    since: datetime

    @classmethod
    def of_month(cls, region: Region, day: date, as_of: datetime) -> Scope:
        """From the first of the day's month."""
        return cls(region, day, as_of, since=midnight(day.replace(day=1)))

    @property
    def until(self) -> datetime:
        return min(self.as_of, midnight(self.day + timedelta(days=1)))


def midnight(day: date) -> datetime:
    """When the day begins."""
    return timezone.make_aware(datetime.combine(day, time.min))


# --- enterprises of the base list, by their latest status ------------------------------------------------------


class Standing(NamedTuple):
    """What was last reported of an enterprise, and how many days before the day in question; silent: nothing."""

    state: str | None
    age: int | None

    @property
    def code(self) -> int:
        return -1 if self.age is None else (FRESH_DAYS - self.age) * len(_STATES) + _STATES.index(self.state)

    @classmethod
    def of(cls, code: int) -> Standing:
        return _BY_CODE[code]

    @property
    def resumed(self) -> bool:
        return self.state in {State.PARTIAL, State.FULL}

    @property
    def reported(self) -> bool:
        """Reported for the day itself."""
        return self.age == 0

    @property
    def carried(self) -> bool:
        """沿用: the status of an earlier day speaks for this one."""
        return bool(self.age)

    @property
    def silent(self) -> bool:
        return self.age is None

    @property
    def label(self) -> str:
        return "未报" if self.state is None else State(self.state).label


_STATES: Final[tuple[str | None, ...]] = (State.NONE, State.PARTIAL, State.FULL)
STANDINGS: Final = (
    Standing(None, None),
    *(Standing(state, age) for age in range(FRESH_DAYS + 1) for state in _STATES),
)
_BY_CODE: Final = {standing.code: standing for standing in STANDINGS}


def base_entries(scope: Scope) -> QuerySet[Any]:
    """The enterprises that should have resumed, each with its standing as far as it was reported by `as_of`.

    A report that has been replaced since `as_of` counts as it then was.
    """
    known = Q(reported_at__lte=scope.as_of)
    now = _latest(OperatingStatus.objects.filter(known), scope.day)
    then = _latest(OperatingStatusHistory.objects.filter(known, replaced_at__gt=scope.as_of), scope.day)
    silent = Value(Standing(None, None).code)
    return BaseEntry.objects.of_day(scope.region, scope.day).annotate(standing=Coalesce(Greatest(now, then), silent))


def _latest(statuses: QuerySet[Any], day: date) -> Subquery:
    codes = [
        When(day=day - timedelta(days=standing.age), state=standing.state, then=standing.code)
        for standing in STANDINGS
        if standing.age is not None
    ]
    latest = statuses.filter(
        enterprise=OuterRef("enterprise"), day__lte=day, day__gte=day - timedelta(days=FRESH_DAYS)
    ).order_by("-day")
    return Subquery(latest.annotate(code=Case(*codes, output_field=IntegerField())).values("code")[:1])


def _standings(counts: Callable[[Standing], bool]) -> frozenset[int]:
    return frozenset(standing.code for standing in STANDINGS if counts(standing))


# --- cases, by how they were settled ---------------------------------------------------------------------------


class Ending(models.IntegerChoices):
    """How a case stands at the end of a period."""

    ON_TIME = 1, "按时办结"
    LATE = 2, "超期办结"
    OVERDUE = 3, "超期未办结"


def cases(scope: Scope) -> QuerySet[Any]:
    """Cases settled in the period, and those open and overdue at its end.

    A case is settled when its last round is; it is on time if every round was 办结 by the deadline in force.
    """
    rounds = Round.objects.filter(appeal=OuterRef("pk"), started_at__lte=scope.until)
    last = rounds.order_by("-number")
    settled = Q(last_settled_at__gt=scope.since, last_settled_at__lte=scope.until)
    unsettled = Q(last_settled_at=None) | Q(last_settled_at__gt=scope.until)
    unended = Q(ended_at=None) | Q(ended_at__gt=scope.until)
    late = Exists(rounds.filter(settled_at__gt=F("due_at")))
    found: QuerySet[Any] = (
        _of(Appeal.objects.all(), scope.region)
        .filter(Q(settled_at=None) | Q(settled_at__gt=scope.since), round__gt=0)
        .annotate(
            last_settled_at=Subquery(last.values("settled_at")[:1]), last_due_at=Subquery(last.values("due_at")[:1])
        )
        .annotate(
            standing=Case(
                When(settled & late, then=Ending.LATE),
                When(settled, then=Ending.ON_TIME),
                When(unsettled & unended & Q(last_due_at__lt=scope.until), then=Ending.OVERDUE),
                output_field=IntegerField(),
            )
        )
        .exclude(standing=None)
    )
    return found


def new_appeals(scope: Scope) -> QuerySet[Any]:
    """Appeals submitted in the period."""
    submitted = Appeal.objects.filter(submitted_at__gt=scope.since, submitted_at__lte=scope.until)
    found: QuerySet[Any] = _of(submitted, scope.region).annotate(standing=Value(0))
    return found


def named_cases(scope: Scope) -> QuerySet[Any]:
    """Cases open and overdue that the ladder has brought to the level which is named in the bulletin."""
    reached = Escalation.objects.filter(
        appeal=OuterRef("pk"), round=OuterRef("round"), level=NAMED_LEVEL, at__lte=scope.until
    )
    found: QuerySet[Any] = cases(scope).filter(Exists(reached), standing=Ending.OVERDUE)
    return found.order_by("last_due_at", "pk")


def _of(appeals: QuerySet[Any], region: Region) -> QuerySet[Any]:
    here = Q(enterprise__park=region) if region.kind == Region.Kind.PARK else Q(region_path__startswith=region.path)
    return appeals.filter(here)


# --- indicators ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Population:
    """Rows that have a standing, where to look up the path of a row's region and its park, and what a list shows."""

    rows: Callable[[Scope], QuerySet[Any]]
    path: str
    park: str
    shown_with: tuple[str, ...] = ()


ENTERPRISES: Final = Population(base_entries, "region__path", "park", ("enterprise", "region", "park"))
CASES: Final = Population(cases, "region_path", "enterprise__park", ("enterprise", "region", "lead"))
NEW_APPEALS: Final = Population(new_appeals, "region_path", "enterprise__park")


@dataclass(frozen=True)
class Indicator:
    """What stands above the line and what below, by standing. A count has the same above and below."""

    code: str
    label: str
    unit: str
    meaning: str
    population: Population
    above: frozenset[int]
    below: frozenset[int]
    above_label: str
    below_label: str

    @property
    def is_rate(self) -> bool:
        return self.above != self.below

    def rows(self, scope: Scope, *, above: bool) -> QuerySet[Any]:
        """The rows behind the numerator or the denominator; counting them gives the figure."""
        rows = self.population.rows(scope).filter(standing__in=self.above if above else self.below)
        return rows.select_related(*self.population.shown_with)


BASE: Final = Indicator(
    "base",
    "应复工",
    "家",
    "应复工名单按月冻结，含名单冻结时全部在营企业；此后停业、注销、迁出、失联的移出，新增和恢复在营的列入，逐家列名并注明原因。",
    ENTERPRISES,
    _standings(lambda standing: True),
    _standings(lambda standing: True),
    "应复工企业",
    "应复工企业",
)
RESUMPTION: Final = Indicator(
    "resumption",
    "复工率",
    "家",
    "应复工企业中，当日或此前 3 日内最近一次状况为部分复工、全面复工的 ÷ 应复工。"
    "当日未报的沿用最近一次状况，沿用家数单列；超过 3 日没有状况的计入应复工，不计入复工。",
    ENTERPRISES,
    _standings(lambda standing: standing.resumed),
    BASE.below,
    "已复工企业",
    BASE.below_label,
)
REPORTING: Final = Indicator(
    "reporting",
    "上报率",
    "家",
    "应复工企业中报了当日状况的 ÷ 应复工。低于 90% 的区域照列数据，暂不排名。",
    ENTERPRISES,
    _standings(lambda standing: standing.reported),
    BASE.below,
    "当日上报企业",
    BASE.below_label,
)
TIMELINESS: Final = Indicator(
    "timeliness",
    "按时办结率",
    "件",
    "期内按时办结 ÷（期内办结 + 期末超期未办结）。"
    "办结以审核通过的时刻为准；每一轮都在当时有效的期限内办结的，才算按时。",
    CASES,
    frozenset({Ending.ON_TIME.value}),
    frozenset(Ending.values),
    "按时办结诉求",
    "办结和超期未办结诉求",
)
INDICATORS: Final = {indicator.code: indicator for indicator in (BASE, RESUMPTION, REPORTING, TIMELINESS)}


# --- counting --------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """One pigeonhole: the next region below the scope's own ("" for the region itself), the park, the standing."""

    place: str
    park: int | None
    standing: int


@dataclass(frozen=True)
class Tally:
    """Rows of a population counted by place, park and standing. Totals are sums of counts, parks are never added."""

    cells: Mapping[Cell, int]

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Tally:
        return cls(Counter(cells))

    def count(self, standings: frozenset[int], *, place: str | None = None, park: int | None = None) -> int:
        return sum(
            count
            for cell, count in self.cells.items()
            if cell.standing in standings and place in {None, cell.place} and park in {None, cell.park}
        )

    def figure(self, indicator: Indicator, *, place: str | None = None, park: int | None = None) -> Figure:
        """The figure of the whole scope, of one region below it, or of one park."""
        above, below = (self.count(part, place=place, park=park) for part in (indicator.above, indicator.below))
        return Figure(above, below)

    @property
    def places(self) -> set[str]:
        return {cell.place for cell in self.cells}


def tally(population: Population, scope: Scope) -> Tally:
    """Count a population for a region, for everything one step below it and for its parks, with one statement."""
    cells = (
        population.rows(scope)
        .annotate(place_code=place_below(scope.region, population.path))
        .order_by()
        .values_list("place_code", population.park, "standing")
        .annotate(rows=Count("pk"))
    )
    return Tally({Cell(place, park, standing): rows for place, park, standing, rows in cells})


def place_below(region: Region, path: str) -> Func:
    """The code of the region one step below this one in which a row's path lies; "" for the region itself."""
    step = region.path.count("/") + 1
    return Func(F(path), Value("/"), Value(step), function="split_part", output_field=models.CharField())


def may_be_ranked(reporting: Figure) -> bool:
    """A region that reports too little is shown and not ranked."""
    return reporting.rate is not None and reporting.rate >= RANKED_FROM


def ranks(rates: Iterable[Fraction]) -> dict[Fraction, int]:
    """The rank of each rate, the highest first; equal rates share one, and the next rank counts all before it."""
    falling = sorted(rates, reverse=True)
    return {rate: falling.index(rate) + 1 for rate in falling}


def carried(rows: Tally, *, place: str | None = None, park: int | None = None) -> int:
    """How many enterprises of the base stand as they did on an earlier day (沿用)."""
    return rows.count(_standings(lambda standing: standing.carried), place=place, park=park)
