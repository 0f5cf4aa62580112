"""What people do with an order: issue it on one case, answer it, accept or return the answer, revoke it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from appeals import escalation, papers
from appeals.models import Appeal, Attachment, Event, Order
from appeals.order_workflow import IN_FORCE, ORDER_STEPS
from appeals.supervising import drawing, rules, telling
from appeals.supervising.drawing import Draft, moment
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from cadres.models import Cadre
    from cadres.uploads import Checked


def issue(
    appeal: Appeal,
    colour: str,
    demand: str,
    *,
    by: Cadre,
    now: datetime,
    reply_due_at: datetime | None = None,
    client_id: UUID | None = None,
) -> Order:
    """Draw up an order on an open case; the same `client_id` twice is one order.

    What the ladder had due by now happens first. Raises IllegalStepError, with nothing else written, where the cadre
    may not, or where an order as grave is in force.
    """
    with transaction.atomic():
        locked = lock(appeal.pk)
        if (sent := _sent(locked, by, client_id)) is not None:
            return sent
        escalation.catch_up(locked, now)
        refused = rules.issue_refusal(by, locked) or _in_the_way(locked, colour)
        if refused is None:
            draft = Draft(locked, colour, demand, reply_due_at)
            return drawing.draw_up([draft], by=Actor.of(by), now=now, client_id=client_id)[0]
    raise IllegalStepError(refused)


def answer(order: Order, reply: str, *, by: Cadre, now: datetime, version: int, files: Iterable[Checked] = ()) -> Order:
    """The department's answer, with the files that prove it."""
    with transaction.atomic():
        locked, refused = _locked(order, "order_answer", by, version)
        if refused is None:
            locked.reply, locked.replied_by, locked.replied_at = reply, by, now
            event = _take(locked, "order_answer", by=by, now=now, note=reply)
            rows = papers.attach(locked.appeal, files, by=by, now=now, given_with=Attachment.With.ORDER)
            locked.evidence.add(*rows)
            telling.tell_of_answer(locked, event, now)
            return locked
    raise IllegalStepError(refused)


def accept(order: Order, note: str, *, by: Cadre, now: datetime, version: int) -> Order:
    """The supervisor finds the answer good, and the order ends."""
    return _judge(order, "order_accept", note, by=by, now=now, version=version)


def give_back(order: Order, note: str, reply_due_at: datetime, *, by: Cadre, now: datetime, version: int) -> Order:
    """The answer won't do: another one is owed by this date, which may be missed anew."""
    return _judge(order, "order_return", note, by=by, now=now, version=version, reply_due_at=reply_due_at, late_at=None)


def revoke(order: Order, note: str, *, by: Cadre, now: datetime, version: int) -> Order:
    return _judge(order, "order_revoke", note, by=by, now=now, version=version)


def lock(pk: int) -> Appeal:
    """The case, locked. First the lock, then the joins: in one statement a move meanwhile would hide the row."""
    Appeal.objects.select_for_update(no_key=True).values_list("pk").get(pk=pk)
    return Appeal.objects.select_related("enterprise", "region").get(pk=pk)


def _judge(order: Order, name: str, note: str, *, by: Cadre, now: datetime, version: int, **values: Any) -> Order:
    with transaction.atomic():
        locked, refused = _locked(order, name, by, version)
        if refused is None:
            for field, value in values.items():
                setattr(locked, field, value)
            event = _take(locked, name, by=by, now=now, note=note)
            telling.tell_of_judgement(locked, event, now)
            return locked
    raise IllegalStepError(refused)


def _locked(order: Order, name: str, by: Cadre, version: int) -> tuple[Order, str | None]:
    """The order as it stands under the lock of its case, and why the step can't be taken."""
    appeal = lock(order.appeal_id)
    found = Order.objects.get(pk=order.pk)
    found.appeal = appeal
    if found.status not in ORDER_STEPS[name].sources:
        return found, f"{_last_said(found)}该督办单现为“{found.state_label}”，请刷新后再办理。"
    if version != found.version:
        return found, f"{_last_said(found)}请核对后再提交，你填写的内容都还在。"
    return found, rules.refusal(by, name, found)


def _take(order: Order, name: str, *, by: Cadre, now: datetime, note: str) -> Event:
    """Move the order, which holds what the step sets, and record it in the history of its case."""
    order.status = ORDER_STEPS[name].target_from(order.status)
    order.ended_at = None if order.status in IN_FORCE else now
    order.version += 1
    order.save()
    changes = {"order": ["", str(order)]}
    if name == "order_return":
        changes["reply_due_at"] = ["", moment(order.reply_due_at)]
    status = order.appeal.status
    return Event.objects.create(
        appeal=order.appeal,
        step=name,
        before=status,
        after=status,
        at=now,
        note=note,
        changes=changes,
        **Event.actor_columns(Actor.of(by)),
    )


def events_of(order: Order) -> list[Event]:
    """What happened to an order, in order, read from the history of its case."""
    told = order.appeal.events.select_related("cadre__department", "on_behalf_of__department")
    return [event for event in told.filter(changes__has_key="order").order_by("pk") if _is_about(event, order)]


def _is_about(event: Event, order: Order) -> bool:
    return any(words.endswith(order.number) for words in event.changes["order"])


def _last_said(order: Order) -> str:
    """Who was first: 张三已于 11-18 10:00 办理“认可督办反馈”，"""
    last = events_of(order)[-1]
    return f"{last.who}已于 {timezone.localtime(last.at):%m-%d %H:%M} 办理“{last.label}”，"


def _sent(appeal: Appeal, by: Cadre, client_id: UUID | None) -> Order | None:
    return appeal.orders.issued_by(by).filter(client_id=client_id).first() if client_id else None


def _in_the_way(appeal: Appeal, colour: str) -> str | None:
    standing = drawing.in_force([appeal.pk]).get(appeal.pk)
    if drawing.outranks(colour, standing):
        return None
    return f"该诉求已有{standing}在办，只能下达更高颜色的督办单，或先办结、撤销原督办单。"
