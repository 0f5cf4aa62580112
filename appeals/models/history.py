from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from appeals.models.appeal import Appeal
from appeals.workflow import STEPS, SUPERVISING
from workflow import protection
from workflow.models import AbstractEvent, Trigger


class Event(AbstractEvent):
    """One step taken on an appeal; the appeal's history, which nobody can change."""

    # Found by event_of_appeal.
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="events", db_index=False)

    class Meta(AbstractEvent.Meta):
        verbose_name = verbose_name_plural = "办理记录"
        indexes = (
            models.Index(fields=("appeal", "txid"), name="event_of_appeal"),
            # “我已督办” of the queue, without looking at an event.
            models.Index(
                fields=("cadre", "appeal"),
                name="event_supervised",
                condition=Q(step__in=SUPERVISING),
                include=("on_behalf_of",),
            ),
        )
        triggers = protection.guards_of_event(STEPS)

    def __str__(self) -> str:
        return f"{self.label} {self.at}"

    @property
    def label(self) -> str:
        if self.step == "sign" and self.cadre_id is None:
            return "视为签收"
        return STEPS[self.step].label


class Round(models.Model):
    """One round of handling: from 转办 (or 重办) to 审核通过, with the deadline in force and the first one."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="rounds", db_index=False)
    number = models.PositiveSmallIntegerField("轮次")
    started_at = models.DateTimeField("开始时间")
    original_due_at = models.DateTimeField("原办理时限")
    due_at = models.DateTimeField("办理时限")
    settled_at = models.DateTimeField("办结时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "办理轮次"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("appeal", "number"), name="round_once"),)
        # Few rounds of all are settled late.
        indexes = (models.Index(fields=("appeal",), name="round_late", condition=Q(settled_at__gt=F("due_at"))),)

    def __str__(self) -> str:
        return f"{self.appeal} 第{self.number}轮"


class Escalation(models.Model):
    """One rung of the ladder that an appeal reached. The unique key makes it happen exactly once.

    `occurrence` tells repeats apart: the stay in a status for waiting (an appeal may wait for review twice in one
    round), and the repetition for 长期超期. `subject` tells what is late where that is not the appeal itself: the key
    of a co-department's opinion or of an instruction, whose own round `round` is then.
    """

    # Found by the unique key, which begins with it.
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="escalations", db_index=False)
    trigger = models.CharField("触发条件", max_length=20, choices=Trigger.choices)
    round = models.PositiveSmallIntegerField("轮次")
    level = models.PositiveSmallIntegerField("督办级别")
    occurrence = models.PositiveSmallIntegerField(default=0)
    subject = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField("应触发时间")
    at = models.DateTimeField("触发时间")
    listed = models.BooleanField("通报点名", default=False)
    notified = models.BooleanField("已通知", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "升级督办"
        ordering = ("due_at", "level")
        constraints = (
            models.UniqueConstraint(
                fields=("appeal", "trigger", "round", "level", "occurrence", "subject"), name="escalation_exactly_once"
            ),
            models.CheckConstraint(condition=Q(level__lte=4), name="escalation_level_0_to_4"),
        )
        indexes = (models.Index(fields=("at",), name="escalation_of_day"),)

    def __str__(self) -> str:
        return f"{self.appeal} {self.get_trigger_display()} {self.level}"
