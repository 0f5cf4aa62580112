"""What is counted beside the menu's entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appeals.models import Appeal, AppealQuerySet, Instruction, Order, Referral
from appeals.referral_workflow import State

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from cadres.models import Cadre


def waiting(cadre: Cadre, now: datetime) -> AppealQuerySet:
    """Appeals that wait for this cadre."""
    return Appeal.objects.awaiting(cadre)


def referrals(cadre: Cadre, now: datetime) -> QuerySet[Referral]:
    """Leads that an inspector has not accepted yet."""
    return Referral.objects.handled_by(cadre).filter(status=State.HANDED)


def escalated(cadre: Cadre, now: datetime) -> AppealQuerySet:
    """Open appeals of the cadre's region that the ladder has raised."""
    return Appeal.objects.visible_to(cadre).escalated(now).watched()


def orders(cadre: Cadre, now: datetime) -> QuerySet[Order]:
    """Supervision orders that this cadre has to answer, or to judge the answer of."""
    return Order.objects.awaiting(cadre)


def instructions(cadre: Cadre, now: datetime) -> QuerySet[Instruction]:
    """Instructions that this cadre has to answer, or to judge the answer of."""
    return Instruction.objects.awaiting(cadre)
