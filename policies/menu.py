"""The count beside the menu's entry: one bounded query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.models import Fulfilment

if TYPE_CHECKING:
    from cadres.models import Cadre

COUNTED_TO: Final = 999


def waiting(cadre: Cadre) -> int:
    """Rows of the ledger that wait for this cadre."""
    return int(Fulfilment.objects.awaiting(cadre).order_by()[:COUNTED_TO].count())
