"""Writing notices: an outbox row in the transaction of the act itself, so that neither is without the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadres import tasks
from cadres.hints import hint
from cadres.models import Cadre, Outbox

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.audience import Target


def tell(
    key: str,
    to: list[Target],
    subject: str,
    *,
    now: datetime,
    body: str = "",
    url: str = "",
    level: int = 0,
    actor: Cadre | None = None,
) -> None:
    """Put one notice into the outbox; the same key twice is one notice. Nobody is told about their own act."""
    write([Outbox(key=key, subject=subject, body=body, url=url, level=level, audience=to, actor=actor, created_at=now)])


def write(rows: list[Outbox]) -> None:
    """Put many notices into the outbox with one statement, and hint at a worker after the commit."""
    Outbox.objects.bulk_create(rows, ignore_conflicts=True)
    hint(tasks.deliver)
