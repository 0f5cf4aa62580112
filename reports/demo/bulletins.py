"""The base lists of the demo's months, and the signed bulletins of its last week."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from reports import bases, briefing

if TYPE_CHECKING:
    from cadres.models import Cadre, Region

BULLETINS: Final = 7
MADE, SIGNED_AFTER = time(17), timedelta(minutes=20)


def freeze_bases(city: Region, first: date, today: date) -> None:
    """One list a month, from the month of the first day of status to that of today."""
    month = first.replace(day=1)
    while month <= today:
        last = month.replace(day=monthrange(month.year, month.month)[1])
        bases.freeze(city, month, last, now=_at(month, time(0)))
        month = last + timedelta(days=1)


def issue(offices: dict[Region, Cadre], today: date) -> int:
    """Make and sign the bulletins of the days before today, in order; returns how many."""
    for back in range(BULLETINS, 0, -1):
        day = today - timedelta(days=back)
        for region, office in offices.items():
            made = _at(day, MADE)
            draft = briefing.freeze(region, day, now=made)
            briefing.sign(draft, seen_at=draft.made_at, now=made + SIGNED_AFTER, by=office)
    return BULLETINS * len(offices)


def _at(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))
