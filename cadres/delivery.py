"""Delivering the outbox: each waiting row becomes one inbox message per recipient, exactly once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from django.db import transaction

from cadres import audience
from cadres.models import Message, Outbox

if TYPE_CHECKING:
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
    messages = [message for row in rows for message in _messages(row)]
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=now)
    return len(rows)


def _messages(row: Outbox) -> list[Message]:
    recipients = audience.resolve(row.audience)
    if not recipients:
        logger.warning("Nobody to tell: %s", row.key)
    return [
        Message(outbox=row, recipient_id=recipient, at=row.created_at)
        for recipient in sorted(recipients)
        if recipient != row.actor_id
    ]
