from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from cadres import history
from cadres.models import Cadre, DoneBy, Region
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from datetime import date


class BaseListQuerySet(models.QuerySet["BaseList"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """The lists of the city that the cadre's region lies in; what stands on them is cut to the region."""
        return self.filter(region__code=cadre.region_scope.partition("/")[0])

    def of_day(self, day: date) -> Self:
        return self.filter(starts_on__lte=day, ends_on__gte=day)


@history.track()
class BaseList(models.Model):
    """The enterprises that should have resumed (应复工), frozen by name for a period and a city."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期")
    frozen_at = models.DateTimeField("冻结时间")
    frozen_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="冻结人")

    objects = BaseListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应复工名单"
        ordering = ("-starts_on",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="base_list_ends_after_start"),
            ExclusionConstraint(
                name="one_base_list_at_a_time",
                expressions=[
                    ("region", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        )

    def __str__(self) -> str:
        return f"{self.region} {self.starts_on}–{self.ends_on}"

    @property
    def month(self) -> str:
        """2026 年 11 月, as which a list of a whole month is known."""
        return f"{self.starts_on.year} 年 {self.starts_on.month} 月"


class BaseEntryQuerySet(models.QuerySet["BaseEntry"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(region__path__startswith=cadre.region_scope) if cadre.region_scope else self.none()

    def of_day(self, region: Region, day: date) -> Self:
        """Entries that count on the day for the region, or for the park, on the list of their city."""
        here = Q(park=region) if region.kind == Region.Kind.PARK else Q(region__path__startswith=region.path)
        lists = BaseList.objects.of_day(day).filter(region__code=region.path.partition("/")[0])
        # There is one at most. As a join it would pass for holding hardly an entry of all.
        return self.filter(here, base=lists.values("pk")[:1]).counting_on(day)

    def counting_on(self, day: date) -> Self:
        return self.filter(joined_on__lte=day).filter(Q(left_on=None) | Q(left_on__gt=day))

    def open(self) -> Self:
        """Entries that nothing has ended yet."""
        return self.filter(left_on=None)


@history.track()
class BaseEntry(models.Model):
    """One enterprise on a base list, with the region and park for which it counts there.

    `left_on` is the first day that no longer counts. What joins or leaves after the freeze says why; an enterprise
    that moves leaves for one region and joins for another.
    """

    base = models.ForeignKey(BaseList, models.PROTECT, related_name="entries")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    park = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", verbose_name="园区")
    joined_on = models.DateField("列入日期")
    joined_because = models.CharField("列入原因", max_length=200, blank=True)
    left_on = models.DateField("移出日期", null=True, blank=True)
    left_because = models.CharField("移出原因", max_length=200, blank=True)

    objects = BaseEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应复工名单企业"
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="base_entry_leaves_after_joining"
            ),
            ExclusionConstraint(
                name="base_entry_counts_once_a_day",
                expressions=[
                    ("base", RangeOperators.EQUAL),
                    ("enterprise", RangeOperators.EQUAL),
                    (
                        Func(F("joined_on"), F("left_on"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        )

    def __str__(self) -> str:
        return str(self.enterprise)
