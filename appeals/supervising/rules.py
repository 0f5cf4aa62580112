"""Who may issue an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appeals.demand_workflow import SUPERVISE
from appeals.demanding.rules import ELSEWHERE, in_region
from appeals.workflow import OPEN
from cadres.models import Cadre

if TYPE_CHECKING:
    from appeals.models import Appeal

NOT_SUPERVISING: Final = "督办单由督查下达、认可、退回和撤销。"


def issue_refusal(cadre: Cadre, appeal: Appeal) -> str | None:
    """Why this cadre may not issue an order on this case as it stands, in Chinese; None where they may."""
    if not cadre.has_perm(SUPERVISE):
        return NOT_SUPERVISING
    if not in_region(cadre, appeal):
        return ELSEWHERE
    return None if appeal.status in OPEN else f"该诉求现为“{appeal.status_label}”，不能下达督办单。"
