"""For whom a cadre may act as deputy today, and how much waits there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from cadres.listing import count_text
from cadres.models import Deputyship
from reports.workbench import bench

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre


class Represented(NamedTuple):
    """A principal's line on the deputy's workbench; `waiting` is what the principal's own workbench counts."""

    deputyship: Deputyship
    waiting: str


def of(cadre: Cadre, now: datetime) -> list[Represented]:
    """One line for each principal. Nobody acts for a second while acting for a first. A few queries for each."""
    if cadre.deputy:
        return []
    running = Deputyship.objects.in_force(timezone.localdate(now)).with_capacity().filter(deputy=cadre)
    return [Represented(row, count_text(bench.waiting_for(row.capacity_of(cadre), now))) for row in running]
