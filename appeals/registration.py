"""Registering an appeal: the draft with its place on the ladder, and its submission in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from appeals import escalation
from appeals.models import Appeal
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre
    from enterprises.models import Enterprise


@transaction.atomic
def register(enterprise: Enterprise, *, by: Cadre, now: datetime, submit: bool = True, **fields: Any) -> Appeal:
    """Store an appeal of this enterprise, and submit it unless it is to stay a draft.

    `fields` are the columns of the form (title, description, category, …). The region is the enterprise's of today.
    """
    appeal = Appeal(
        enterprise=enterprise,
        region=enterprise.region,
        region_path=enterprise.region_path,
        registered_by=by,
        created_at=now,
        status_since=now,
        **fields,
    )
    appeal.escalates_at = escalation.next_instant(appeal, now)
    appeal.save()
    if submit:
        appeal.take("submit", by=Actor.of(by), now=now)
    return appeal
