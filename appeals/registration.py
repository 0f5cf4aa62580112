"""Registering an appeal: the draft with its place on the ladder, its revision, its submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from appeals import acts, escalation
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


@transaction.atomic
def register(
    enterprise: Enterprise,
    *,
    by: Cadre,
    now: datetime,
    submit: bool = True,
    client_id: UUID | None = None,
    **fields: Any,
) -> Appeal:
    """Store an appeal of this enterprise, and submit it unless it is to stay a draft.

    `fields` are the columns of the form (title, description, category, …). The region is the enterprise's of today.
    The same `client_id` twice is one appeal: a draft is brought up to date, what was submitted stays.
    """
    appeal = _stored(enterprise, by, now, client_id, fields)
    if submit and appeal.status == Status.DRAFT:
        appeal.take("submit", by=Actor.of(by), now=now)
    return appeal


@transaction.atomic
def register_all(enterprise: Enterprise, rows: Sequence[dict[str, Any]], *, by: Cadre, now: datetime) -> list[Appeal]:
    """Submit several appeals of this enterprise, each as register() would, in few statements; all of them or none."""
    actor = Actor.of(by)
    appeals = [_new(enterprise, by, now, fields) for fields in rows]
    for appeal in appeals:
        if refused := acts.obstacle(appeal, "submit", by=actor, version=None):
            raise IllegalStepError(refused)
    acts.submit_new(appeals, by=actor, now=now)
    return appeals


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
