"""What is counted beside the menu's entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.models import Fulfilment, FulfilmentQuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre


def waiting(cadre: Cadre, now: datetime) -> FulfilmentQuerySet:
    """Rows of the ledger that wait for this cadre."""
    return Fulfilment.objects.awaiting(cadre)
