from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from cadres import history
from cadres.models.people import Cadre, held_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class DeputyshipQuerySet(models.QuerySet["Deputyship"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """Those in which one is represented, and those in which one represents."""
        return self.filter(Q(principal=cadre) | Q(deputy=cadre))

    def standing(self, today: date) -> Self:
        """Neither ended nor over: running, or still to begin."""
        return self.filter(ended_at=None, ends_on__gte=today)

    def in_force(self, today: date) -> Self:
        """Those by which the deputy may act today: within its dates, and both are still there and handle business."""
        there = Cadre.objects.doing_business().values("pk")
        return self.standing(today).filter(starts_on__lte=today, principal__in=there, deputy__in=there)

    def with_capacity(self) -> Self:
        """Ready for `capacity_of` without a further query."""
        return self.select_related("principal__department__region").annotate(**held_by("principal"))

    def with_people(self) -> Self:
        return self.select_related("principal__department", "deputy__department", "named_by", "ended_by")


@history.track()
class Deputyship(models.Model):
    """Who stands in for whom (AB岗), from a day to a day, both counted. Ended early where need be, never deleted."""

    principal = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="被代理人")
    deputy = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="代理人")
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("截止日期")
    reason = models.CharField("事由", max_length=100)
    named_by = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="指定人")
    named_at = models.DateTimeField("指定时间")
    ended_at = models.DateTimeField("提前结束时间", null=True)
    ended_by = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="结束人")

    objects = DeputyshipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "AB岗代理"
        ordering = ("-starts_on", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="deputyship_ends_after_start"),
            models.CheckConstraint(condition=~Q(principal=F("deputy")), name="deputyship_of_another"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="deputyship_ended_by_somebody",
            ),
            ExclusionConstraint(
                name="one_deputy_at_a_time",
                expressions=[
                    ("principal", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at=None),
            ),
        )
        # Whom one may act for is asked on every page.
        indexes = (models.Index(fields=("deputy",), name="deputyship_standing", condition=Q(ended_at=None)),)
        triggers: Sequence[pgtrigger.Trigger] = (pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.deputy.name}代{self.principal.name}"

    held_roles: list[str]  # the principal's, from with_capacity()
    held_rights: list[str]

    def capacity_of(self, person: Cadre) -> Cadre:
        """The principal for whom this person acts: whose rights and scope count. After with_capacity()."""
        principal = self.principal
        principal.deputy = person
        principal.held_roles, principal.held_rights = self.held_roles, self.held_rights
        return principal

    def state(self, today: date) -> tuple[str, str]:
        """In words and by colour."""
        if self.ended_at:
            return "已提前结束", "grey"
        if today > self.ends_on:
            return "已到期", "grey"
        return ("代理中", "green") if today >= self.starts_on else ("未开始", "blue")
