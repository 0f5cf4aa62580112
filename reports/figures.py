"""The figures of a region and of everything one step below it, side by side, as they stand now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from cadres.models import Region
from reports.indicators import (
    BASE,
    CASES,
    COVERAGE,
    ENTERPRISES,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    TO_BE_COVERED,
    VISITED_RATE,
    Figure,
    Measures,
    PowerIndex,
    Scope,
    Tally,
    carried,
    may_be_ranked,
    measure,
    ranks,
    tally,
)
from reports.models import RiskLevel

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

HERE: Final = ""


@dataclass(frozen=True)
class Figures:
    """The indicators of one place. `code` leads to its rows; "" where no link can name them."""

    code: str
    name: str
    base: int
    resumption: Figure
    reporting: Figure
    carried: int
    timeliness: Figure
    before: Figure
    attendance: Figure
    utilisation: Figure
    power: PowerIndex
    coverage: Figure
    visited: Figure
    risk: str = ""
    rank: int | None = None
    is_park: bool = False
    is_total: bool = False

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


def overview(scope: Scope) -> Overview:
    """Total, places and parks, each counted with a few statements; no total is added up from rates."""
    region, yesterday = scope.region, scope.day - timedelta(days=1)
    counts = Counts(
        today=tally(ENTERPRISES, scope),
        before=tally(ENTERPRISES, replace(scope, day=yesterday)),
        cases=tally(CASES, scope),
        covered=tally(TO_BE_COVERED, scope),
        measures=measure(scope),
        risks=RiskLevel.objects.of_day(scope.day),
    )
    found = list(Region.objects.filter(path__startswith=region.path).exclude(pk=region.pk).order_by("code"))
    below = [one for one in found if one.parent_id == region.pk]
    places = [counts.of(one, place=one.code) for one in below if one.kind != Region.Kind.PARK]
    if HERE in counts.places:
        places.append(replace(counts.of(region, place=HERE), code=HERE, name=f"{region.name}本级"))
    parks = [counts.of(one, park=one.pk) for one in found if one.kind == Region.Kind.PARK]
    return Overview(counts.of(region), _ranked(places), parks)


@dataclass(frozen=True)
class Counts:
    """What was counted for the whole scope, by place and park."""

    today: Tally
    before: Tally
    cases: Tally
    covered: Tally
    measures: Measures
    risks: dict[int, str]

    @property
    def places(self) -> set[str]:
        return self.today.places | self.cases.places | self.covered.places

    def of(self, region: Region, *, place: str | None = None, park: int | None = None) -> Figures:
        amounts = self.measures.amounts(place=place, park=park)
        return Figures(
            code=region.code,
            name=region.name if park is None else f"其中：{region.name}",
            base=self.today.count(BASE.below, place=place, park=park),
            resumption=self.today.figure(RESUMPTION, place=place, park=park),
            reporting=self.today.figure(REPORTING, place=place, park=park),
            carried=carried(self.today, place=place, park=park),
            timeliness=self.cases.figure(TIMELINESS, place=place, park=park),
            before=self.before.figure(RESUMPTION, place=place, park=park),
            attendance=amounts.attendance,
            utilisation=amounts.utilisation,
            power=self.measures.index(place=place, park=park),
            coverage=self.covered.figure(COVERAGE, place=place, park=park),
            visited=self.covered.figure(VISITED_RATE, place=place, park=park),
            risk=self.risks.get(region.pk, ""),
            is_park=park is not None,
        )


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


def trend(scope: Scope, days: int = 7) -> list[Point]:
    """The last days up to the scope's, the oldest first; one statement a day."""
    found = []
    for back in range(days - 1, -1, -1):
        day = scope.day - timedelta(days=back)
        counted = tally(ENTERPRISES, replace(scope, day=day))
        found.append(Point(day, counted.figure(RESUMPTION), counted.figure(REPORTING)))
    return found
