"""Sending e-mail: each mail at least once, and never twice unless its sender died between sending and noting it.

The row is the work. A sender claims one mail in a short transaction, talks to the mail server outside of any, and
notes how it went. Who never comes back is succeeded after LEASE. A server that is down ends the run, so that nobody
waits for it once per mail; a mail that it refuses does not hold up the others.
"""

from __future__ import annotations

import logging
import smtplib
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from cadres import mail_texts
from cadres.models import Mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)

# Longer than any conversation with a server that answers within EMAIL_TIMEOUT each time.
LEASE: Final = timedelta(minutes=5)
# How long to wait after each failure; after the last one the mail has failed for good.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
LONGEST_REASON: Final = 300
SENDING: Final = 727_004  # the advisory lock of whoever sends
NO_SERVER: Final = "django.core.mail.backends.dummy.EmailBackend"
SERVICE_NOT_AVAILABLE: Final = 421


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail. `name` is what the recipient sees."""

    name: str
    content: bytes
    media_type: str


class Reader(Protocol):
    """Reads an attachment when its mail is sent; None where it is gone."""

    def __call__(self, key: str) -> Attachment | None: ...


class UndeliverableError(Exception):
    """This mail can't be sent, however often it is tried. The message is Chinese."""


def is_on() -> bool:
    """Whether the city has a mail server."""
    return bool(settings.EMAIL_BACKEND != NO_SERVER)


def send_due(clock: Callable[[], datetime] = timezone.now) -> int:
    """Send what is due, one mail after the other, until nothing is or the server is down. Returns how many were sent.

    Safe to run twice, late and beside itself; while one is at it others leave, so that a server that hangs holds up one
    worker and not all of them.
    """
    with _only_sender() as alone:
        return _send_all(clock) if alone else 0


def _send_all(clock: Callable[[], datetime]) -> int:
    sent, post = 0, Post()
    try:
        while mail := claim(clock()):
            failure = post.send(mail)
            note(mail, failure, now=clock())
            sent += failure is None
            if failure and failure.server_is_down:
                break
    finally:
        post.close()
    return sent


@contextmanager
def _only_sender() -> Iterator[bool]:
    """Whether nobody else is sending. The lock is the connection's, so who is killed leaves it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SENDING])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SENDING])


@transaction.atomic
def claim(now: datetime) -> Mail | None:
    """Take the next mail that is due, for LEASE."""
    waiting = Mail.objects.due(now).select_for_update(skip_locked=True, no_key=True, of=("self",))
    mail = waiting.select_related("recipient").first()
    if mail is None:
        return None
    mail.attempts += 1
    mail.state, mail.due_at = Mail.State.SENDING, now + LEASE
    if mail.kind != Mail.Kind.ADDRESS:
        mail.address = mail.recipient.email
    mail.save(update_fields=["attempts", "state", "due_at", "address"])
    return mail


def note(mail: Mail, failure: Failure | None, *, now: datetime) -> None:
    """Note how a try went, unless somebody else has taken the mail over meanwhile."""
    mine = Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING, attempts=mail.attempts)
    if failure is None:
        mine.update(state=Mail.State.SENT, sent_at=now, failure="")
        return
    logger.warning("Mail %s was not sent at the %s. try: %s", mail.pk, mail.attempts, failure.reason)
    reason = failure.reason[:LONGEST_REASON]
    if failure.for_good or mail.attempts > len(PAUSES):
        mine.update(state=Mail.State.FAILED, failure=reason)
    else:
        mine.update(state=Mail.State.WAITING, due_at=now + PAUSES[mail.attempts - 1], failure=reason)


@dataclass(frozen=True)
class Failure:
    """Why a try did not succeed, in Chinese; whether another can, and whether other mails would fare better."""

    reason: str
    for_good: bool = False
    server_is_down: bool = False


class Post:
    """The way to the mail server: opened for the first mail, kept for the next, opened anew after a failure."""

    def __init__(self) -> None:
        self._server: BaseEmailBackend | None = None

    def send(self, mail: Mail) -> Failure | None:
        try:
            message = _put_together(mail)
        except UndeliverableError as error:
            return Failure(str(error), for_good=True)
        except OSError as error:
            return Failure(f"附件读取失败：{error.strerror}")
        try:
            message.connection = self._open()
            message.send()
        except OSError as error:  # smtplib's errors are among them
            self.close()
            return failure_of(error)
        return None

    def close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.close()
        except OSError as error:
            logger.info("The mail server did not say good-bye: %s", error)

    def _open(self) -> BaseEmailBackend:
        if self._server is None:
            server = get_connection()
            server.open()
            self._server = server
        return self._server


def failure_of(error: OSError) -> Failure:
    """What an error of the server means for this mail and for the others."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _refused(code, text, for_good=code >= 500)
    if isinstance(error, smtplib.SMTPDataError):
        return _refused(error.smtp_code, error.smtp_error, for_good=error.smtp_code >= 500)
    if isinstance(error, smtplib.SMTPResponseException):  # it refuses us: sign-in, sender, greeting
        return _refused(error.smtp_code, error.smtp_error, server_is_down=True)
    return Failure(f"邮件服务器连接不上或没有回应：{error}", server_is_down=True)


def _refused(code: int, text: bytes | str, *, for_good: bool = False, server_is_down: bool = False) -> Failure:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    down = server_is_down or code == SERVICE_NOT_AVAILABLE
    return Failure(f"邮件服务器拒收（{code}）：{' '.join(said.split())}", for_good, down)


def _put_together(mail: Mail) -> EmailMessage:
    """The mail as it goes out. Its Message-ID stays the same however often it is tried."""
    if not mail.recipient.is_active:
        raise UndeliverableError("收件人账号已停用")
    try:
        validate_email(mail.address)
    except ValidationError as error:
        raise UndeliverableError("没有邮箱地址，或地址不对") from error
    attachment, is_lost = _attachment(mail)
    text = mail_texts.write(mail, attachment_is_lost=is_lost)
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">")
    message = EmailMessage(
        one_line(text.subject),
        text.body,
        to=[mail.address],
        headers={
            "Message-ID": f"<mail-{mail.pk}-{int(mail.made_at.timestamp() * 1000)}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    if attachment:
        message.attach(one_line(attachment.name), attachment.content, attachment.media_type)
    return message


def _attachment(mail: Mail) -> tuple[Attachment | None, bool]:
    """The file that goes with a notice, and whether there was one that is gone."""
    if mail.kind != Mail.Kind.NOTICE:
        return None, False
    row = mail.messages.select_related("outbox").get().outbox
    if not row.attachment:
        return None, False
    read = cast("Reader", import_string(settings.MAIL_ATTACHMENTS[row.attachment]))
    found = read(row.attachment_key)
    return found, found is None


def one_line(text: str) -> str:
    """Fit for a header: no line ends, no control characters."""
    plain = "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text)
    return " ".join(plain.split())
