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
    ENTERPRISES,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    Figure,
    Scope,
    Tally,
    carried,
    may_be_ranked,
    ranks,
    tally,
)

if TYPE_CHECKING:
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
    """Total, places and parks from three counts; the total is counted, never added up from rates."""
    region, yesterday = scope.region, scope.day - timedelta(days=1)
    counts = Counts(tally(ENTERPRISES, scope), tally(ENTERPRISES, replace(scope, day=yesterday)), tally(CASES, scope))
    found = list(Region.objects.filter(path__startswith=region.path).exclude(pk=region.pk).order_by("code"))
    below = [one for one in found if one.parent_id == region.pk]
    places = [counts.of(one.code, one.name, place=one.code) for one in below if one.kind != Region.Kind.PARK]
    if HERE in counts.places:
        places.append(counts.of(HERE, f"{region.name}本级", place=HERE))
    parks = [counts.of(one.code, f"其中：{one.name}", park=one.pk) for one in found if one.kind == Region.Kind.PARK]
    return Overview(counts.of(region.code, region.name), _ranked(places), parks)


@dataclass(frozen=True)
class Counts:
    today: Tally
    before: Tally
    cases: Tally

    @property
    def places(self) -> set[str]:
        return self.today.places | self.cases.places

    def of(self, code: str, name: str, *, place: str | None = None, park: int | None = None) -> Figures:
        return Figures(
            code=code,
            name=name,
            base=self.today.figure(BASE, place=place, park=park).denominator,
            resumption=self.today.figure(RESUMPTION, place=place, park=park),
            reporting=self.today.figure(REPORTING, place=place, park=park),
            carried=carried(self.today, place=place, park=park),
            timeliness=self.cases.figure(TIMELINESS, place=place, park=park),
            before=self.before.figure(RESUMPTION, place=place, park=park),
            is_park=park is not None,
        )


def _ranked(places: list[Figures]) -> list[Figures]:
    """By rate; after them what may not be ranked, in the order of codes."""
    rates = {one.code: one.resumption.rate or Fraction(0) for one in places if may_be_ranked(one.reporting)}
    placed = ranks(rates.values())
    found = [replace(one, rank=placed[rates[one.code]]) if one.code in rates else one for one in places]
    return sorted(found, key=lambda one: (one.rank is None, one.rank or 0))
