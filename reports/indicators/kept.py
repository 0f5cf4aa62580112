"""Reading what the worker counted, so that pages which show a whole city cost what one small table costs.

Kept counts are the same figures as `tallies` and `attendance`, counted by these very rows (reports.indicators.keeping).
Base enterprises are kept by day and read as long as nothing was written that they depend on (reports.models.days). What
was counted, or seen to hold, no longer ago than FRESH is read in any case: such pages may be a minute behind, and say
as of when they speak. Whatever is not kept is counted as it always was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Sum
from django.db.models.functions import JSONObject

from cadres.models import Region
from reports.indicators.definitions import CASES, ENTERPRISES, OPEN_CASES
from reports.indicators.measures import attendance
from reports.indicators.numbers import Figure
from reports.indicators.places import place_below
from reports.indicators.scopes import Scope
from reports.indicators.tallying import Cell, Tally, tallies
from reports.models import CountedDay, DayCount, Moment, MomentCount
from reports.models.days import marked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from reports.indicators.definitions import Population

FRESH: Final = timedelta(seconds=90)  # the worker counts every minute
OF: Final[dict[str, Population]] = {
    Moment.Of.ENTERPRISES: ENTERPRISES,
    Moment.Of.CASES: CASES,
    Moment.Of.OPEN_CASES: OPEN_CASES,
}


@dataclass(frozen=True)
class Known:
    """A population of a scope counted by standing, as it was known then."""

    tally: Tally
    as_of: datetime


@dataclass(frozen=True)
class Day(Known):
    """The base enterprises of a scope on one day, and the people that were reported."""

    attendance: Figure | None = None  # None where it is not kept


def days_of(scopes: Sequence[Scope], *, by_place: bool = True) -> list[Day]:
    """Of each scope, which are of one region and of different days; two statements, of which the second counts.

    `by_place` is that of `tallies`.
    """
    kept = _kept(scopes)
    missing = [scope for scope in scopes if scope.day not in kept]
    counted = zip(missing, tallies(ENTERPRISES, missing, by_place=by_place), strict=True)
    found = {**kept, **{scope.day: Day(one, scope.as_of) for scope, one in counted}}
    return [found[scope.day] for scope in scopes]


def attendance_of(scope: Scope, day: Day) -> Figure:
    return attendance(scope) if day.attendance is None else day.attendance


def _kept(scopes: Sequence[Scope]) -> dict[date, Day]:
    region, known = scopes[0].region, Q()
    for scope in scopes:
        usable = Q(marked=False) | Q(held_at__gte=scope.as_of - FRESH)
        known |= Q(day=scope.day, counted_at__lte=scope.as_of) & usable
    holding: Any = CountedDay.objects.annotate(marked=marked("day")).filter(known)
    holding = holding.annotate(cells=_cells(DayCount, region, "rows", "due", "on_duty"))
    instants = {scope.day: scope.as_of for scope in scopes}
    return {
        day: _day(cells, min(held_at, instants[day]) if is_marked else instants[day])
        for day, held_at, is_marked, cells in holding.values_list("day", "held_at", "marked", "cells")
    }


def _day(cells: Sequence[dict[str, Any]], as_of: datetime) -> Day:
    """None at all where nothing is to be resumed on that day, which is known as well."""
    people = Figure(sum(cell["on_duty"] for cell in cells), sum(cell["due"] for cell in cells))
    return Day(_tally(cells), as_of, people)


def _cells(counts: type[DayCount | MomentCount], region: Region, *sums: str) -> ArraySubquery:
    """The cells of what was counted, as a column of it, with what adds up in each."""
    rows: Any = counts.objects.filter(_within(region), counted=OuterRef("pk")).order_by()
    rows = rows.annotate(place=place_below(region, "region__path")).values("place", "park", "standing")
    summed = rows.annotate(**{f"sum_{name}": Sum(name) for name in sums})
    told = {name: f"sum_{name}" for name in sums}
    return ArraySubquery(summed.values(cell=JSONObject(place="place", park="park", standing="standing", **told)))


def _tally(cells: Sequence[dict[str, Any]]) -> Tally:
    return Tally({Cell(cell["place"], cell["park"], cell["standing"]): cell["rows"] for cell in cells})


def _within(region: Region) -> Q:
    return Q(park=region) if region.kind == Region.Kind.PARK else Q(region__path__startswith=region.path)


def moments_of(wanted: Sequence[tuple[str, Scope]], *, by_place: bool = True) -> list[Known]:
    """Each population (Moment.Of) of its scope, all of one region, as it was known then or up to FRESH earlier.

    One statement, and one more for each population of which something has to be counted. `by_place` is that of
    `tallies`.
    """
    kept = _kept_moments(wanted)
    missing: dict[str, list[Scope]] = {
        of: [scope for each, scope in wanted if each == of and (of, scope.day) not in kept] for of in OF
    }
    for of, scopes in missing.items():
        counted = zip(scopes, tallies(OF[of], scopes, by_place=by_place), strict=True)
        kept |= {(of, scope.day): Known(one, scope.as_of) for scope, one in counted}
    return [kept[of, scope.day] for of, scope in wanted]


def _kept_moments(wanted: Sequence[tuple[str, Scope]]) -> dict[tuple[str, date], Known]:
    """Of periods that begin with the day's month, which is what is kept."""
    region, known = wanted[0][1].region, Q()
    for of, scope in wanted:
        is_kept = OF[of].park or region.kind != Region.Kind.PARK
        if is_kept and scope == Scope.of_month(region, scope.day, scope.as_of):
            known |= Q(of=of, day=scope.day, as_of__range=(scope.as_of - FRESH, scope.as_of))
    if not known:
        return {}
    fresh: Any = Moment.objects.filter(known).annotate(cells=_cells(MomentCount, region, "rows"))
    fresh = fresh.values_list("of", "day", "as_of", "cells")
    return {(of, day): Known(_tally(found), as_of) for of, day, as_of, found in fresh}
