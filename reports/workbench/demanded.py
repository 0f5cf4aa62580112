"""Supervision orders and instructions on the workbench: what has to be answered, the answers that have to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models.functions import JSONObject
from django.utils import timezone

from appeals.demand_workflow import State
from appeals.models import Instruction, Order
from cadres.counting import Count
from cadres.listing import COUNTED_TO, count_text
from reports.workbench.pieces import Rows, Source, Stat, Task, address

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre

KINDS: Final[tuple[type[Order] | type[Instruction], ...]] = (Instruction, Order)


def sources(cadre: Cadre) -> dict[str, Source]:
    return {kind.kind(): _source(kind, cadre) for kind in KINDS}


def _source(kind: type[Order] | type[Instruction], cadre: Cadre) -> Rows:
    mine = kind.objects.awaiting(cadre).select_related("appeal__enterprise", "answering")
    return Rows(mine.order_by("reply_due_at", "pk"), _task)


def owed_to(cadre: Cadre, now: datetime) -> JSONObject:
    """How many answers a leader waits for, and how many of them are late; what `instructions_of` shows."""
    owed = Instruction.objects.visible_to(cadre).of_leader(cadre).owed()
    late = owed.filter(reply_due_at__lt=now)
    return JSONObject(owed=Count(owed, to=COUNTED_TO + 1), late=Count(late, to=COUNTED_TO + 1))


def instructions_of(cadre: Cadre, owed: int, late: int) -> tuple[Stat, str]:
    url = address("appeals:instructions", status="owed", leader=str(cadre.pk))
    return Stat("我的批示待反馈", owed, "件", url, "writing-sign", "blue"), f"其中逾期 {count_text(late)} 件"


def _task(demand: Order | Instruction) -> Task:
    name = demand.title if isinstance(demand, Order) else demand.noun
    title = f"{name} {demand.number} · {demand.appeal.title}"
    here = demand.get_absolute_url()
    if demand.status == State.ANSWERED:
        why = f"{demand.answering or ''}已反馈{demand.noun}，待认可或退回"
        return Task("待认可", "blue", title, here, why, "去认可", here)
    again = "被退回，须重新反馈" if demand.status == State.RETURNED else "待反馈"
    due = timezone.localtime(demand.reply_due_at)
    why = f"{demand.noun}{again}，要求 {due:%m-%d %H:%M} 前，{demand.appeal.enterprise.name}"
    url = address(f"appeals:{demand.kind()}_act", demand.pk, "answer")
    return Task(demand.noun, "red", title, here, why, "去反馈", url, demand.reply_due_at)
