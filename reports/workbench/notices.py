"""The workbench of those who handle no business: what they are told, and the audit log for its administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cadres.counting import Count
from cadres.listing import COUNTED_TO, count_text
from cadres.models import AuditRow, Message

if TYPE_CHECKING:
    from cadres.models import Cadre

SHOWN: Final = 10


class Inbox(NamedTuple):
    """The newest messages, and how many are unread."""

    rows: list[Message]
    unread: str


def unread(cadre: Cadre) -> Count:
    return Count(Message.objects.visible_to(cadre).unread(), to=COUNTED_TO + 1)


def inbox(cadre: Cadre, unread: int) -> Inbox:
    mine = Message.objects.visible_to(cadre)
    return Inbox(list(mine.select_related("outbox", "on_behalf_of")[:SHOWN]), count_text(unread))


def newest_audit_rows(cadre: Cadre) -> list[AuditRow]:
    return list(AuditRow.objects.visible_to(cadre).select_related("cadre", "on_behalf_of")[:SHOWN])
