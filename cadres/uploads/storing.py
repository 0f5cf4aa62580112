"""Keeping uploads: the content in a file of random name, what is known of it in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from cadres.models import AbstractUpload

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre
    from cadres.uploads.checking import Checked

U = TypeVar("U", bound=AbstractUpload)


@transaction.atomic
def store(model: type[U], checked: Checked, *, by: Cadre, now: datetime, **owner: Any) -> U:
    """Keep a file for its owner (`appeal=appeal`). The same content again is the row that is there.

    The model has a unique constraint on the owner's columns and sha256, which also decides between two at once.
    """
    key = {**owner, "sha256": checked.sha256}
    rows = model._default_manager  # noqa: SLF001 - Django's documented name
    if earlier := rows.filter(**key).first():
        return earlier
    told = {**checked.columns, "uploaded_by": by, "uploaded_at": now}
    row = model(**{**told, **owner}, file=ContentFile(checked.content, name=checked.name))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        row.file.storage.delete(row.file.name or "")
        return rows.get(**key)
    return row


def discard(upload: AbstractUpload) -> None:
    """Take an upload away; its file goes when the transaction is over."""
    name, storage = upload.file.name, upload.file.storage
    upload.delete()
    if name:
        transaction.on_commit(lambda: storage.delete(name))
