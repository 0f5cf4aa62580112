"""The base lists of the demo's months, and the signed bulletins of its last week."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from reports import bases, briefing
from reports.models import PowerRule, RiskLevel

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


def judge(districts: list[Region], office: Cadre, first: date) -> None:
    """Targets for the risk levels, and a level for each district."""
    at = _at(first, time(9))
    PowerRule.objects.create(
        version=1,
        starts_on=first,
        target_orange=Decimal(45),
        target_yellow=Decimal(60),
        target_blue=Decimal(75),
        target_green=Decimal(90),
        reason="市复工复产工作专班设定各色目标",
        set_by=office,
        set_at=at,
    )
    levels = RiskLevel.Colour
    colours = (levels.ORANGE, levels.YELLOW, levels.BLUE, levels.GREEN)
    for number, district in enumerate(districts):
        RiskLevel.objects.create(
            region=district, colour=colours[number % len(colours)], starts_on=first, set_by=office, set_at=at
        )


def issue(offices: dict[Region, Cadre], today: date, days: int = BULLETINS) -> int:
    """Make and sign the bulletins of the days before today, in order; returns how many."""
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        for region, office in offices.items():
            made = _at(day, MADE)
            draft = briefing.freeze(region, day, now=made)
            briefing.sign(draft, seen_at=draft.made_at, now=made + SIGNED_AFTER, by=office)
    return days * len(offices)


def _at(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))
