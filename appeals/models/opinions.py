"""Opinions of co-departments (会办意见): who was asked for one, until when, and what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from appeals.models.appeal import Appeal
from cadres.models import Cadre, Department, DoneBy
from workflow.models import Unit

if TYPE_CHECKING:
    from datetime import datetime


class OpinionQuerySet(models.QuerySet["Opinion"]):
    def asked(self) -> Self:
        """Those that are still wanted, given or not."""
        return self.filter(withdrawn_at=None)

    def awaited(self) -> Self:
        """Asked for and not given yet."""
        return self.asked().filter(given_at=None)

    def of_round_in_hand(self) -> Self:
        return self.filter(round=F("appeal__round"))


class Opinion(models.Model):
    """One department's opinion on an appeal in one round; asked for by naming the department (转办, 改派, 重办).

    `limit_amount` and `limit_unit` set the due date, "" where a day was chosen instead. `given_at` is the instant of
    the first word, `text` the last one. Withdrawn: the department left the case before it said anything.
    """

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="opinions")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name="协办单位")
    round = models.PositiveSmallIntegerField("轮次")
    asked_at = models.DateTimeField("征求时间")
    limit_amount = models.PositiveIntegerField(default=0)
    limit_unit = models.CharField(max_length=10, choices=Unit.choices, blank=True)
    due_at = models.DateTimeField("会办意见时限")
    text = models.TextField("会办意见", blank=True)
    given_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="出具人")
    given_at = models.DateTimeField("出具时间", null=True)
    withdrawn_at = models.DateTimeField("撤销时间", null=True)

    objects = OpinionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "会办意见"
        ordering = ("-round", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("appeal", "round", "department"), condition=Q(withdrawn_at=None), name="opinion_once_per_round"
            ),
            models.CheckConstraint(
                condition=Q(given_at=None, given_by=None, text="") | Q(given_at__isnull=False, given_by__isnull=False),
                name="opinion_is_given_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(given_at=None), name="opinion_given_is_not_withdrawn"
            ),
        )
        indexes = (
            # What waits for a department.
            models.Index(
                fields=("department", "appeal"),
                name="opinion_awaited",
                condition=Q(withdrawn_at=None, given_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.department}会办意见"

    def is_late(self, now: datetime) -> bool:
        """Given too late, or not given though it is due."""
        return (self.given_at or now) > self.due_at
