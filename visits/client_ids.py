"""The id that a form makes for its visit: whatever arrives under one id, twice or at once, is one visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from uuid import UUID


class ForeignClientIdError(Exception):
    """The id belongs to a visit or draft of somebody else."""


def lock(client_id: UUID) -> None:
    """Let the other writers of this id wait until this transaction ends: a repeat, a draft on its way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"visit:{client_id}"])
