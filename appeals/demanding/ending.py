"""Demands whose case has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F

from appeals.demand_workflow import State
from appeals.demanding.recording import event_of
from appeals.models import Instruction, Order
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import Appeal

KINDS: Final[tuple[type[Order] | type[Instruction], ...]] = (Order, Instruction)


def end_with_case(appeal: Appeal, now: datetime) -> None:
    """The case has ended, and what was demanded of it with it; the caller holds the case's lock."""
    for kind in KINDS:
        for demand in kind.objects.in_force().filter(appeal=appeal):
            kind.objects.filter(pk=demand.pk).update(status=State.ENDED, ended_at=now, version=F("version") + 1)
            demand.appeal = appeal
            event_of(demand, f"{kind.kind()}_end", by=Actor.system(), now=now).save()
