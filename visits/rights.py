"""Who may log visits, and who may read them; what is within one's scope is asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadres.rights import require

if TYPE_CHECKING:
    from cadres.models import Cadre


def require_logging(cadre: Cadre) -> None:
    require(cadre, "visits.log_visit", "只有驻企特派专员和包联领导可以登记走访。")


def require_reading(cadre: Cadre) -> None:
    require(cadre, "visits.view_visit", "走访记录由驻企特派专员、包联领导、办公室、督查和领导查看。")
