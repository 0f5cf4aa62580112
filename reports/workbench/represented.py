"""For whom a cadre may act as deputy today, and how much waits there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from cadres.models import Deputyship

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre


class Represented(NamedTuple):
    """A principal's line on the deputy's workbench; `waiting` is what the principal's own workbench counts."""

    deputyship: Deputyship
    waiting: str


def running(cadre: Cadre, now: datetime) -> list[Deputyship]:
    """One for each principal. Nobody acts for a second while acting for a first."""
    if cadre.deputy:
        return []
    found = Deputyship.objects.in_force(timezone.localdate(now)).with_capacity().filter(deputy=cadre)
    return list(found)
