"""The enterprises of the base on one day, each as it was counted, read with one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from cadres.models import Region
from enterprises.models import Enterprise
from reports.indicators import (
    AMOUNTS,
    ENTERPRISES,
    Amounts,
    PowerDay,
    Scope,
    Standing,
    place_below,
    power_day,
    with_amounts,
)

UNCLEAR = "未明确责任部门"

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
        return Kin(self.place, self.park, self.category, self.industry, self.trade, self.department)


class Kin(NamedTuple):
    """By what enterprises are put together."""

    place: str
    park: int | None
    category: str
    industry: str
    trade: str
    department: str


Key = Callable[[Row | Kin], str]


@dataclass(frozen=True)
class Day:
    """The rows of one day, and what was reported in numbers, summed for those that are always put together."""

    rows: list[Row]
    sums: dict[Kin, Amounts]
    power: PowerDay

    def amounts_by(self, key: Key) -> dict[str, Amounts]:
        found: defaultdict[str, Amounts] = defaultdict(Amounts)
        for kin, amounts in self.sums.items():
            found[key(kin)] = found[key(kin)].plus(amounts)
        return found


def of_day(scope: Scope) -> Day:
    power = power_day(scope)
    rows = _rows(scope, power)
    sums: defaultdict[Kin, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(AMOUNTS))
    for row in rows:
        held = sums[row.kin]
        for number, value in enumerate(row.amounts):
            if value is not None:
                held[number] += value
    return Day(rows, {kin: Amounts._make(values) for kin, values in sums.items()}, power)


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
    facts, (industry, trade), answers, standing, amounts = (
        values[:6],
        values[6:8],
        values[8:12],
        *values[12:13],
        values[13:],
    )
    return Row._make((*facts, industry[:1], trade, _department(*answers), Standing.of(standing), amounts))


def _department(kind: str, name: str | None, region: str | None, region_kind: str | None) -> str:
    """With its region, where the city's other districts have departments of the same name."""
    if kind != Enterprise.Kind.PROJECT:
        return ""
    if name is None or region is None:
        return UNCLEAR
    return name if region_kind == Region.Kind.CITY or name.startswith(region) else f"{region}{name}"
