"""Delivering the outbox: each waiting row becomes one inbox message per recipient, exactly once.

Nothing here talks to a mail server; when a message goes out by e-mail is said on it, and cadres.mail sends.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from django.db import transaction

from cadres import audience, digests, mail
from cadres.models import Cadre, Message, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

logger = logging.getLogger(__name__)

BATCH: Final = 200


def deliver_waiting(now: datetime) -> int:
    """Deliver everything that waits, in batches; safe to run twice, late and beside itself. Returns how many."""
    done = 0
    while batch := _deliver_batch(now):
        done += batch
    return done


@transaction.atomic
def _deliver_batch(now: datetime) -> int:
    rows = list(Outbox.objects.waiting().select_for_update(skip_locked=True, no_key=True)[:BATCH])
    found = {row.pk: audience.resolve(row.audience) for row in rows}
    people = _people(found.values()) if mail.is_on() else {}
    messages = [message for row in rows for message in _messages(row, found[row.pk], people, now)]
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=now)
    return len(rows)


def _people(found: Iterable[set[int]]) -> dict[int, Cadre]:
    """Who is told, with what decides about their e-mail."""
    everybody = Cadre.objects.filter(pk__in=set().union(*found)).select_related("department__region")
    return {person.pk: person for person in everybody}


def _messages(row: Outbox, recipients: set[int], people: dict[int, Cadre], now: datetime) -> list[Message]:
    if not recipients:
        logger.warning("Nobody to tell: %s", row.key)
    messages = [
        Message(outbox=row, recipient_id=recipient, at=row.created_at)
        for recipient in sorted(recipients)
        if recipient != row.actor_id
    ]
    for message in messages:
        if message.recipient_id in people:
            digests.plan(message, row, people[message.recipient_id], now)
    return messages
