"""Orders that nobody answered in time.

An order whose date has passed is followed by one of the next colour while its case is being handled; after red, and
where the case has been answered meanwhile, it stays as it is. The supervisor is told, once for each date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from appeals.demanding.recording import event_of, moment
from appeals.models import Appeal, Event, Order
from appeals.supervising import drawing, telling
from appeals.supervising.drawing import Draft
from appeals.workflow import RUNNING
from workflow.models import OrderColour
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

BATCH: Final = 500


def raise_unanswered(now: datetime) -> int:
    """See to every order whose date has passed by now, and say how many; safe to run twice, late and beside itself."""
    total = 0
    while (done := _raise_batch(now)) is not None:
        total += done
    return total


@transaction.atomic
def _raise_batch(now: datetime) -> int | None:
    """One batch, of what no other worker holds; None when nothing is left. The cases are locked before the orders."""
    unanswered = Order.objects.unanswered(now)
    free = Appeal.objects.filter(pk__in=unanswered.values("appeal")).order_by("pk")
    held = list(free.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:BATCH])
    if not held:
        return None
    orders = list(unanswered.filter(appeal__in=held).order_by("pk"))
    cases = Appeal.objects.select_related("enterprise").defer("description", "reply").in_bulk(held)
    for order in orders:
        order.appeal = cases[order.appeal_id]
    _see_to(orders, now)
    return len(orders)


def _see_to(orders: list[Order], now: datetime) -> None:
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(late_at=now)
    drafts = [Draft(order.appeal, colour, _demand(order, colour)) for order in orders if (colour := _next(order))]
    followers = {order.follows_id: order for order in drawing.draw_up(drafts, by=Actor.system(), now=now)}
    left = [order for order in orders if order.pk not in followers]
    Event.objects.bulk_create(event_of(order, "order_late", by=Actor.system(), now=now) for order in left)
    telling.tell_of_lateness([(order, followers.get(order.pk)) for order in orders], now)


def _next(order: Order) -> OrderColour | None:
    return OrderColour(order.colour).next if order.appeal.status in RUNNING else None


def _demand(order: Order, colour: OrderColour) -> str:
    """What the system asks for after an order of its own, or of a supervisor, whose words are repeated."""
    before = f"原要求：{order.demand}" if order.issued_by_id else ""
    late = f"{order} 应于 {moment(order.reply_due_at)} 前反馈，逾期未反馈。"
    return f"{late}{drawing.DEMANDS[colour]}{before}"
