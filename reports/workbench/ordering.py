"""Supervision orders on the workbench: what has to be answered, and the answers that have to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from appeals.models import Order
from appeals.order_workflow import State
from cadres.listing import COUNTED_TO
from reports.workbench.cases import Waiting
from reports.workbench.pieces import Task, address

if TYPE_CHECKING:
    from cadres.models import Cadre


def waiting(cadre: Cadre, *, most: int) -> Waiting:
    """Two queries; nothing for those who neither answer nor judge."""
    mine = Order.objects.awaiting(cadre)
    total = mine.order_by()[: COUNTED_TO + 1].count()
    rows = mine.select_related("appeal__enterprise", "answering").order_by("reply_due_at", "pk")[:most] if total else []
    return Waiting([_task(order) for order in rows], total)


def _task(order: Order) -> Task:
    title = f"{order.title} {order.number} · {order.appeal.title}"
    if order.status == State.ANSWERED:
        why = f"{order.answering or ''}已反馈，待认可或退回"
        return Task("待认可", "blue", title, order.get_absolute_url(), why, "去认可", order.get_absolute_url())
    again = "被退回，须重新反馈" if order.status == State.RETURNED else "待反馈"
    why = f"督办单{again}，要求 {timezone.localtime(order.reply_due_at):%m-%d %H:%M} 前，{order.appeal.enterprise.name}"
    url = address("appeals:order_act", order.pk, "answer")
    return Task("督办单", "red", title, order.get_absolute_url(), why, "去反馈", url, order.reply_due_at)
