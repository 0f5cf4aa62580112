"""Moving many rows at once, each along its shortest legal way, with an event for every step between.

For ledgers that come from elsewhere, which say where a row stands and not how it came there.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

from policies import access
from policies.models import Event, Fulfilment
from policies.rules import unfit_for_item
from policies.workflow import OPEN, STEPS, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from policies.models import Item
    from workflow.steps import Actor


class Hop(NamedTuple):
    """One step of a way."""

    step: str
    before: str
    after: str


class Move(NamedTuple):
    """A row and the way that it is to go; empty where it stays."""

    row: Fulfilment
    way: Sequence[Hop]


def way(item: Item, before: str, after: str) -> list[Hop] | None:
    """The shortest way that rows of this item may go; None where no way leads there."""
    came: dict[str, Hop | None] = {before: None}
    waiting = deque([before])
    while waiting and after not in came:
        here = waiting.popleft()
        for name in STEPS.from_status(here):
            there = STEPS[name].target_from(here)
            if there not in came and name != "void" and unfit_for_item(name, here, item) is None:
                came[there] = Hop(name, here, there)
                waiting.append(there)
    if after not in came:
        return None
    hops: list[Hop] = []
    while hop := came[after]:
        hops.insert(0, hop)
        after = hop.before
    return hops


def add(moves: Sequence[Move], *, by: Actor, now: datetime, note: str) -> None:
    """Store new rows at the ends of their ways. A bounded number of statements."""
    for row, hops in moves:
        row.status = hops[-1].after if hops else row.status
    Fulfilment.objects.bulk_create([row for row, _ in moves])
    Event.objects.bulk_create([event(row, hop, by=by, now=now, note=note) for row, hops in moves for hop in hops])
    _let_see(moves, now)


def advance(moves: Sequence[Move], *, by: Actor, now: datetime, note: str) -> None:
    """Move stored rows, which are locked, step by step: a few statements for each step of the longest way."""
    for place in range(max((len(hops) for _, hops in moves), default=0)):
        going = [(row, hops[place]) for row, hops in moves if place < len(hops)]
        by_target: dict[str, list[int]] = defaultdict(list)
        for row, hop in going:
            by_target[hop.after].append(row.pk)
        for after, keys in by_target.items():
            Fulfilment.objects.filter(pk__in=keys).update(status=after, status_since=now)
        Event.objects.bulk_create([event(row, hop, by=by, now=now, note=note) for row, hop in going])
    _let_see(moves, now)


def event(
    row: Fulfilment, hop: Hop, *, by: Actor, now: datetime, note: str, changes: dict[str, list[str]] | None = None
) -> Event:
    return Event(
        fulfilment=row,
        step=hop.step,
        before=hop.before,
        after=hop.after,
        at=now,
        note=note,
        changes=changes or {},
        **Event.actor_columns(by),
    )


def _let_see(moves: Sequence[Move], now: datetime) -> None:
    """The departments see the enterprises of what is open now; of what has ended, for a while."""
    running: dict[Item, list[int]] = defaultdict(list)
    ended: dict[int, list[int]] = defaultdict(list)
    for row, hops in moves:
        if Status(hops[-1].after if hops else row.status) in OPEN:
            running[row.item].append(row.enterprise_id)
        else:
            ended[row.item_id].append(row.enterprise_id)
    for item, enterprises in running.items():
        access.open_for(item, dict.fromkeys(enterprises))
    for key, enterprises in ended.items():
        access.end_for(key, enterprises, now)
