"""Policy fulfilment on the workbench: one line for everything that waits there, since it is handled as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadres.counting import Count
from cadres.listing import COUNTED_TO, count_text
from policies.filters import WAITING
from policies.models import Fulfilment
from reports.workbench.pieces import Task, Told, address

if TYPE_CHECKING:
    from cadres.models import Cadre


def source(cadre: Cadre) -> Told:
    waiting = Fulfilment.objects.visible_to(cadre).awaiting(cadre)
    return Told(Count(waiting, to=COUNTED_TO + 1), _tasks)


def _tasks(waiting: int) -> list[Task]:
    if not waiting:
        return []
    url = address("policies:fulfilments", status=WAITING)
    why = "应享未享、待审核拨付或有堵点的，逐条办理"
    return [Task("政策", "blue", f"政策兑现 {count_text(waiting)} 条待我办理", url, why, "去办理", url)]
