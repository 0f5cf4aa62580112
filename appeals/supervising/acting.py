"""Issuing an order on one case, and what is done with it from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from appeals import escalation
from appeals.demanding import rules as demand_rules
from appeals.demanding.acting import Handling, lock
from appeals.models import Attachment, Order
from appeals.supervising import drawing, rules, telling
from appeals.supervising.drawing import Draft
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from appeals.models import Appeal
    from cadres.models import Cadre

ORDERS: Final = Handling(
    Order,
    given_with=Attachment.With.ORDER,
    refusal=demand_rules.refusal,
    tell_of_answer=telling.tell_of_answer,
    tell_of_judgement=telling.tell_of_judgement,
)


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


def _sent(appeal: Appeal, by: Cadre, client_id: UUID | None) -> Order | None:
    return Order.objects.filter(appeal=appeal, client_id=client_id).issued_by(by).first() if client_id else None


def _in_the_way(appeal: Appeal, colour: str) -> str | None:
    standing = drawing.in_force([appeal.pk]).get(appeal.pk)
    if drawing.outranks(colour, standing):
        return None
    return f"该诉求已有{standing}在办，只能下达更高颜色的督办单，或先办结、撤销原督办单。"
