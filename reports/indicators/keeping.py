"""Keeping what was counted of the base enterprises by day, so that a trend of days costs what one small table costs.

Kept counts are the same figures as `tally(ENTERPRISES, …)` and `attendance`, counted by these very rows and read only
while they hold: from when they were counted on, and as long as nothing was written that they depend on (reports.models
.days). Whatever is not kept is counted as it always was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from psycopg2.errors import SerializationFailure

from cadres.models import Region
from reports.indicators.definitions import ENTERPRISES
from reports.indicators.measures import attendance, with_people
from reports.indicators.numbers import Figure
from reports.indicators.places import place_below
from reports.indicators.scopes import Scope
from reports.indicators.tallying import Cell, Tally, tallies
from reports.models import CountedDay, DayCount, DayMark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

KEPT_DAYS: Final = 8  # what the trend of a week shows, and the day before it
# The clocks of two machines may differ by so much: what one has written already is in the other's future.
CLOCKS_DIFFER_BY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Day:
    """The base enterprises of a scope on one day: counted by standing, and the people that were reported."""

    tally: Tally
    attendance: Figure | None  # None where it is not kept


def days_of(scopes: Sequence[Scope], *, by_place: bool = True) -> list[Day]:
    """Of each scope, which are of one region and of different days; two statements, of which the second counts.

    `by_place` is that of `tallies`.
    """
    kept = _kept(scopes)
    missing = [scope for scope in scopes if scope.day not in kept]
    counted = zip(missing, tallies(ENTERPRISES, missing, by_place=by_place), strict=True)
    found = {**kept, **{scope.day: Day(one, None) for scope, one in counted}}
    return [found[scope.day] for scope in scopes]


def attendance_of(scope: Scope, day: Day) -> Figure:
    return attendance(scope) if day.attendance is None else day.attendance


def _kept(scopes: Sequence[Scope]) -> dict[date, Day]:
    region, known = scopes[0].region, Q()
    for scope in scopes:
        known |= Q(day=scope.day, counted_at__lte=scope.as_of)
    here = Q(park=region) if region.kind == Region.Kind.PARK else Q(region__path__startswith=region.path)
    holding = CountedDay.objects.holding(scope.day for scope in scopes).filter(known)
    rows = DayCount.objects.filter(here, counted__in=holding).annotate(place=place_below(region, "region__path"))
    summed: Any = rows.order_by().values_list("counted__day", "place", "park", "standing")
    cells: dict[date, dict[Cell, int]] = {}
    people: dict[date, Counter[str]] = {}
    for day, place, park, standing, count, due, on_duty in summed.annotate(Sum("rows"), Sum("due"), Sum("on_duty")):
        cells.setdefault(day, {})[Cell(place, park, standing)] = count
        people.setdefault(day, Counter()).update(due=due, on_duty=on_duty)
    return {day: Day(Tally(found), Figure(people[day]["on_duty"], people[day]["due"])) for day, found in cells.items()}


def keep_days(now: datetime) -> int:
    """Count those of the last days that are not kept or hold no longer. How many that were."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=back) for back in range(KEPT_DAYS)]
    holding = set(CountedDay.objects.holding(days).values_list("day", flat=True))
    return sum(keep_day(day, now) for day in days if day not in holding)


def keep_day(day: date, now: datetime) -> bool:
    """Count a day of every city as it is at one moment, and take away the marks of what was written before.

    False where somebody else counts it just now.
    """
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            _count(day, now)
    except OperationalError as error:
        if isinstance(error.__cause__, SerializationFailure):
            return False
        raise
    return True


def _count(day: date, now: datetime) -> None:
    DayMark.objects.filter(day=day).delete()
    CountedDay.objects.filter(day=day).delete()
    counted = CountedDay.objects.create(day=day, counted_at=now)
    cities = Region.objects.filter(kind=Region.Kind.CITY)
    for city in cities:
        scope = Scope.of_month(city, day, now + CLOCKS_DIFFER_BY)
        DayCount.objects.bulk_create(_counts(scope, counted), batch_size=5_000)


def _counts(scope: Scope, counted: CountedDay) -> list[DayCount]:
    rows = with_people(ENTERPRISES.rows(scope), scope).order_by().values_list("region", "park", "standing")
    summed = rows.annotate(rows=Count("pk"), sum_due=Sum("due"), sum_on_duty=Sum("on_duty"))
    return [
        DayCount(
            counted=counted, region_id=region, park_id=park, standing=standing,
            rows=count, due=due or 0, on_duty=on_duty or 0,
        )
        for region, park, standing, count, due, on_duty in summed
    ]  # fmt: skip
