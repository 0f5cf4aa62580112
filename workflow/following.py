"""Edits of the calendar and the ladder: what they would move, and telling the open cases to follow.

The apps that own the cases are named in the settings: RULE_MEASURES say when a case is due (or when the ladder next
looks at it) by the tables as the transaction sees them, RULE_TASKS move the cases afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cadres.hints import hint
from workflow.models import RuleChange
from workflow.worktime import forget

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cadres.models import Cadre

EXAMPLES: Final = 5


class Measured(NamedTuple):
    """One open case: how people know it, and the instant that the rule sets for it."""

    name: str
    at: datetime | None


class Move(NamedTuple):
    name: str
    before: datetime | None
    after: datetime | None


class Effect(NamedTuple):
    """What an edit would do: how many open cases there are, how many come earlier or later, and a few of them."""

    looked_at: int
    earlier: int
    later: int
    examples: list[Move]
    words: str

    @property
    def moved(self) -> int:
        return self.earlier + self.later


def preview(kind: RuleChange.Kind, apply: Callable[[], str], now: datetime) -> Effect:
    """Apply the edit, look, and take it back. `apply` says in words what it did."""
    before = _measure(kind, now)
    with transaction.atomic():
        words = apply()
        after = _measure(kind, now)
        transaction.set_rollback(True)
    moves = [
        Move(after[key].name, before[key].at, after[key].at)
        for key in after
        if key in before and before[key].at != after[key].at
    ]
    earlier = sum(1 for move in moves if move.after and (not move.before or move.after < move.before))
    return Effect(len(after), earlier, len(moves) - earlier, moves[:EXAMPLES], words)


def announce(kind: RuleChange.Kind, *, by: Cadre, words: str, now: datetime) -> RuleChange:
    """Note an edit in its own transaction; the open cases follow in the background, once it is committed."""
    change = RuleChange.objects.create(kind=kind, at=now, cadre=by, words=words[:200])
    transaction.on_commit(forget)
    for name in settings.RULE_TASKS:
        hint(import_string(name))
    return change


def _measure(kind: RuleChange.Kind, now: datetime) -> dict[tuple[str, int], Measured]:
    found: dict[tuple[str, int], Measured] = {}
    for name in settings.RULE_MEASURES:
        found |= {(name, key): measured for key, measured in import_string(name)(kind, now).items()}
    return found
