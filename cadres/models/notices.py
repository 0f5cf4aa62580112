from __future__ import annotations

from typing import Self

from django.db import models

from cadres.models.people import Cadre


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def waiting(self) -> Self:
        return self.filter(delivered_at=None).order_by("pk")


class Outbox(models.Model):
    """What is to be told to somebody, written in the transaction of the act itself.

    `audience` names the people by what they are (see cadres.audience); who that is, is looked up at delivery. `key`
    makes a repeat the same notice. Rows are delivered by `cadres.tasks.deliver`; a lost queue message loses nothing.
    """

    key = models.CharField(max_length=120, unique=True)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    url = models.CharField("链接", max_length=200, blank=True)
    level = models.PositiveSmallIntegerField("督办级别", default=0)
    audience = models.JSONField(default=list)
    actor = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("产生时间")
    delivered_at = models.DateTimeField("送达时间", null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "待发通知"
        indexes = (models.Index(fields=("id",), name="outbox_waiting", condition=models.Q(delivered_at=None)),)

    def __str__(self) -> str:
        return self.subject


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(recipient=cadre)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Message(models.Model):
    """One notice in one cadre's inbox; the text is the outbox row's."""

    outbox = models.ForeignKey(Outbox, models.PROTECT, related_name="messages")
    recipient = models.ForeignKey(Cadre, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ("-at", "-pk")
        constraints = (models.UniqueConstraint(fields=("outbox", "recipient"), name="message_once_per_recipient"),)
        indexes = (
            models.Index(fields=("recipient", "-at"), name="message_inbox"),
            models.Index(fields=("recipient",), name="message_unread", condition=models.Q(read_at=None)),
        )

    def __str__(self) -> str:
        return self.outbox.subject
