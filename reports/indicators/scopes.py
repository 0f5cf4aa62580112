"""Of what a figure speaks: a region, a day, what was known at an instant, and since when things are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from cadres.models import Region
    from enterprises.models import Campaign


@dataclass(frozen=True)
class Scope:
    """A region or park, a day, and what was known of it at an instant.

    Indicators that have a period count what happened after `since`, until the day ends or `as_of` comes. Coverage is
    that of `campaign`, or of all that run on the day.
    """

    region: Region
    day: date
    as_of: datetime
    since: datetime
    campaign: Campaign | None = None

    @classmethod
    def of_month(cls, region: Region, day: date, as_of: datetime) -> Scope:
        """From the first of the day's month."""
        return cls(region, day, as_of, since=midnight(day.replace(day=1)))

    @property
    def until(self) -> datetime:
        return min(self.as_of, midnight(self.day + timedelta(days=1)))

    @property
    def since_day(self) -> date:
        return timezone.localdate(self.since)

    @property
    def city_path(self) -> str:
        """The path of the city in which all of it lies."""
        return self.region.path.partition("/")[0] + "/"


def midnight(day: date) -> datetime:
    """When the day begins."""
    return timezone.make_aware(datetime.combine(day, time.min))
