"""Policy facts that one visit brings to light: what the enterprise has heard of, applied for, received, or is stuck in.

Written in the visit's own transaction, after the enterprise is locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import models, transaction

from policies import registering
from policies.workflow import OPEN, RECEIVED, UNDECLARED, Status
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from cadres.models import Cadre
    from enterprises.models import Enterprise
    from policies.models import Fulfilment, Item


class FactKind(models.TextChoices):
    HEARD = "heard", "已知晓"
    DECLARED = "declared", "已申报"
    RECEIVED = "received", "已收到"
    BLOCKED = "blocked", "有堵点"


class Fact(NamedTuple):
    """What was found out about one item; `text` says what is in the way where it is blocked, else it is a remark."""

    item: Item
    period: str
    kind: FactKind
    text: str = ""


@transaction.atomic
def record(enterprise: Enterprise, facts: Iterable[Fact], *, by: Cadre, on: date, now: datetime) -> list[Fulfilment]:
    """Write down these facts of an enterprise as of a day; the rows that they are about, made where there was none.

    What is known already changes nothing, so that a repeated sending is harmless. Raises IllegalStepError, in Chinese,
    for a fact that can't be any more (已截止, 放弃 …) or that this cadre may not record; then nothing is written.
    """
    return [_record(enterprise, fact, by, on, now) for fact in facts]


def _record(enterprise: Enterprise, fact: Fact, by: Cadre, on: date, now: datetime) -> Fulfilment:
    row = registering.one(enterprise, fact.item, fact.period, by=by, now=now)
    _RECORDERS[fact.kind](row, fact.text, Actor.of(by), on, now)
    return row


def _heard(row: Fulfilment, text: str, by: Actor, on: date, now: datetime) -> None:
    if row.heard_on is None and row.status in OPEN:
        row.take("heard", by=by, now=now, note=text, heard_on=on)


def _declared(row: Fulfilment, text: str, by: Actor, on: date, now: datetime) -> None:
    if row.status in OPEN - UNDECLARED or row.status in RECEIVED:
        return
    if row.status == Status.UNVERIFIED:
        row.take("entitle", by=by, now=now)
    row.take("declare", by=by, now=now, note=text, declared_on=on)


def _received(row: Fulfilment, text: str, by: Actor, on: date, now: datetime) -> None:
    if row.item.pays_money:
        if row.received_on is None:
            row.take("received", by=by, now=now, note=text, received_on=on)
        return
    if row.status in RECEIVED:
        return
    row.take("enjoy", by=by, now=now, note=text, enjoyed_on=on)


def _blocked(row: Fulfilment, text: str, by: Actor, on: date, now: datetime) -> None:
    if not text:
        raise IllegalStepError(f"“{row.item.name}”有堵点，请写明卡在哪里。")
    if row.block != text:
        row.take("block", by=by, now=now, block=text)


_RECORDERS = {
    FactKind.HEARD: _heard,
    FactKind.DECLARED: _declared,
    FactKind.RECEIVED: _received,
    FactKind.BLOCKED: _blocked,
}
