"""What base enterprises reported in numbers: people on duty, capacity in use, electricity.

Each row carries what it adds above and below the line of a quotient, or nothing where it does not count. Sums of these
columns are the figures, and the rows that have them are the rows behind the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast

from enterprises.models import OperatingStatusHistory
from reports.indicators.electricity import PowerDay, PowerIndex, power_day
from reports.indicators.numbers import Figure
from reports.indicators.places import place_below
from reports.indicators.standings import name_of_report, report_of
from reports.models import BaseEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from reports.indicators.scopes import Scope

EXACT: Final = DecimalField(max_digits=24, decimal_places=6)
NOTHING: Final = Decimal(0)


class Amounts(NamedTuple):
    """Sums over base enterprises, or what one of them adds to the sums; None where it adds nothing.

    `capacity` is the headcount of those that reported utilisation, `in_use` that of it which works (满负荷折算). The
    last five are of those that have a baseline: what they drew, of how many it is known, who drew enough to count as
    resumed by electricity (0 or 1 each), what these drew, and the baseline of all.
    """

    due: Decimal = NOTHING
    on_duty: Decimal = NOTHING
    capacity: Decimal = NOTHING
    in_use: Decimal = NOTHING
    drawn: Decimal = NOTHING
    metered: Decimal = NOTHING
    powered: Decimal = NOTHING
    powered_drawn: Decimal = NOTHING
    with_baseline: Decimal = NOTHING
    baseline: Decimal = NOTHING

    def plus(self, other: Amounts) -> Amounts:
        return Amounts._make(one + (more or NOTHING) for one, more in zip(self, other, strict=True))

    @property
    def attendance(self) -> Figure:
        return Figure(int(self.on_duty), int(self.due))

    @property
    def utilisation(self) -> Figure:
        return Figure(self.in_use, int(self.capacity))


AMOUNTS: Final = Amounts._fields


def measured(scope: Scope, power: PowerDay | None = None) -> QuerySet[Any]:
    """The base enterprises, each annotated with its amounts (AMOUNTS), as they were known at `as_of`."""
    return with_amounts(BaseEntry.objects.of_day(scope.region, scope.day), scope, power or power_day(scope))


def attendance(scope: Scope) -> Figure:
    """Of the whole scope, with one statement."""
    entries = with_people(BaseEntry.objects.of_day(scope.region, scope.day), scope)
    sums = entries.aggregate(on_duty=Sum("on_duty"), due=Sum("due"))
    return Amounts(on_duty=sums["on_duty"] or NOTHING, due=sums["due"] or NOTHING).attendance


def with_people(entries: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
    """Each with `due` and `on_duty` as they add to 返岗率."""
    reported = entries.annotate(**report_of(scope.day)).annotate(**_people_reported(scope))
    found: QuerySet[Any] = reported.annotate(**_people())
    return found


def with_amounts(entries: QuerySet[Any], scope: Scope, power: PowerDay) -> QuerySet[Any]:
    days = {scope.day, power.day or scope.day}
    entries = entries.annotate(**{name: report for day in days for name, report in report_of(day).items()})
    entries = entries.annotate(
        **_people_reported(scope),
        reported_utilisation=_known("utilisation", scope.day, scope.as_of),
        kwh=_known("kwh", power.day, scope.as_of),
    )
    found: QuerySet[Any] = entries.annotate(**_people(), **_capacity(), **_electricity(power))
    return found


def _people_reported(scope: Scope) -> dict[str, Case | Cast]:
    return {
        "reported_due": _known("due", scope.day, scope.as_of),
        "reported_on_duty": _known("on_duty", scope.day, scope.as_of),
    }


def _known(column: str, day: date | None, as_of: datetime) -> Case | Cast:
    """A column of the day's report as it was at the instant; a report that has been replaced since, as it then was."""
    output = EXACT if column in {"kwh", "utilisation"} else IntegerField()
    if day is None:
        return Cast(Value(None), output)
    then = (
        OperatingStatusHistory.objects.filter(
            enterprise=OuterRef("enterprise"), day=day, reported_at__lte=as_of, replaced_at__gt=as_of
        )
        .order_by("-replaced_at")
        .values(column)[:1]
    )
    relation = name_of_report(day)
    return Case(
        When(Q((f"{relation}__reported_at__lte", as_of)), then=F(f"{relation}__{column}")),
        When(Q((f"{relation}__reported_at__gt", as_of)), then=Subquery(then)),
        output_field=output,
    )


def _people() -> dict[str, Case]:
    both = Q(reported_due__isnull=False, reported_on_duty__isnull=False)
    return {
        "due": Case(When(both, then="reported_due"), output_field=EXACT),
        "on_duty": Case(When(both, then="reported_on_duty"), output_field=EXACT),
    }


def _capacity() -> dict[str, Case]:
    weighed = Q(reported_utilisation__isnull=False, enterprise__headcount__gt=0)
    in_use = F("reported_utilisation") * F("enterprise__headcount") / Value(Decimal(100))
    return {
        "capacity": Case(When(weighed, then="enterprise__headcount"), output_field=EXACT),
        "in_use": Case(When(weighed, then=in_use), output_field=EXACT),
    }


def _electricity(power: PowerDay) -> dict[str, Case]:
    has_baseline = Q(enterprise__baseline_kwh__gt=0)
    metered = has_baseline & Q(kwh__isnull=False)
    enough = metered & Q(kwh__gte=F("enterprise__baseline_kwh") * Value(power.rule.threshold / 100))
    one = Value(Decimal(1))
    return {
        "drawn": Case(When(metered, then="kwh"), output_field=EXACT),
        "metered": Case(When(metered, then=one), output_field=EXACT),
        "powered": Case(When(enough, then=one), output_field=EXACT),
        "powered_drawn": Case(When(enough, then="kwh"), output_field=EXACT),
        "with_baseline": Case(When(has_baseline, then=one), output_field=EXACT),
        "baseline": Case(When(has_baseline, then="enterprise__baseline_kwh"), output_field=EXACT),
    }


@dataclass(frozen=True)
class Measures:
    """Amounts of a region by the next region below and by park. Totals are sums of amounts; parks are never added."""

    sums: Mapping[tuple[str, int | None], Amounts]
    power: PowerDay

    def amounts(self, *, place: str | None = None, park: int | None = None) -> Amounts:
        found = Amounts()
        for (here, inside), sums in self.sums.items():
            if place in {None, here} and park in {None, inside}:
                found = found.plus(sums)
        return found

    def index(self, *, place: str | None = None, park: int | None = None) -> PowerIndex:
        return index_of(self.amounts(place=place, park=park), self.power)


def index_of(amounts: Amounts, power: PowerDay) -> PowerIndex:
    return PowerIndex(
        drawn=amounts.powered_drawn,
        baseline=amounts.baseline,
        resumed=int(amounts.powered),
        enterprises=int(amounts.with_baseline),
        known=int(amounts.metered),
        power=power,
    )


def measure(scope: Scope) -> Measures:
    """Sum what was reported for a region, for everything one step below it and for its parks. A few statements."""
    power = power_day(scope)
    rows = (
        measured(scope, power)
        .annotate(place_code=place_below(scope.region, "region__path"))
        .order_by()
        .values_list("place_code", "park")
        .annotate(rows=Count("pk"), **{f"sum_{name}": Sum(name) for name in AMOUNTS})
    )
    sums = {(place, park): Amounts._make(value or NOTHING for value in values) for place, park, _count, *values in rows}
    return Measures(sums, power)
