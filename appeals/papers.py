"""Adding to a case: comments, and the files that come with a step, a comment or the registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from appeals import notices
from appeals.models import Appeal, Attachment, Comment
from appeals.workflow import OPEN, Status
from cadres.uploads import store
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from cadres.models import Cadre
    from cadres.uploads import Checked


def attach(appeal: Appeal, files: Iterable[Checked], *, by: Cadre, now: datetime, given_with: str) -> list[Attachment]:
    """Keep files of a case; the same content is kept once, unless it was declared void meanwhile."""
    rows = [store(Attachment, file, by=by, now=now, appeal=appeal, voided_at=None) for file in files]
    for row in rows:
        if not row.given_with:
            Attachment.objects.filter(pk=row.pk).update(given_with=given_with)
    return rows


def may_comment(cadre: Cadre, appeal: Appeal) -> bool:
    """Whoever acts on cases and sees this one, while it is open. Seeing is the caller's business."""
    return appeal.status in OPEN and cadre.has_perm("appeals.add_comment")


@transaction.atomic
def comment(
    appeal: Appeal, text: str, *, by: Cadre, now: datetime, client_id: UUID, files: Iterable[Checked] = ()
) -> Comment:
    """Say something; the same `client_id` twice is one comment. No lock: steps of the case are not held up."""
    status = Appeal.objects.filter(pk=appeal.pk).values_list("status", flat=True).get()
    if status not in OPEN:
        raise IllegalStepError(f"该诉求现为“{Status(status).label}”，不能再留言。")
    try:
        with transaction.atomic():
            said = Comment.objects.create(appeal=appeal, cadre=by, text=text, at=now, client_id=client_id)
    except IntegrityError:
        return Comment.objects.get(cadre=by, client_id=client_id)
    attach(appeal, files, by=by, now=now, given_with=Attachment.With.COMMENT)
    notices.tell_of_comment(said, now)
    return said
