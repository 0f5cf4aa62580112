"""What an e-mail says: as much as the recipient needs to decide whether to sign in, and no numbers of people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from cadres.masking import masked_phone
from cadres.models import Mail

if TYPE_CHECKING:
    from cadres.models import Cadre

PRODUCT: Final = "驻企通"
SHOWN: Final = 50
ADDRESS_SALT: Final = "cadres.address"
# Mobile numbers and identity cards, wherever somebody typed them.
MOBILE: Final = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
IDENTITY: Final = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")


class Text(NamedTuple):
    subject: str
    body: str


def write(mail: Mail, *, attachment_is_lost: bool = False) -> Text:
    context: dict[str, object] = {
        "name": mail.recipient.name,
        "settings_url": absolute(reverse("cadres:mail_settings")),
    }
    if mail.kind == Mail.Kind.ADDRESS:
        link = absolute(reverse("cadres:confirm_address", args=(signed_address(mail.recipient, mail.address),)))
        return Text(f"【{PRODUCT}】请确认邮箱地址", _body("address", context | {"link": link}))
    rows = mail.messages.select_related("outbox", "on_behalf_of").order_by("pk")
    if mail.kind == Mail.Kind.DIGEST:
        lines = [_line(row.pk, row.subject) for row in rows[:SHOWN]]
        total = rows.count()
        more = {"lines": lines, "rest": total - len(lines), "link": absolute(reverse("cadres:inbox"))}
        day = timezone.localtime(mail.made_at)
        return Text(f"【{PRODUCT}】{day.month} 月 {day.day} 日有 {total} 条消息", _body("digest", context | more))
    row = rows.get()
    subject = without_numbers(row.subject)
    more = {"subject": subject, "text": without_numbers(row.outbox.body), "link": _link(row.pk)}
    return Text(f"【{PRODUCT}】{subject}", _body("notice", context | more | {"attachment_is_lost": attachment_is_lost}))


def absolute(path: str) -> str:
    """An address as somebody outside the product needs it."""
    return f"{settings.PUBLIC_ADDRESS}{path}"


def signed_address(cadre: Cadre, address: str) -> str:
    """Proof that whoever brings it reads that mailbox."""
    return signing.dumps([cadre.pk, address], salt=ADDRESS_SALT)


def without_numbers(text: str) -> str:
    """Numbers by which people are reached or known do not leave the product."""
    hidden = IDENTITY.sub(lambda found: found[0][:3] + "*" * 11 + found[0][-4:], text)
    return MOBILE.sub(lambda found: masked_phone(found[0]), hidden)


def _line(pk: int, subject: str) -> tuple[str, str]:
    return without_numbers(subject), _link(pk)


def _link(pk: int) -> str:
    return absolute(reverse("cadres:message", args=(pk,)))


def _body(template: str, context: dict[str, object]) -> str:
    return render_to_string(f"cadres/mail_{template}.txt", context)
