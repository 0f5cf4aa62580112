"""The figures of a region and of everything one step below it, side by side, as they stand now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cadres.models import Region
from reports.indicators import (
    BASE,
    COVERAGE,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    TO_BE_COVERED,
    VISITED_RATE,
    Amounts,
    Day,
    Figure,
    Known,
    Measures,
    PowerIndex,
    Scope,
    Tally,
    attendance_of,
    carried,
    days_of,
    may_be_ranked,
    measure,
    moments_of,
    ranks,
    tally,
)
from reports.models import Moment, RiskLevel

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

HERE: Final = ""


@dataclass(frozen=True)
class Figures:
    """The indicators of one place. `code` leads to its rows; "" where no link can name them."""

    code: str
    name: str
    counts: Counts
    place: str | None = None
    park: int | None = None
    risk: str = ""
    rank: int | None = None
    is_total: bool = False

    @property
    def is_park(self) -> bool:
        return self.park is not None

    @property
    def base(self) -> int:
        return self.counts.today.count(BASE.below, place=self.place, park=self.park)

    @property
    def resumption(self) -> Figure:
        return self.counts.today.figure(RESUMPTION, place=self.place, park=self.park)

    @property
    def reporting(self) -> Figure:
        return self.counts.today.figure(REPORTING, place=self.place, park=self.park)

    @property
    def carried(self) -> int:
        return carried(self.counts.today, place=self.place, park=self.park)

    @property
    def before(self) -> Figure:
        """复工率 of the day before."""
        return self.counts.before.figure(RESUMPTION, place=self.place, park=self.park)

    @property
    def timeliness(self) -> Figure:
        return self.counts.cases.figure(TIMELINESS, place=self.place, park=self.park)

    @property
    def attendance(self) -> Figure:
        return self.amounts.attendance

    @property
    def utilisation(self) -> Figure:
        return self.amounts.utilisation

    @property
    def power(self) -> PowerIndex:
        return self.counts.measures.index(place=self.place, park=self.park)

    @property
    def amounts(self) -> Amounts:
        return self.counts.measures.amounts(place=self.place, park=self.park)

    @property
    def coverage(self) -> Figure:
        return self.counts.covered.figure(COVERAGE, place=self.place, park=self.park)

    @property
    def visited(self) -> Figure:
        return self.counts.covered.figure(VISITED_RATE, place=self.place, park=self.park)

    @property
    def points(self) -> Decimal | None:
        return self.resumption.points_above(self.before)

    @property
    def weight(self) -> str:
        """How its row stands out: a sum, or what stands beside the others and is never added."""
        return "total" if self.is_total else "aside" if self.is_park else ""

    @property
    def is_unranked(self) -> bool:
        """Shown, but it reports too little to be ranked (暂不排名)."""
        return bool(self.base) and not self.weight and self.rank is None


@dataclass(frozen=True)
class Overview:
    total: Figures
    places: list[Figures]
    parks: list[Figures]

    @property
    def lines(self) -> list[Figures]:
        """As a table shows them: the places, the parks beside them, the sum of the places."""
        return [*self.places, *self.parks, replace(self.total, name="合计", is_total=True)]


@dataclass(frozen=True)
class Counts:
    """What is counted for the whole scope, by place and park; each part once, when it is first asked for."""

    scope: Scope
    days: int = 2
    moments: tuple[str, ...] = (Moment.Of.CASES,)

    @cached_property
    def enterprises(self) -> list[Day]:
        """Of the last days up to the scope's, the oldest first."""
        return days_of([replace(self.scope, day=day) for day in self.all_days])

    @property
    def all_days(self) -> list[date]:
        return [self.scope.day - timedelta(days=back) for back in range(self.days - 1, -1, -1)]

    @property
    def as_of(self) -> datetime:
        """Of when the oldest of the kept parts of today is."""
        return min(self.enterprises[-1].as_of, *(known.as_of for known in self._known.values()))

    @property
    def today(self) -> Tally:
        return self.enterprises[-1].tally

    @property
    def before(self) -> Tally:
        return self.enterprises[-2].tally

    @cached_property
    def attendance(self) -> Figure:
        """返岗率 of the whole scope."""
        return attendance_of(self.scope, self.enterprises[-1])

    @property
    def cases(self) -> Tally:
        return self._known[Moment.Of.CASES].tally

    @property
    def open_cases(self) -> Tally:
        """Where they are among the moments."""
        return self._known[Moment.Of.OPEN_CASES].tally

    @cached_property
    def _known(self) -> dict[str, Known]:
        return dict(zip(self.moments, moments_of([(of, self.scope) for of in self.moments]), strict=True))

    @cached_property
    def covered(self) -> Tally:
        return tally(TO_BE_COVERED, self.scope)

    @cached_property
    def measures(self) -> Measures:
        return measure(self.scope)


def overview(counts: Counts, *shown: Tally) -> Overview:
    """Total, places and parks; no total is added up from rates.

    The region itself (本级) is a place of its own where one of the tallies that are shown counts something there.
    """
    region, risks = counts.scope.region, RiskLevel.objects.of_day(counts.scope.day)
    found = list(Region.objects.filter(path__startswith=region.path).exclude(pk=region.pk).order_by("code"))
    below = [one for one in found if one.parent_id == region.pk]
    places = [
        Figures(one.code, one.name, counts, place=one.code, risk=risks.get(one.pk, ""))
        for one in below
        if one.kind != Region.Kind.PARK
    ]
    if any(HERE in one.places for one in shown):
        places.append(Figures(HERE, f"{region.name}本级", counts, place=HERE, risk=risks.get(region.pk, "")))
    parks = [
        Figures(one.code, f"其中：{one.name}", counts, park=one.pk, risk=risks.get(one.pk, ""))
        for one in found
        if one.kind == Region.Kind.PARK
    ]
    return Overview(Figures(region.code, region.name, counts, risk=risks.get(region.pk, "")), _ranked(places), parks)


def _ranked(places: list[Figures]) -> list[Figures]:
    """By rate; after them what may not be ranked, in the order of codes."""
    rates = {one.code: one.resumption.rate or Fraction(0) for one in places if may_be_ranked(one.reporting)}
    placed = ranks(rates.values())
    found = [replace(one, rank=placed[rates[one.code]]) if one.code in rates else one for one in places]
    return sorted(found, key=lambda one: (one.rank is None, one.rank or 0))


# --- over days -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """Two rates of one day, as they are known now."""

    day: date
    resumption: Figure
    reporting: Figure


def trend(counts: Counts) -> list[Point]:
    """Of all days that were counted, the oldest first."""
    counted = zip(counts.all_days, counts.enterprises, strict=True)
    return [Point(day, one.tally.figure(RESUMPTION), one.tally.figure(REPORTING)) for day, one in counted]
