"""Delivering the outbox: each waiting row becomes one inbox message per recipient, exactly once.

Nothing here talks to a mail server; when a message goes out by e-mail is said on it, and cadres.mail sends.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from cadres import audience, digests, mail
from cadres.inserting import insert_many
from cadres.models import Cadre, Deputyship, Message, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

logger = logging.getLogger(__name__)

BATCH: Final = 1000


def deliver_waiting(now: datetime) -> int:
    """Deliver everything that waits, in batches; safe to run twice, late and beside itself. Returns how many."""
    done = 0
    while batch := _deliver_batch(now):
        done += batch
    return done


@transaction.atomic
def _deliver_batch(now: datetime) -> int:
    rows = list(Outbox.objects.waiting().select_for_update(skip_locked=True, no_key=True)[:BATCH])
    found = dict(zip((row.pk for row in rows), audience.resolve_all(row.audience for row in rows), strict=True))
    deputies = _deputies(set().union(*found.values()), now)
    people = _people([*found.values(), set(deputies.values())]) if mail.is_on() else {}
    messages = [message for row in rows for message in _messages(row, found[row.pk], deputies, people, now)]
    insert_many(messages, ignore_conflicts=True)
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(delivered_at=now)
    return len(rows)


def _people(found: Iterable[set[int]]) -> dict[int, Cadre]:
    """Who is told, with what decides about their e-mail."""
    everybody = Cadre.objects.filter(pk__in=set().union(*found)).select_related("department__region")
    return {person.pk: person for person in everybody}


def _deputies(told: set[int], now: datetime) -> dict[int, int]:
    """Who is told besides, since they stand in for somebody who is: {principal: deputy}."""
    running = Deputyship.objects.in_force(timezone.localdate(now)).filter(principal__in=told)
    return dict(running.order_by("principal").values_list("principal", "deputy"))


def _messages(
    row: Outbox, recipients: set[int], deputies: dict[int, int], people: dict[int, Cadre], now: datetime
) -> list[Message]:
    """One for each recipient and for each deputy of one, but for whoever did it; a recipient is told as such alone."""
    if not recipients:
        logger.warning("Nobody to tell: %s", row.key)
    actors = {row.actor_id, row.actor_deputy_id}
    told = sorted(recipients - actors)
    beside = {deputies[one]: one for one in reversed(told) if one in deputies}
    messages = [Message(outbox=row, recipient_id=recipient, at=row.created_at) for recipient in told]
    messages += [
        Message(outbox=row, recipient_id=deputy, on_behalf_of_id=principal, at=row.created_at)
        for deputy, principal in sorted(beside.items())
        if deputy not in recipients | actors
    ]
    for message in messages:
        if message.recipient_id in people:
            digests.plan(message, row, people[message.recipient_id], now)
    return messages
