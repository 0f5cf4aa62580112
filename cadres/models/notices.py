from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.utils import timezone

from cadres.models.done_by import DoneBy
from cadres.models.mail import Mail
from cadres.models.people import Cadre

if TYPE_CHECKING:
    from datetime import datetime

MAILED_AT_ONCE_FROM_LEVEL: Final = 2


def short_moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}"


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def waiting(self) -> Self:
        return self.filter(delivered_at=None).order_by("pk")


class Outbox(models.Model):
    """What is to be told to somebody, written in the transaction of the act itself.

    `audience` names the people by what they are (see cadres.audience); who that is, is looked up at delivery. `key`
    makes a repeat the same notice. Rows are delivered by `cadres.tasks.deliver`; a lost queue message loses nothing.
    Nobody is mailed at night about what goes out `in_working_hours`; the inbox has it at once.
    `attachment` names, in settings.MAIL_ATTACHMENTS, who reads the file that goes with the e-mail.
    """

    key = models.CharField(max_length=120, unique=True)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    url = models.CharField("链接", max_length=200, blank=True)
    level = models.PositiveSmallIntegerField("督办级别", default=0)
    at_once = models.BooleanField("邮件立即发送", default=False, db_default=False)
    in_working_hours = models.BooleanField("邮件只在工作时间发送", default=False, db_default=False)
    attachment = models.CharField("附件", max_length=40, blank=True, db_default="")
    attachment_key = models.CharField(max_length=40, blank=True, db_default="")
    audience = models.JSONField(default=list)
    actor = DoneBy(Cadre, models.PROTECT, null=True, related_name="+")
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

    @property
    def is_mailed_at_once(self) -> bool:
        """What can't wait for the morning's digest."""
        return self.level >= MAILED_AT_ONCE_FROM_LEVEL or self.at_once or bool(self.attachment)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """One's own; a deputy does not read the principal's inbox, but gets notices of their own."""
        return self.filter(recipient=cadre.person)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def to_be_mailed(self, now: datetime) -> Self:
        """Due to go out by e-mail, and in none yet."""
        return self.filter(mail=None, mail_due_at__lte=now)


class Message(models.Model):
    """One notice in one cadre's inbox; the text is the outbox row's. `on_behalf_of` is whose notice a deputy gets too.

    `mail_due_at` is when it goes out by e-mail too, None where it does not; `mail` is the e-mail that carries it.
    """

    outbox = models.ForeignKey(Outbox, models.PROTECT, related_name="messages", db_index=False)
    recipient = models.ForeignKey(Cadre, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(Cadre, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True)
    mail_due_at = models.DateTimeField("邮件发送时间", null=True)
    in_digest = models.BooleanField(default=False)
    mail = models.ForeignKey(Mail, models.PROTECT, null=True, related_name="messages")

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ("-at", "-pk")
        constraints = (models.UniqueConstraint(fields=("outbox", "recipient"), name="message_once_per_recipient"),)
        indexes = (
            models.Index(fields=("recipient", "-at"), name="message_inbox"),
            models.Index(fields=("recipient",), name="message_unread", condition=models.Q(read_at=None)),
            # What is to go out by e-mail and is in none yet.
            models.Index(
                fields=("mail_due_at",),
                name="message_to_be_mailed",
                condition=models.Q(mail=None, mail_due_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def subject(self) -> str:
        """What it is about; to a deputy it says whose it is."""
        return f"【代{self.on_behalf_of.name}】{self.outbox.subject}" if self.on_behalf_of else self.outbox.subject

    @property
    def mail_words(self) -> str:
        """Where the e-mail stands, for the recipient; "" where none is sent."""
        if self.mail is None:
            if self.mail_due_at is None:
                return ""
            return f"邮件将于 {short_moment(self.mail_due_at)} 汇总发送" if self.in_digest else "邮件待发送"
        if self.mail.sent_at:
            return f"邮件 {short_moment(self.mail.sent_at)} 已发送"
        if self.mail.state == Mail.State.FAILED:
            return f"邮件发送失败：{self.mail.failure}"
        if self.mail.failure:
            return f"邮件未发出，{short_moment(self.mail.due_at)} 重试：{self.mail.failure}"
        return "邮件待发送"

    @property
    def has_lost_mail(self) -> bool:
        return self.mail is not None and self.mail.state == Mail.State.FAILED
