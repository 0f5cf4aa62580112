"""Counting rows by place, park and standing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Count, IntegerField, Value

from reports.indicators.numbers import Figure
from reports.indicators.places import place_below
from reports.indicators.standings import codes_where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from reports.indicators.definitions import Indicator, Population
    from reports.indicators.scopes import Scope

CARRIED = codes_where(lambda standing: standing.carried)


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
    return tallies(population, [scope])[0]


def tallies(population: Population, scopes: Sequence[Scope], *, by_place: bool = True) -> list[Tally]:
    """Count it for each of the scopes, with one statement for all of them.

    Not `by_place`, all that is counted stands in the region itself: enough for figures of the whole scope, and cheaper.
    """
    if not scopes:
        return []
    first, *others = (_cells(population, scope, number, by_place) for number, scope in enumerate(scopes))
    found: list[dict[Cell, int]] = [{} for _ in scopes]
    for number, place, park, standing, rows in first.union(*others, all=True) if others else first:
        found[number][Cell(place, park, standing)] = rows
    return [Tally(cells) for cells in found]


def _cells(population: Population, scope: Scope, number: int, by_place: bool) -> QuerySet[Any, Any]:
    placed = population.rows(scope).annotate(
        of_scope=Value(number, IntegerField()),
        place_code=place_below(scope.region, population.path) if by_place else Value(""),
        place_park=population.in_park if by_place else Value(None, IntegerField()),
    )
    cells = placed.order_by().values_list("of_scope", "place_code", "place_park", "standing")
    counted: QuerySet[Any, Any] = cells.annotate(rows=Count("pk"))
    return counted


def carried(rows: Tally, *, place: str | None = None, park: int | None = None) -> int:
    """How many enterprises of the base stand as they did on an earlier day (沿用)."""
    return rows.count(CARRIED, place=place, park=park)
