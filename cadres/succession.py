"""Who takes over from departments that have ended (机构改革)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from cadres.models import Department

if TYPE_CHECKING:
    from datetime import datetime


def heirs(now: datetime) -> dict[Department, Department]:
    """Who takes over from whom today; where the successor has ended too, whoever comes after it."""
    today = timezone.localdate(now)
    ended = Department.objects.filter(valid_until__lte=today, successor__isnull=False).select_related("successor")
    after = {one.pk: one.successor for one in ended if one.successor}
    found = {}
    for one in ended:
        heir, seen = after[one.pk], {one.pk}
        while heir.pk in after and heir.pk not in seen:
            seen.add(heir.pk)
            heir = after[heir.pk]
        if heir.pk not in seen:
            found[one] = heir
    return found
