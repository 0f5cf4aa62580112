"""Registering an appeal: the draft with its place on the ladder, its revision, its submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import IntegrityError, transaction

from appeals import acts, escalation, rules
from appeals.acts import First
from appeals.models import Appeal
from appeals.workflow import Status
from workflow.ladder import Ladder
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from cadres.models import Cadre
    from enterprises.models import Enterprise


class Settlement(NamedTuple):
    """How a difficulty was solved on the spot (现场办结): what was done, who of the enterprise agreed, and how.

    Only a specialist of the enterprise's team may say so (`may_settle`); others get an IllegalStepError.
    """

    reply: str
    confirmed_by: str
    confirmed_how: str = Appeal.ConfirmedHow.ON_SITE


def may_settle(cadre: Cadre, enterprise: Enterprise) -> bool:
    """Whether this cadre may say of a new appeal of this enterprise that it was solved on the spot."""
    return rules.refusal(cadre, "settle", Appeal(enterprise=enterprise, registered_by=cadre)) is None


@transaction.atomic
def register(
    enterprise: Enterprise,
    *,
    by: Cadre,
    now: datetime,
    submit: bool = True,
    settled: Settlement | None = None,
    client_id: UUID | None = None,
    **fields: Any,
) -> Appeal:
    """Store an appeal of this enterprise, and submit it unless it is to stay a draft or was `settled` on the spot.

    `fields` are the columns of the form (title, description, category, …). The region is the enterprise's of today.
    The same `client_id` twice is one appeal: a draft is brought up to date, what was submitted stays.
    """
    appeal = _stored(enterprise, by, now, client_id, fields)
    if appeal.status == Status.DRAFT and settled:
        appeal.take("settle", by=Actor.of(by), now=now, **settled._asdict())
    elif appeal.status == Status.DRAFT and submit:
        appeal.take("submit", by=Actor.of(by), now=now)
    return appeal


def register_all(enterprise: Enterprise, rows: Sequence[dict[str, Any]], *, by: Cadre, now: datetime) -> list[Appeal]:
    """Submit several appeals of this enterprise, each as register() would, in few statements; all of them or none.

    A row may say `settled`: what was solved on the spot waits for its close and is in nobody's hands before.
    """
    actor = Actor.of(by)
    found = [_first(enterprise, by, now, dict(fields)) for fields in rows]
    for first in found:
        if refused := acts.obstacle(first.appeal, first.step, by=actor, version=None):
            raise IllegalStepError(refused)
    with transaction.atomic(savepoint=False):
        acts.start(found, by=actor, now=now)
    return [first.appeal for first in found]


def _first(enterprise: Enterprise, by: Cadre, now: datetime, fields: dict[str, Any]) -> First:
    settled: Settlement | None = fields.pop("settled", None)
    appeal = _new(enterprise, by, now, fields)
    return First(appeal, "settle", settled._asdict()) if settled else First(appeal, "submit", {})


class Paper(NamedTuple):
    """An appeal of a paper ledger, not yet stored, and what the paper says beyond what we keep."""

    appeal: Appeal
    said: str


def of_paper(enterprise: Enterprise, *, by: Cadre, now: datetime, said: str, **fields: Any) -> Paper:
    """`fields` may bring the ledger's own number, and `submitted_at` when the enterprise raised it."""
    return Paper(_new(enterprise, by, now, fields), said)


def take_over(found: Sequence[Paper], *, by: Cadre, now: datetime) -> None:
    """Appeals of a paper ledger begin here as 待受理, however far the paper had come: no step is invented.

    Waiting counts from now; what the paper says of the handling stands in the first event. Nobody else is told, for
    the office itself brings them. Few statements, however many appeals.
    """
    with transaction.atomic(savepoint=False):
        acts.give_numbers([appeal for appeal, _ in found if appeal.number is None], now)
        first = [First(appeal, "submit", {}, said) for appeal, said in found]
        acts.start(first, by=Actor.of(by), now=now, tell=False)


@transaction.atomic
def revise(appeal: Appeal, *, by: Cadre, version: int | None = None, **fields: Any) -> None:
    """Change a draft. Raises IllegalStepError where it is none any more, is another's, or changed since `version`."""
    appeal.refresh_from_db(from_queryset=Appeal.objects.select_for_update(no_key=True))
    if appeal.status != Status.DRAFT or appeal.registered_by_id != by.pk:
        raise IllegalStepError(f"该诉求现为“{appeal.status_label}”，不能再按草稿修改。")
    if version is not None and version != appeal.version:
        raise IllegalStepError("这份草稿已在别处改过，请核对后再保存，你填写的内容都还在。")
    for name, value in fields.items():
        setattr(appeal, name, value)
    appeal.version += 1
    appeal.save(update_fields=[*fields, "version"])


def _stored(enterprise: Enterprise, by: Cadre, now: datetime, client_id: UUID | None, fields: dict[str, Any]) -> Appeal:
    """The draft of this form: a new row, or the one that an earlier sending of the same form made."""
    appeal = _new(enterprise, by, now, fields | {"client_id": client_id})
    appeal.escalates_at = escalation.next_instant(appeal, now, Ladder.load())
    try:
        with transaction.atomic():
            appeal.save()
    except IntegrityError:
        earlier = Appeal.objects.filter(client_id=client_id, registered_by=by, enterprise=enterprise).first()
        if client_id is None or earlier is None:
            raise
        if earlier.status == Status.DRAFT:
            revise(earlier, by=by, **fields)
        return earlier
    return appeal


def _new(enterprise: Enterprise, by: Cadre, now: datetime, fields: dict[str, Any]) -> Appeal:
    return Appeal(
        enterprise=enterprise,
        region=enterprise.region,
        region_path=enterprise.region_path,
        registered_by=by,
        created_at=now,
        status_since=now,
        **fields,
    )
