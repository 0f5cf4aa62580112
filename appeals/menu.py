"""What is counted beside the menu's entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from appeals.models import Appeal, AppealQuerySet, Instruction, Order, Referral
from appeals.referral_workflow import State

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cadres.models import Cadre


def waiting(cadre: Cadre) -> AppealQuerySet:
    """Appeals that wait for this cadre."""
    return Appeal.objects.awaiting(cadre)


def referrals(cadre: Cadre) -> QuerySet[Referral]:
    """Leads that an inspector has not accepted yet."""
    return Referral.objects.handled_by(cadre).filter(status=State.HANDED)


def escalated(cadre: Cadre) -> AppealQuerySet:
    """Open appeals of the cadre's region that the ladder has raised."""
    return Appeal.objects.visible_to(cadre).escalated(timezone.now()).watched()


def orders(cadre: Cadre) -> QuerySet[Order]:
    """Supervision orders that this cadre has to answer, or to judge the answer of."""
    return Order.objects.awaiting(cadre)


def instructions(cadre: Cadre) -> QuerySet[Instruction]:
    """Instructions that this cadre has to answer, or to judge the answer of."""
    return Instruction.objects.awaiting(cadre)
