"""What people add to an appeal beside its steps: comments and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from appeals.models.appeal import Appeal
from cadres.models import AbstractUpload, Cadre, DoneBy

if TYPE_CHECKING:
    from datetime import datetime


class Comment(models.Model):
    """Something said about a case. It moves nothing and waits for nobody's lock."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="comments")
    cadre = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="留言人")
    text = models.TextField("内容", max_length=500)
    at = models.DateTimeField("时间")
    # Made by the form: sent twice, it is one comment.
    client_id = models.UUIDField(editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "留言"
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("cadre", "client_id"), name="comment_once_per_sending"),)

    def __str__(self) -> str:
        return self.text[:40]


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(appeal__in=Appeal.objects.visible_to(cadre).values("pk"))

    def valid(self) -> Self:
        return self.filter(voided_at=None)


class Attachment(AbstractUpload):
    """A file of a case. It is never deleted; who uploaded it may declare it void, and then nobody opens it."""

    class With(models.TextChoices):
        REGISTRATION = "registration", "登记"
        SETTLE = "settle", "现场办结"
        ANSWER = "answer", "直接答复"
        PROGRESS = "progress", "进展"
        REPLY = "reply", "答复"
        OPINE = "opine", "会办意见"
        COMMENT = "comment", "留言"
        ORDER = "order", "督办反馈"
        INSTRUCTION = "instruction", "批示件"
        FEEDBACK = "feedback", "批示反馈"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="attachments", verbose_name="诉求")
    given_with = models.CharField("随附", max_length=12, choices=With.choices)
    voided_at = models.DateTimeField("作废时间", null=True)
    void_reason = models.CharField("作废原因", max_length=100, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("appeal", "sha256"), condition=Q(voided_at=None), name="attachment_once_per_appeal"
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None) | ~Q(void_reason=""), name="attachment_is_void_for_a_reason"
            ),
        )

    def void(self, reason: str, now: datetime) -> None:
        """Once; who is second finds it void already."""
        Attachment.objects.valid().filter(pk=self.pk).update(voided_at=now, void_reason=reason)
