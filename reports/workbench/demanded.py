"""Supervision orders and instructions on the workbench: what has to be answered, the answers that have to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from appeals.demand_workflow import State
from appeals.models import Instruction, Order
from cadres.listing import COUNTED_TO
from reports.workbench.cases import Waiting
from reports.workbench.pieces import Stat, Task, address

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre

KINDS: Final[tuple[type[Order] | type[Instruction], ...]] = (Instruction, Order)


def waiting(cadre: Cadre, *, most: int) -> Waiting:
    """Two queries for each kind; nothing for those who neither answer nor judge."""
    tasks: list[Task] = []
    total = 0
    for kind in KINDS:
        mine = kind.objects.awaiting(cadre)
        count = mine.order_by()[: COUNTED_TO + 1].count()
        rows = mine.select_related("appeal__enterprise", "answering").order_by("reply_due_at", "pk")
        tasks += [_task(demand) for demand in rows[: most if count else 0]]
        total += count
    return Waiting(tasks, total)


def instructions_of(cadre: Cadre, now: datetime) -> tuple[Stat, str]:
    """How many answers a leader waits for, and how many of them are late. Two queries."""
    owed = Instruction.objects.visible_to(cadre).of_leader(cadre).owed()
    url = address("appeals:instructions", status="owed", leader=str(cadre.pk))
    late = owed.filter(reply_due_at__lt=now).count()
    return Stat("我的批示待反馈", owed.count(), "件", url, "writing-sign", "blue"), f"其中逾期 {late} 件"


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
