"""Drafts of visits: one per form, kept for the person who types it until the visit is stored or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from visits import client_ids
from visits.client_ids import ForeignClientIdError
from visits.models import Visit, VisitDraft

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from cadres.models import Cadre
    from enterprises.models import Enterprise
    from visits.typed import Typed


class AlreadyLoggedError(Exception):
    """The visit of this form is stored, so that a draft of it would come too late."""


@transaction.atomic
def save_draft(client_id: UUID, typed: Typed, enterprise: Enterprise, *, by: Cadre, now: datetime) -> VisitDraft:
    """Keep a form as far as it is typed, in the one row of its id.

    Raises AlreadyLoggedError where the visit is stored, ForeignClientIdError where the id is another cadre's.
    """
    client_ids.lock(client_id)
    if Visit.objects.filter(client_id=client_id).exists():
        raise AlreadyLoggedError
    draft = VisitDraft.objects.filter(client_id=client_id).first()
    if draft is None:
        draft = VisitDraft(client_id=client_id, cadre=by, begun_at=min(now, typed.begun_at or now))
    elif not draft.is_of(by):
        raise ForeignClientIdError
    draft.enterprise, draft.data, draft.saved_at = enterprise, typed.for_draft(), now
    draft.save()
    return draft
