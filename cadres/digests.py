"""Which notices go out by e-mail and when; in the morning, those that wait become one digest for each person."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol, cast

from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.module_loading import import_string

from cadres.models import Mail, MailManner, Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cadres.models import Cadre, Outbox

BATCH: Final = 500
GATHERING: Final = 727_002  # the advisory lock of whoever gathers
LONGEST_REST: Final = 31  # days; no holiday lasts longer


class WorkingDay(Protocol):
    def __call__(self, day: date, region_path: str) -> bool: ...


class WorkingInstant(Protocol):
    def __call__(self, moment: datetime, region_path: str) -> datetime: ...


def plan(message: Message, row: Outbox, recipient: Cadre, now: datetime) -> None:
    """Say on a new message when it goes out by e-mail, as its urgency and the recipient's choice want it."""
    if not recipient.email or recipient.mail_manner == MailManner.OFF:
        return
    if row.is_mailed_at_once or recipient.mail_manner == MailManner.AT_ONCE:
        message.mail_due_at = next_working_instant(now, recipient) if row.in_working_hours else now
    elif recipient.mail_manner == MailManner.DIGEST:
        message.mail_due_at, message.in_digest = next_morning(now, recipient), True


def next_working_instant(now: datetime, recipient: Cadre) -> datetime:
    """Now where people work, else when they next do, by the calendar of the recipient's region."""
    return _working_instant()(now, recipient.region.path if recipient.region else "")


def next_morning(now: datetime, recipient: Cadre) -> datetime:
    """The next working day's DIGEST_TIME, by the calendar of the recipient's region."""
    path = recipient.region.path if recipient.region else ""
    first = timezone.localtime(now)
    for ahead in range(LONGEST_REST):
        day = first.date() + timedelta(days=ahead)
        at = timezone.make_aware(datetime.combine(day, settings.DIGEST_TIME))
        if at > now and _working_day()(day, path):
            return at
    return now + timedelta(days=LONGEST_REST)


def gather(now: datetime) -> None:
    """Make the mails of the messages that are due. One at a time does it; who comes second finds it being done."""
    with transaction.atomic():
        if _alone():
            while _gather_single(now):
                pass
            _gather_digests(now)


def _gather_single(now: datetime) -> int:
    due = Message.objects.to_be_mailed(now).filter(in_digest=False).select_related("recipient")
    messages = list(due.order_by("mail_due_at", "pk")[:BATCH])
    mails = Mail.objects.bulk_create(_mail(message.recipient, Mail.Kind.NOTICE, now) for message in messages)
    for message, mail in zip(messages, mails, strict=True):
        message.mail = mail
    Message.objects.bulk_update(messages, ["mail"])
    return len(messages)


def _gather_digests(now: datetime) -> None:
    """One digest a day for each person, of what they have not read by then."""
    today = timezone.localdate(now)
    due = Message.objects.to_be_mailed(now).filter(in_digest=True)
    due.exclude(read_at=None).update(mail_due_at=None)
    _postpone(due.filter(recipient__in=Mail.objects.filter(digest_on=today).values("recipient")), now)
    people = {message.recipient_id: message.recipient for message in due.select_related("recipient")}
    mails = [_mail(person, Mail.Kind.DIGEST, now) for person in people.values()]
    for mail in mails:
        mail.digest_on = today
    Mail.objects.bulk_create(mails, batch_size=BATCH)
    mine = Mail.objects.filter(recipient=OuterRef("recipient"), digest_on=today)
    due.filter(recipient__in=people).update(mail=Subquery(mine.values("pk")))


def _postpone(messages: Iterable[Message], now: datetime) -> None:
    """What missed today's digest goes with the next."""
    late = list(messages.select_related("recipient__department__region"))  # type: ignore[attr-defined]
    for message in late:
        message.mail_due_at = next_morning(now, message.recipient)
    Message.objects.bulk_update(late, ["mail_due_at"], batch_size=BATCH)


def _mail(recipient: Cadre, kind: Mail.Kind, now: datetime) -> Mail:
    return Mail(recipient=recipient, kind=kind, address=recipient.email, made_at=now, due_at=now)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [GATHERING])
        return bool(cursor.fetchone()[0])


@cache
def _working_day() -> WorkingDay:
    """Named in the settings, for the calendar is a floor above."""
    return cast("WorkingDay", import_string(settings.WORKING_DAY))


@cache
def _working_instant() -> WorkingInstant:
    return cast("WorkingInstant", import_string(settings.WORKING_INSTANT))
