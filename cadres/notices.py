"""Writing notices: an outbox row in the transaction of the act itself, so that neither is without the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadres import tasks
from cadres.hints import hint
from cadres.inserting import insert_together
from cadres.models import Cadre, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import Model

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
    at_once: bool = False,
    in_working_hours: bool = False,
    attachment: tuple[str, str] = ("", ""),
) -> None:
    """Put one notice into the outbox; the same key twice is one notice. Nobody is told about their own act.

    By e-mail it goes out at once where the level is 2 or more, where `at_once` says so or a file goes with it, else
    with the morning's digest; `in_working_hours` never outside of them. `attachment` is (name in
    settings.MAIL_ATTACHMENTS, key), read when it is sent.
    """
    name, file_key = attachment
    row = Outbox(
        key=key,
        subject=subject,
        body=body,
        url=url,
        level=level,
        at_once=at_once,
        in_working_hours=in_working_hours,
        attachment=name,
        attachment_key=file_key,
        audience=to,
        actor=actor,
        created_at=now,
    )
    write([row])


def write(rows: Sequence[Outbox], *, beside: Iterable[Sequence[Model]] = ()) -> None:
    """Put many notices into the outbox with one statement, and hint at a worker after the commit.

    `beside` are the rows that they tell of: new ones of any models, with their keys, that the same statement inserts.
    """
    insert_together(*beside, unless_there=rows)
    hint(tasks.deliver)
