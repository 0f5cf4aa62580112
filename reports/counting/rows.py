"""The enterprises of the base on one day, each as it was counted, read with one statement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from cadres.models import Region
from enterprises.models import Enterprise
from reports.indicators import (
    AMOUNTS,
    ENTERPRISES,
    STANDINGS,
    Amounts,
    PowerDay,
    Scope,
    Standing,
    place_below,
    power_day,
    with_amounts,
)

UNCLEAR = "未明确责任部门"
RESUMED = frozenset(standing for standing in STANDINGS if standing.resumed)

Reported = tuple[Decimal | None, ...]  # what one enterprise adds to the Amounts


class Row(NamedTuple):
    """One enterprise of the base on one day, as it was counted.

    `department` answers for a key project (重点工程): its name, UNCLEAR where nobody does; "" for other enterprises.
    """

    enterprise: int
    name: str
    credit_code: str | None
    place: str
    park: int | None
    category: str
    industry: str
    trade: str
    department: str
    standing: Standing
    amounts: Reported

    @property
    def kin(self) -> Kin:
        return Kin._make(self[3:9])


class Kin(NamedTuple):
    """By what enterprises are put together."""

    place: str
    park: int | None
    category: str
    industry: str
    trade: str
    department: str


Key = Callable[[Kin], str]


@dataclass
class Heads:
    """How many enterprises stand how, and which of them have resumed."""

    standings: Counter[Standing] = field(default_factory=Counter)
    resumed: set[int] = field(default_factory=set)

    def count(self, counts: Callable[[Standing], bool]) -> int:
        return sum(number for standing, number in self.standings.items() if counts(standing))

    def add(self, other: Heads) -> None:
        self.standings.update(other.standings)
        self.resumed |= other.resumed


@dataclass(frozen=True)
class Day:
    """The rows of one day; heads and what was reported in numbers, summed for those that are always put together."""

    rows: list[Row]
    heads: dict[Kin, Heads]
    sums: dict[Kin, Amounts]
    power: PowerDay

    def heads_by(self, key: Key) -> dict[str, Heads]:
        found: defaultdict[str, Heads] = defaultdict(Heads)
        for kin, heads in self.heads.items():
            found[key(kin)].add(heads)
        return found

    def amounts_by(self, key: Key) -> dict[str, Amounts]:
        found: defaultdict[str, Amounts] = defaultdict(Amounts)
        for kin, amounts in self.sums.items():
            found[key(kin)] = found[key(kin)].plus(amounts)
        return found


def of_day(scope: Scope) -> Day:
    power = power_day(scope)
    rows = _rows(scope, power)
    alike: defaultdict[Kin, list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.kin].append(row)
    heads = {kin: _heads(some) for kin, some in alike.items()}
    return Day(rows, heads, {kin: _amounts(some) for kin, some in alike.items()}, power)


def _heads(rows: list[Row]) -> Heads:
    resumed = {row.enterprise for row in rows if row.standing in RESUMED}
    return Heads(Counter([row.standing for row in rows]), resumed)


def _amounts(rows: list[Row]) -> Amounts:
    columns = zip(*(row.amounts for row in rows), strict=True)
    return Amounts._make(sum((value for value in column if value is not None), Decimal(0)) for column in columns)


def _rows(scope: Scope, power: PowerDay) -> list[Row]:
    found = (
        with_amounts(ENTERPRISES.rows(scope), scope, power)
        .annotate(place_code=place_below(scope.region, ENTERPRISES.path))
        .order_by("region__path", "enterprise")
        .values_list(
            "enterprise",
            "enterprise__name",
            "enterprise__credit_code",
            "place_code",
            "park",
            "enterprise__category",
            "enterprise__industry",
            "enterprise__industry_group",
            "enterprise__kind",
            "enterprise__responsible__name",
            "enterprise__responsible__region__name",
            "enterprise__responsible__region__kind",
            "standing",
            *AMOUNTS,
        )
    )
    return [_row(*values) for values in found]


def _row(*values: Any) -> Row:
    """The industry by its section, the standing by its code, and the amounts together."""
    enterprise, name, code, place, park, category, industry, trade, *answers, standing = values[:13]
    department, known = _department(*answers), Standing.of(standing)
    return Row(enterprise, name, code, place, park, category, industry[:1], trade, department, known, values[13:])


def _department(kind: str, name: str | None, region: str | None, region_kind: str | None) -> str:
    """With its region, where the city's other districts have departments of the same name."""
    if kind != Enterprise.Kind.PROJECT:
        return ""
    if name is None or region is None:
        return UNCLEAR
    return name if region_kind == Region.Kind.CITY or name.startswith(region) else f"{region}{name}"
