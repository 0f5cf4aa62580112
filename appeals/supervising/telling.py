"""Who is told of an order, and in which words."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.urls import reverse

from appeals.demanding.recording import moment
from appeals.demanding.telling import answering, case_of, supervisors
from appeals.models.tables import Urgency
from cadres import audience
from cadres import notices as outbox
from cadres.inserting import Mould
from cadres.models import Outbox
from cadres.paths import page_of
from workflow.models import OrderColour

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from appeals.models import Event, Order
    from appeals.supervising.drawing import Drawn
    from cadres.audience import Target
    from workflow.steps import Actor

# As grave as the rung that draws such an order: from 2 on, mail goes out at once.
LEVELS: Final = {OrderColour.BLUE: 1, OrderColour.YELLOW: 2, OrderColour.RED: 3}
NAMED_IN_A_NOTICE: Final = 5
JUDGED: Final = {
    "order_accept": "督办反馈已认可",
    "order_return": "督办反馈被退回，请重新反馈",
    "order_revoke": "督办单已撤销",
}


def of_issue(drawn: Drawn, *, by: Actor, now: datetime) -> list[Outbox]:
    """Who has to answer: a notice for each order; of many that one person issues at once, one for each department."""
    told = dict(zip((order.pk for order in drawn.orders), drawn.events, strict=True))
    groups: defaultdict[tuple[int | None, int], list[Order]] = defaultdict(list)
    for order in drawn.orders:
        groups[order.answering_id, 0 if by.cadre else order.pk].append(order)
    mould = Mould(Outbox, actor=by.capacity, created_at=now)
    return [_issue(mould, some, told[some[0].pk]) for some in groups.values()]


def _issue(mould: Mould[Outbox], orders: list[Order], event: Event) -> Outbox:
    first, count = orders[0], len(orders)
    title = first.title
    named = "\n".join(f"{order.number} {order.appeal.title}" for order in orders[:NAMED_IN_A_NOTICE])
    due = moment(min(order.reply_due_at for order in orders))
    rest = f"\n等 {count} 件" if count > NAMED_IN_A_NOTICE else ""
    many = f"请反馈{title} {count} 件：{first.appeal.title}等"
    return mould.row(
        key=f"order:{event.pk}:{count}",
        subject=many if count > 1 else f"请反馈{title}：{first.appeal.title}",
        body=f"{named}{rest}\n请在 {due} 前反馈。\n{first.demand}",
        url=page_of("appeals:order", first.pk) if count == 1 else reverse("appeals:orders"),
        level=max(LEVELS[OrderColour(order.colour)] for order in orders),
        at_once=any(order.appeal.urgency == Urgency.CRITICAL for order in orders),
        audience=answering(first, with_leader=any(order.colour == OrderColour.RED for order in orders)),
    )


def tell_of_answer(order: Order, event: Event, now: datetime) -> None:
    """Whoever issued it judges the answer; where the system did, the supervisors of the region."""
    _tell(order, event, _judging(order), f"{order.title}已反馈，请认可或退回", now)


def tell_of_judgement(order: Order, event: Event, now: datetime) -> None:
    _tell(order, event, answering(order), JUDGED[event.step], now)


def tell_of_lateness(found: Iterable[tuple[Order, Order | None]], now: datetime) -> None:
    """The supervisors, once: the date of an answer has passed, and which order followed. One statement."""
    outbox.write([_lateness(order, follower, now) for order, follower in found])


def _lateness(order: Order, follower: Order | None, now: datetime) -> Outbox:
    then = f"已升级为{follower.title}" if follower else "请督促反馈"
    return Outbox(
        key=f"order-late:{order.pk}:{order.version}",
        subject=f"{order.title}逾期未反馈，{then}：{order.appeal.title}",
        body=case_of(order),
        url=(follower or order).get_absolute_url(),
        level=LEVELS[OrderColour((follower or order).colour)],
        audience=supervisors(order) + ([] if follower else answering(order, with_leader=True)),
        created_at=now,
    )


def _tell(order: Order, event: Event, to: list[Target], words: str, now: datetime) -> None:
    outbox.tell(
        f"order-event:{event.pk}",
        to,
        f"{words}：{order.appeal.title}",
        now=now,
        body="\n".join(filter(None, (case_of(order), event.note))),
        url=order.get_absolute_url(),
        level=LEVELS[OrderColour(order.colour)],
        at_once=order.appeal.urgency == Urgency.CRITICAL,
        actor=event.capacity,
    )


def _judging(order: Order) -> list[Target]:
    issuer = order.issued_for_id or order.issued_by_id
    return [audience.cadre(issuer)] if issuer else supervisors(order)
