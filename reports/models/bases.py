from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from cadres.models import Cadre, Region
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from datetime import date


class BaseListQuerySet(models.QuerySet["BaseList"]):
    def of_day(self, day: date) -> Self:
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class BaseList(models.Model):
    """The enterprises that should have resumed (应复工), frozen by name for a period and a city."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="区域")
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期")
    frozen_at = models.DateTimeField("冻结时间")
    frozen_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="冻结人")

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


class BaseEntryQuerySet(models.QuerySet["BaseEntry"]):
    def counting_on(self, day: date) -> Self:
        """Entries that count on the day."""
        return self.filter(joined_on__lte=day).filter(Q(left_on=None) | Q(left_on__gt=day))


class BaseEntry(models.Model):
    """One enterprise on a base list. What joins or leaves after the freeze keeps its day and reason, by name."""

    base = models.ForeignKey(BaseList, models.PROTECT, related_name="entries")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name="企业")
    joined_on = models.DateField("列入日期")
    left_on = models.DateField("移出日期", null=True, blank=True)
    reason = models.CharField("变动原因", max_length=100, blank=True)

    objects = BaseEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应复工名单企业"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("base", "enterprise"), name="base_entry_once"),)

    def __str__(self) -> str:
        return str(self.enterprise)
