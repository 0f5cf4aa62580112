"""Photos of a visit: each is kept with the form's draft as soon as it arrives, and goes over to the visit with it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from django.db import transaction

from cadres.uploads import PICTURES, UploadError, check, discard, store
from cadres.uploads.pictures import shrunk
from visits import client_ids
from visits.drafts import save_draft
from visits.models import VisitDraft, VisitPhoto

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from cadres.models import Cadre
    from cadres.uploads import Checked
    from enterprises.models import Enterprise
    from visits.models import Visit
    from visits.typed import Typed

MOST: Final = 9
EDGE: Final = 1600
THUMBNAIL: Final = 320
TOO_MANY: Final = f"没有加上，一次走访最多 {MOST} 张照片"


def prepared(file: UploadedFile[bytes]) -> Checked:
    """The photo as it is kept: shrunk, upright, and without what the phone wrote about place and device.

    Two copies that differ in these alone are the same photo. Raises UploadError.
    """
    given = check(file, PICTURES)
    content, _ = shrunk(given.content, EDGE)
    name = f"{given.name.rpartition('.')[0]}.jpg"
    digest = hashlib.sha256(content).hexdigest()
    return given._replace(content=content, name=name, media_type="image/jpeg", size=len(content), sha256=digest)


@transaction.atomic
def add_photos(
    typed: Typed, client_id: UUID, photos: Sequence[Checked], enterprise: Enterprise, *, by: Cadre, now: datetime
) -> list[VisitPhoto]:
    """Keep photos with the draft of their form. Raises UploadError above the number, and what save_draft raises."""
    save_draft(client_id, typed, enterprise, by=by, now=now)
    kept = {photo.sha256: photo for photo in VisitPhoto.objects.of_form(client_id)}
    if len(kept.keys() | {photo.sha256 for photo in photos}) > MOST:
        raise UploadError(TOO_MANY)
    return [store(VisitPhoto, photo, by=by, now=now, client_id=client_id) for photo in photos]


@transaction.atomic
def remove_photo(photo: VisitPhoto) -> None:
    """Take it out of its draft; one that has become a visit's meanwhile stays."""
    client_ids.lock(photo.client_id)
    if still := VisitPhoto.objects.of_form(photo.client_id).filter(pk=photo.pk).first():
        discard(still)


def hand_over(visit: Visit) -> None:
    """The draft's photos become the visit's; within the transaction that holds the id. No draft, no photos."""
    VisitPhoto.objects.of_form(visit.client_id).update(visit=visit)


@transaction.atomic
def give_up(draft: VisitDraft) -> None:
    """Take a draft away, and its photos with it."""
    client_ids.lock(draft.client_id)
    VisitDraft.objects.filter(pk=draft.pk).delete()
    for photo in VisitPhoto.objects.of_form(draft.client_id):
        discard(photo)
