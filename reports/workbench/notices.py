"""The workbench of those who handle no business: what they are told, and the audit log for its administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cadres.models import AuditRow, Message

if TYPE_CHECKING:
    from cadres.models import Cadre

SHOWN: Final = 10


class Inbox(NamedTuple):
    """The newest messages, and how many are unread."""

    rows: list[Message]
    unread: int


def inbox(cadre: Cadre) -> Inbox:
    mine = Message.objects.visible_to(cadre)
    return Inbox(list(mine.select_related("outbox", "on_behalf_of")[:SHOWN]), mine.unread().count())


def newest_audit_rows(cadre: Cadre) -> list[AuditRow]:
    return list(AuditRow.objects.visible_to(cadre).select_related("cadre", "on_behalf_of")[:SHOWN])
