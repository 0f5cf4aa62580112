"""The counts beside the menu's entries: each one bounded query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from appeals.models import Appeal, Order, Referral
from appeals.referral_workflow import State

if TYPE_CHECKING:
    from cadres.models import Cadre

COUNTED_TO: Final = 999


def waiting(cadre: Cadre) -> int:
    """Appeals that wait for this cadre."""
    return int(Appeal.objects.awaiting(cadre).order_by()[:COUNTED_TO].count())


def referrals(cadre: Cadre) -> int:
    """Leads that an inspector has not accepted yet."""
    waiting = Referral.objects.handled_by(cadre).filter(status=State.HANDED)
    return int(waiting.order_by()[:COUNTED_TO].count())


def escalated(cadre: Cadre) -> int:
    """Open appeals of the cadre's region that the ladder has raised."""
    found = Appeal.objects.visible_to(cadre).escalated(timezone.now()).open()
    return int(found.order_by()[:COUNTED_TO].count())


def orders(cadre: Cadre) -> int:
    """Supervision orders that this cadre has to answer, or to judge the answer of."""
    return int(Order.objects.awaiting(cadre).order_by()[:COUNTED_TO].count())
