"""Counting what pages show of a whole city, before they ask for it (reports.indicators.kept): what the worker does.

Of yesterday at this hour most is what it was a minute ago. As long as nothing was written on which that day depends,
only what was reported or replaced in the minute between is counted, as it stood before and as it stood after.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from psycopg2.errors import SerializationFailure, UniqueViolation

from cadres.among import among_these
from cadres.copying import copy_in
from cadres.models import Region
from enterprises.models import OperatingStatus, OperatingStatusHistory
from reports.indicators.definitions import ENTERPRISES
from reports.indicators.kept import OF
from reports.indicators.measures import with_people
from reports.indicators.scopes import Scope
from reports.models import CountedDay, DayCount, DayMark, Moment, MomentCount
from reports.models.days import FRESH_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

KEPT_DAYS: Final = 8  # what the trend of a week shows, and the day before it
A_DAY: Final = timedelta(days=1)
# The clocks of two machines may differ by so much: what one has written already is in the other's future.
CLOCKS_DIFFER_BY: Final = timedelta(minutes=1)
# After a longer gap, in which the worker stood still, all is counted anew.
CARRIED_ON_FOR: Final = timedelta(minutes=10)


class Pigeonhole(NamedTuple):
    """Where a row of a moment is counted: by the keys of its region and park, and by its standing."""

    region: int
    park: int | None
    standing: int


def keep_days(now: datetime) -> int:
    """Count those of the last days that are not kept or hold no longer. How many that were.

    What holds is as good as counted now: once something is written, it is read on for a moment (FRESH) from here.
    """
    today = timezone.localdate(now)
    days = [today - timedelta(days=back) for back in range(KEPT_DAYS)]
    holding = CountedDay.objects.holding(days)
    holding.update(held_at=now)
    held = set(holding.values_list("day", flat=True))
    return sum(_alone(lambda day=day: _count_day(day, now)) for day in days if day not in held)  # type: ignore[misc]


def keep_moments(now: datetime) -> None:
    """Count what changes by the minute, most of which is compared with the same hour of the day before."""
    today, before = timezone.localdate(now), timezone.localdate(now) - A_DAY
    for of, day, as_of in (
        (Moment.Of.OPEN_CASES, today, now),
        (Moment.Of.CASES, today, now),
        (Moment.Of.CASES, before, now - A_DAY),
        (Moment.Of.ENTERPRISES, before, now - A_DAY),
    ):
        _alone(lambda of=of, day=day, as_of=as_of: _count_moment(of, day, as_of))  # type: ignore[misc]
    Moment.objects.exclude(day__in=(today, before)).delete()


def _alone(count: Callable[[], None]) -> bool:
    """Count as everything is at one moment; False where somebody else counts the same just now."""
    try:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            count()
    except (OperationalError, IntegrityError) as error:
        if isinstance(error.__cause__, (SerializationFailure, UniqueViolation)):
            return False
        raise
    return True


def _count_day(day: date, now: datetime) -> None:
    """Of every city; the marks of what was written before are taken away."""
    DayMark.objects.filter(day=day).delete()
    CountedDay.objects.filter(day=day).delete()
    counted = CountedDay.objects.create(day=day, counted_at=now, held_at=now)
    for city in Region.objects.filter(kind=Region.Kind.CITY):
        scope = Scope.of_month(city, day, now + CLOCKS_DIFFER_BY)
        DayCount.objects.bulk_create(_counts_of_day(scope, counted), batch_size=5_000)


def _counts_of_day(scope: Scope, counted: CountedDay) -> list[DayCount]:
    rows = with_people(ENTERPRISES.rows(scope), scope).order_by().values_list("region", "park", "standing")
    summed = rows.annotate(rows=Count("pk"), sum_due=Sum("due"), sum_on_duty=Sum("on_duty"))
    return [
        DayCount(
            counted=counted, region_id=region, park_id=park, standing=standing,
            rows=count, due=due or 0, on_duty=on_duty or 0,
        )
        for region, park, standing, count, due, on_duty in summed
    ]  # fmt: skip


def _count_moment(of: str, day: date, as_of: datetime) -> None:
    """Of every city, anew or carried on from what was counted a little earlier."""
    counted_day = CountedDay.objects.holding([day]).first() if of == Moment.Of.ENTERPRISES else None
    former = _former(counted_day, as_of) if counted_day else None
    counts = _carried_on(former, as_of) if former else _counted(of, day, as_of)
    Moment.objects.filter(of=of, day=day).delete()
    moment = Moment.objects.create(of=of, day=day, as_of=as_of, counted_day=counted_day.pk if counted_day else None)
    columns = ("counted_id", "region_id", "park_id", "standing", "rows")
    copy_in(MomentCount._meta.db_table, columns, ((moment.pk, *hole, rows) for hole, rows in counts.items()))


def _former(counted_day: CountedDay, as_of: datetime) -> Moment | None:
    """What was counted of the base a little earlier, if nothing was written since that the day depends on.

    Whatever is written leaves a mark, and whoever takes marks away counts the day anew, which gives it another key.
    """
    return Moment.objects.filter(
        of=Moment.Of.ENTERPRISES,
        day=counted_day.day,
        counted_day=counted_day.pk,
        as_of__range=(as_of - CARRIED_ON_FOR, as_of),
    ).first()


def _carried_on(former: Moment, as_of: datetime) -> Counter[Pigeonhole]:
    """What was counted, without the enterprises of which something became known since, and with them as they are."""
    counts: Counter[Pigeonhole] = Counter()
    for region, park, standing, rows in former.counts.values_list("region", "park", "standing", "rows"):
        counts[Pigeonhole(region, park, standing)] = rows
    if changed := _reported_between(former.day, former.as_of, as_of):
        counts.subtract(_counted(former.of, former.day, former.as_of, changed))
        counts.update(_counted(former.of, former.day, as_of, changed))
    return +counts


def _reported_between(day: date, after: datetime, until: datetime) -> list[int]:
    """The keys of the enterprises whose standing on the day may be another at the second instant."""
    span = {"day__range": (day - timedelta(days=FRESH_DAYS), day)}
    reported = Q(reported_at__gt=after, reported_at__lte=until)
    # What was replaced at an instant was reported before it: none of these was replaced any earlier.
    replaced = OperatingStatusHistory.objects.filter(
        Q(replaced_at__lte=until) | reported, replaced_at__gt=after, **span
    )
    keys = OperatingStatus.objects.filter(reported, **span).order_by().values("enterprise")
    return list(keys.union(replaced.order_by().values("enterprise")).values_list("enterprise", flat=True))


def _counted(of: str, day: date, as_of: datetime, enterprises: list[int] | None = None) -> Counter[Pigeonhole]:
    """The rows of every city by pigeonhole; with `enterprises`, of the base, those of these alone."""
    regions: dict[str, int] = dict(Region.objects.order_by().values_list("path", "pk"))
    counts: Counter[Pigeonhole] = Counter()
    for city in Region.objects.filter(kind=Region.Kind.CITY):
        rows = OF[of].rows(Scope.of_month(city, day, as_of)).annotate(in_park=OF[of].in_park).order_by()
        if enterprises is not None:
            rows = rows.filter(among_these("enterprise", enterprises))
        # By path, which an index has, and not by key.
        cells: Any = rows.values_list(OF[of].path, "in_park", "standing").annotate(rows=Count("pk"))
        for path, park, standing, found in cells:
            counts[Pigeonhole(regions[path], park, standing)] += found
    return counts
