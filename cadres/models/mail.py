from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from cadres.models.people import Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from datetime import datetime


class MailQuerySet(models.QuerySet["Mail"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """The system administrator looks after the sending in their region and below; mails hold no text."""
        if not cadre.holds(Role.SYSADMIN) or cadre.region is None:
            return self.none()
        return self.filter(recipient__department__region__path__startswith=cadre.region.path)

    def due(self, now: datetime) -> Self:
        """To be tried now: for the first time, again after a failure, or because whoever tried never came back."""
        return self.filter(state__in=Mail.RUNNING, due_at__lte=now).order_by("due_at", "pk")


class Mail(models.Model):
    """One e-mail to one cadre: a notice, the day's digest of several, or the question whether an address is theirs.

    While somebody sends it, `due_at` is the instant from which it counts as abandoned; `attempts` tells one sender from
    the next. What it says is written when it is sent, from the messages that belong to it.
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", "单条提醒"
        DIGEST = "digest", "每日汇总"
        ADDRESS = "address", "邮箱验证"

    class State(models.TextChoices):
        WAITING = "waiting", "待发送"
        SENDING = "sending", "发送中"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"

    RUNNING = (State.WAITING, State.SENDING)

    recipient = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="收件人")
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    address = models.EmailField("邮箱", blank=True)
    digest_on = models.DateField("汇总日期", null=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField("产生时间")
    due_at = models.DateTimeField("下次发送")
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    sent_at = models.DateTimeField("发送时间", null=True)
    failure = models.CharField("失败原因", max_length=300, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "邮件"
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("recipient", "digest_on"), condition=Q(digest_on__isnull=False), name="mail_one_digest_a_day"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="mail_sent_at_some_time",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), name="mail_due", condition=Q(state__in=("waiting", "sending"))),
            models.Index(fields=("state", "-id"), name="mail_state"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.recipient}"

    @property
    def state_colour(self) -> str:
        if self.state == self.State.WAITING and self.failure:
            return "yellow"
        return {self.State.SENT: "green", self.State.FAILED: "red"}.get(self.State(self.state), "grey")
