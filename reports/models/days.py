"""Counts that are kept so that pages need not count: of base enterprises by day, with marks of what changed since,
and of what pages compare with the day before.

Counting a city's base takes a second, so what was counted of a day is kept (reports.indicators.keeping) and read while
nothing that it counts was written. Whoever writes leaves a mark in the same transaction, by trigger, so that no way of
writing gets past it; marks are only inserted, so that nobody waits. A mark that is not yet committed is not seen by
whoever counts, who therefore leaves it, and the day is one that has changed until it is counted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef

from cadres.models import Region
from enterprises.models import OperatingStatus
from reports.models.bases import BaseEntry, BaseList

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

FRESH_DAYS: Final = 3  # a status of so many days ago still speaks for an enterprise (沿用)

# Which days change, of the rows that were written: a status speaks for the next days, too.
OF_STATUS: Final = """
    SELECT day + age FROM (SELECT DISTINCT day FROM {rows} AS written) AS days, generate_series(0, {fresh}) AS age
"""
OF_ENTRY: Final = """
    SELECT day::date FROM (SELECT DISTINCT base_id, joined_on, left_on FROM {rows} AS written) AS entry
    JOIN reports_baselist base ON base.id = entry.base_id,
    generate_series(entry.joined_on, COALESCE(entry.left_on, base.ends_on), interval '1 day') AS day
"""
OF_BASE: Final = """
    SELECT day::date FROM {rows} AS base, generate_series(base.starts_on, base.ends_on, interval '1 day') AS day
"""
MARK: Final = """
    INSERT INTO reports_daymark (day) SELECT DISTINCT * FROM ({days}) AS changed;
    RETURN NULL;
"""


WRITTEN: Final = {"insert": ("new_values",), "update": ("old_values", "new_values"), "delete": ("old_values",)}
OPERATIONS: Final = {"insert": pgtrigger.Insert, "update": pgtrigger.Update, "delete": pgtrigger.Delete}


def marking(days: str) -> tuple[pgtrigger.Trigger, ...]:
    """Triggers that leave a mark for each day that a statement changes; `days` selects them from the written rows."""
    return tuple(_trigger(operation, tables, days) for operation, tables in WRITTEN.items())


def _trigger(operation: str, tables: tuple[str, ...], days: str) -> pgtrigger.Trigger:
    selected = " UNION ".join(days.format(rows=table, fresh=FRESH_DAYS) for table in tables)
    return pgtrigger.Trigger(
        name=f"mark_days_{operation}",
        when=pgtrigger.After,
        operation=OPERATIONS[operation],
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(
            old="old_values" if "old_values" in tables else None, new="new_values" if "new_values" in tables else None
        ),
        func=MARK.format(days=selected),
    )


class MarkingStatus(OperatingStatus):
    """The statuses, as far as kept counts depend on them."""

    class Meta:
        proxy = True
        triggers = marking(OF_STATUS)


class MarkingEntry(BaseEntry):
    """The entries of base lists, as far as kept counts depend on them."""

    class Meta:
        proxy = True
        triggers = marking(OF_ENTRY)


class MarkingBase(BaseList):
    """The base lists, as far as kept counts depend on them: an entry counts while its list does."""

    class Meta:
        proxy = True
        triggers = marking(OF_BASE)


class DayMark(models.Model):
    """Something was written on which the figures of the day depend."""

    day = models.DateField()

    class Meta:
        verbose_name = verbose_name_plural = "待重算日期"
        # Whether a kept day still holds is asked by the dashboard and the workbench of leaders.
        indexes = (models.Index(fields=("day",), name="day_mark"),)

    def __str__(self) -> str:
        return str(self.day)


def marked(day: str) -> Exists:
    """Whether anything was written that this day depends on since it was counted."""
    return Exists(DayMark.objects.filter(day=OuterRef(day)))


class CountedDayQuerySet(models.QuerySet["CountedDay"]):
    def holding(self, days: Iterable[date]) -> Self:
        """Those of the days of which nothing was written since they were counted."""
        return self.filter(~marked("day"), day__in=list(days))


class CountedDay(models.Model):
    """A day of which the base enterprises of every city were counted."""

    day = models.DateField(unique=True)
    counted_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)  # when it was last seen that nothing had been written since

    objects = CountedDayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "已计数日期"

    def __str__(self) -> str:
        return str(self.day)


class Cell(models.Model):
    """So many rows of one region and park stood so."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    park = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    standing = models.SmallIntegerField()
    rows = models.PositiveIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.region} {self.standing}"


class DayCount(Cell):
    """Of the base enterprises on a day, with the people that these reported."""

    counted = models.ForeignKey(CountedDay, models.CASCADE, related_name="counts")
    due = models.BigIntegerField()
    on_duty = models.BigIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "每日计数"


class Moment(models.Model):
    """What was known of a day at an instant, of every city: what leaders see beside the same hour of the day before.

    Nothing marks what was written since; who reads it asks how old it is.
    """

    class Of(models.TextChoices):
        ENTERPRISES = "enterprises", "应复工企业"
        CASES = "cases", "诉求"
        OPEN_CASES = "open", "在办诉求"

    of = models.CharField(max_length=20, choices=Of)
    day = models.DateField()
    as_of = models.DateTimeField()
    # The key of the day's count that held as well: while it holds, nothing was written that the moment depends on.
    counted_day = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "即时计数"
        constraints = (models.UniqueConstraint(fields=("of", "day"), name="moment_is_one_of_a_day"),)

    def __str__(self) -> str:
        return f"{self.of} {self.day}"


class MomentCount(Cell):
    """Of the population of a moment."""

    counted = models.ForeignKey(Moment, models.CASCADE, related_name="counts")

    class Meta:
        verbose_name = verbose_name_plural = "即时计数明细"
