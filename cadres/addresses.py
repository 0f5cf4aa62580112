"""Changing one's own e-mail address: it counts once somebody who is signed in brings what was mailed to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.core import signing

from cadres import tasks
from cadres.hints import hint
from cadres.mail_texts import ADDRESS_SALT
from cadres.models import Cadre, Mail

if TYPE_CHECKING:
    from datetime import datetime

VALID: Final = timedelta(hours=1)
MAILS_AN_HOUR: Final = 3


def asked_too_often(cadre: Cadre, now: datetime) -> bool:
    asked = Mail.objects.filter(recipient=cadre, kind=Mail.Kind.ADDRESS, made_at__gt=now - timedelta(hours=1))
    return asked.count() >= MAILS_AN_HOUR


def ask(cadre: Cadre, email: str, *, now: datetime) -> None:
    """Send a mail to the new address, with what confirms it."""
    Mail.objects.create(recipient=cadre, kind=Mail.Kind.ADDRESS, address=email, made_at=now, due_at=now)
    hint(tasks.send_mail)


def read(signed: str, *, of: Cadre) -> str:
    """The address that was asked about. Raises signing.BadSignature where it was somebody else's, or too long ago."""
    pk, email = signing.loads(signed, salt=ADDRESS_SALT, max_age=VALID)
    if pk != of.pk:
        raise signing.BadSignature("of somebody else")
    return str(email)


def change(cadre: Cadre, email: str) -> None:
    cadre.email = email
    cadre.save(update_fields=["email"])
