"""Blocked rows of the policy ledger: the appeal about one, and the way back when that is solved."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from appeals.models import Appeal
from appeals.workflow import FINAL, Status
from policies.models import Fulfilment
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import Event


def open_of(row: Fulfilment) -> Appeal | None:
    """The appeal under way about this row."""
    return Appeal.objects.filter(fulfilment=row).exclude(status__in=FINAL).first()


def lift(appeal: Appeal, event: Event, now: datetime) -> None:
    """After the closing of a solved appeal: the block that it was about is lifted. What was put in the way since stays.

    The row is locked after the appeal, as everywhere.
    """
    if appeal.fulfilment_id is None or event.after != Status.CLOSED or not _is_solved(appeal):
        return
    row = Fulfilment.objects.get(pk=appeal.fulfilment_id)
    if row.blocked_at is None or row.blocked_at > appeal.created_at:
        return
    with suppress(IllegalStepError):  # somebody has lifted it this moment
        row.take("unblock", by=Actor.system(), now=now, note=f"诉求 {appeal.number} 已销号，堵点已解决")


def _is_solved(appeal: Appeal) -> bool:
    """What the enterprise said; where nobody asked it, what the answer said."""
    return appeal.solved == Appeal.Solved.YES if appeal.solved else appeal.outcome == Appeal.Outcome.SOLVED
