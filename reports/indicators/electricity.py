"""The electricity index of resumption (复工电力指数): its formula, the rule in force, and the day of its data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from enterprises.models import OperatingStatus, OperatingStatusHistory
from reports.indicators.numbers import DASH, rounded
from reports.models import PowerRule
from reports.models.days import FRESH_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from reports.indicators.scopes import Scope

DECIMALS = 2


@dataclass(frozen=True)
class PowerDay:
    """The day whose electricity counts, None before there is any; and the rule of that day."""

    day: date | None
    rule: PowerRule


@dataclass(frozen=True)
class PowerIndex:
    """The index of some enterprises. It has no unit, and a difference of two is no 百分点.

    `drawn` is what those resumed by electricity drew on the day, `baseline` the normal day of all that have one,
    `known` how many of these have data of the day. Where none has, there is no index.
    """

    drawn: Decimal
    baseline: Decimal
    resumed: int
    enterprises: int
    known: int
    power: PowerDay

    @property
    def day(self) -> date | None:
        return self.power.day

    @property
    def value(self) -> Fraction | None:
        if not self.known:
            return None
        rule = self.power.rule
        return index(self.drawn, self.baseline, self.resumed, self.enterprises, rule)

    @property
    def text(self) -> str:
        return DASH if self.value is None else str(rounded(self.value, DECIMALS))

    def above(self, before: PowerIndex) -> Decimal | None:
        """The difference of two indices, without a unit."""
        if self.value is None or before.value is None:
            return None
        return rounded(self.value - before.value, DECIMALS)


def index(drawn: Decimal, baseline: Decimal, resumed: int, enterprises: int, rule: PowerRule) -> Fraction | None:
    """(kWh of the resumed ÷ baseline kWh of all × weight + resumed ÷ all × weight) × 100; None over nothing."""
    if not baseline or not enterprises:
        return None
    energy = Fraction(drawn) / Fraction(baseline) * Fraction(rule.energy_weight)
    return (energy + Fraction(resumed, enterprises) * Fraction(rule.count_weight)) * 100


def power_day(scope: Scope) -> PowerDay:
    """The latest day on or before the scope's of which the city has electricity data, and the rule of that day.

    A day on which only a few enterprises have data (a visit noted a meter, the power company's file is still to come)
    gives way to a day of the last three on which more than twice as many have.
    """
    return power_days([scope])[0]


def power_days(scopes: Sequence[Scope]) -> list[PowerDay]:
    """That of each of some scopes of one city, whose reports are read once."""
    days = [full or _latest_day(scope) for scope, full in zip(scopes, _latest_full_days(scopes), strict=True)]
    rules = [PowerRule.objects.in_force(day or scope.day) for scope, day in zip(scopes, days, strict=True)]
    return [PowerDay(day, rule) for day, rule in zip(days, rules, strict=True)]


def _latest_full_days(scopes: Sequence[Scope]) -> list[date | None]:
    recent = [(scope.day - timedelta(days=FRESH_DAYS), scope.day) for scope in scopes]
    whole = Q(day__range=(min(first for first, _ in recent), max(last for _, last in recent)))
    counts: list[Counter[date]] = [Counter() for _ in scopes]
    for reports, known in ((OperatingStatus, _standing), (OperatingStatusHistory, _replaced)):
        rows = reports.objects.filter(_of_city(scopes[0]), whole, reduce(or_, map(known, scopes)))
        numbers = {
            f"of_{place}": Count("pk", filter=known(scope) & Q(day__range=recent[place]))
            for place, scope in enumerate(scopes)
        }
        for day, *each in rows.order_by().values_list("day").annotate(**numbers):
            for counter, number in zip(counts, each, strict=True):
                counter[day] += number
    return [_fullest(counter) for counter in counts]


def _fullest(counts: Counter[date]) -> date | None:
    most = max(counts.values(), default=0)
    return max((day for day, rows in counts.items() if rows and rows * 2 >= most), default=None)


def _latest_day(scope: Scope) -> date | None:
    city = _of_city(scope) & Q(day__lte=scope.day)
    known = (
        OperatingStatus.objects.filter(city, _standing(scope)),
        OperatingStatusHistory.objects.filter(city, _replaced(scope)),
    )
    days = [rows.order_by("-day").values_list("day", flat=True).first() for rows in known]
    return max((day for day in days if day), default=None)


# Reports with electricity as they were at the end of a scope: those that stand, and those replaced since.


def _of_city(scope: Scope) -> Q:
    return Q(enterprise__region_path__startswith=scope.city_path, kwh__isnull=False)


def _standing(scope: Scope) -> Q:
    return Q(reported_at__lte=scope.as_of)


def _replaced(scope: Scope) -> Q:
    return Q(reported_at__lte=scope.as_of, replaced_at__gt=scope.as_of)
