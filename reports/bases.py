"""Base lists (应复工名单): frozen by name for a month, and every later change listed by name.

An enterprise that stops operating leaves the list, one that begins to operate joins it, one that moves does both; each
with its day and reason, so that no rate rises unseen. A change counts from the day on which it is noticed, or from the
next where a bulletin of that day has been made already: what was published stays as it was. Before a city's first
bulletin there is nothing to compare with, so what is registered until then belongs to the list from its beginning.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from cadres.among import among
from cadres.models import Cadre, Region
from enterprises.models import Enterprise
from reports.models import BaseEntry, BaseList, Briefing

if TYPE_CHECKING:
    from datetime import date, datetime

NEW: Final = "新增在营企业"
RETURNED: Final = "恢复在营"
PARK_CHANGED: Final = "园区调整"


def keep(now: datetime) -> None:
    """Freeze the month's list of every city that has none, and follow what has changed since."""
    for city in Region.objects.filter(kind=Region.Kind.CITY):
        keep_for(city, timezone.localdate(now), now=now)


def keep_for(city: Region, day: date, *, now: datetime) -> None:
    """Make sure of the list that covers the day, and bring the list of today up to date."""
    today = timezone.localdate(now)
    for wanted in dict.fromkeys((day, today)):
        last = monthrange(wanted.year, wanted.month)[1]
        freeze(city, wanted.replace(day=1), wanted.replace(day=last), now=now)
    current = BaseList.objects.of_day(today).filter(region=city).first()
    if current is not None:
        follow_changes(current, now=now)


@transaction.atomic
def freeze(city: Region, first: date, last: date, *, now: datetime, by: Cadre | None = None) -> BaseList | None:
    """Freeze the list of a period: what counted at the end of the list before, or else all that operates today.

    A period that a list covers in part keeps that list. None where nothing operates yet.
    """
    Region.objects.select_for_update(no_key=True).get(pk=city.pk)
    overlapping = BaseList.objects.filter(region=city, starts_on__lte=last, ends_on__gte=first).first()
    if overlapping is not None:
        return overlapping
    entries = _carried_over(city, first) or _operating(city, first)
    if not entries:
        return None
    frozen = BaseList.objects.create(region=city, starts_on=first, ends_on=last, frozen_at=now, frozen_by=by)
    for entry in entries:
        entry.base = frozen
    BaseEntry.objects.bulk_create(entries, batch_size=2_000)
    return frozen


@transaction.atomic
def follow_changes(base: BaseList, *, now: datetime) -> int:
    """Bring a list up to date with what operates, and where. Returns how many entries joined or left.

    What would count from a day after the list's end waits for the next list.
    """
    BaseList.objects.select_for_update(no_key=True).get(pk=base.pk)
    day = _next_open_day(base.region, now)
    if day > base.ends_on:
        return 0
    stopped, moved = _leave(base, _stopped(base), day), _leave(base, _moved(base), day)
    joined = _join(base, moved, day)
    return len(stopped) + len(moved) + joined


@dataclass(frozen=True)
class Change:
    """An enterprise that joined the base or left it on a day."""

    entry: BaseEntry
    joined: bool

    @property
    def because(self) -> str:
        return self.entry.joined_because if self.joined else self.entry.left_because


def changes(region: Region, day: date) -> list[Change]:
    """Who joined and who left the base on the day, in the region; an enterprise that moved inside it did neither."""
    city = region.path.partition("/")[0]
    here = Q(park=region) if region.kind == Region.Kind.PARK else Q(region__path__startswith=region.path)
    entries = (
        BaseEntry.objects.filter(here, base__region__code=city)
        .exclude(~Q(joined_because=""), left_on=F("joined_on"))
        .select_related("enterprise", "region")
        .order_by("region__path", "pk")
    )
    left = list(entries.filter(left_on=day))
    joined = list(entries.filter(joined_on=day).exclude(joined_because=""))
    inside = {entry.enterprise_id for entry in left} & {entry.enterprise_id for entry in joined}
    found = [Change(entry, joined=False) for entry in left] + [Change(entry, joined=True) for entry in joined]
    return [change for change in found if change.entry.enterprise_id not in inside]


def _carried_over(city: Region, first: date) -> list[BaseEntry]:
    """What the list before ended with."""
    before = BaseList.objects.filter(region=city, ends_on__lt=first).order_by("-ends_on").first()
    if before is None:
        return []
    return [
        BaseEntry(enterprise_id=entry.enterprise_id, region_id=entry.region_id, park_id=entry.park_id, joined_on=first)
        for entry in before.entries.open()
    ]


def _operating(city: Region, first: date) -> list[BaseEntry]:
    operating = Enterprise.objects.operating().filter(region_path__startswith=city.path)
    places = operating.order_by("pk").values_list("pk", "region", "park")
    return [BaseEntry(enterprise_id=pk, region_id=region, park_id=park, joined_on=first) for pk, region, park in places]


def _next_open_day(city: Region, now: datetime) -> date:
    """Today, unless a bulletin of today has been made anywhere in the city."""
    today = timezone.localdate(now)
    made = Briefing.objects.filter(region__path__startswith=city.path, day=today).exists()
    return today + timedelta(days=1) if made else today


def _stopped(base: BaseList) -> QuerySet[BaseEntry, Any]:
    return base.entries.open().exclude(enterprise__state=Enterprise.State.OPERATING)


def _moved(base: BaseList) -> QuerySet[BaseEntry, Any]:
    """Operating still, but elsewhere than it counts: another region or another park."""
    elsewhere = ~Q(enterprise__region=F("region")) | Q(park=None, enterprise__park__isnull=False)
    other_park = Q(park__isnull=False) & (Q(enterprise__park=None) | ~Q(enterprise__park=F("park")))
    return base.entries.open().filter(elsewhere | other_park, enterprise__state=Enterprise.State.OPERATING)


def _leave(base: BaseList, entries: QuerySet[BaseEntry, Any], day: date) -> list[BaseEntry]:
    """End these entries of it, from the day on; what was to join later than that never counts.

    They are few: which they are is looked up before the rest of a row is, which all of a city's would be joined with.
    """
    which = among("pk", entries.order_by().values("pk"))
    found = list(base.entries.filter(which).select_related("enterprise__region", "region"))
    for entry in found:
        entry.left_on = max(day, entry.joined_on)
        entry.left_because = _why_left(entry)
    BaseEntry.objects.bulk_update(found, ["left_on", "left_because"], batch_size=500)
    return found


def _why_left(entry: BaseEntry) -> str:
    enterprise = entry.enterprise
    if enterprise.state != Enterprise.State.OPERATING:
        return enterprise.get_state_display()
    if enterprise.region_id == entry.region_id:
        return PARK_CHANGED
    return f"迁往{enterprise.region}" if _lies_in(enterprise.region, entry.base.region) else "迁出"


def _join(base: BaseList, moved: list[BaseEntry], day: date) -> int:
    """Let everything that operates in the city and isn't on the list join it, from the day on."""
    missing = (
        Enterprise.objects.operating()
        .filter(region_path__startswith=base.region.path)
        .exclude(pk__in=base.entries.open().values("enterprise"))
    )
    places = {pk: place for pk, *place in missing.order_by("pk").values_list("pk", "region", "park")}
    came_from = {entry.enterprise_id: entry for entry in moved}
    been_here = set(base.entries.filter(enterprise__in=places).values_list("enterprise", flat=True))
    unpublished = not Briefing.objects.filter(region__path__startswith=base.region.path).exists()
    entries = [
        BaseEntry(base=base, enterprise_id=pk, region_id=region, park_id=park, joined_on=day)
        for pk, (region, park) in places.items()
    ]
    for entry in entries:
        if unpublished and entry.enterprise_id not in been_here:
            entry.joined_on = base.starts_on
        else:
            entry.joined_because = _why_joined(entry, came_from.get(entry.enterprise_id), been_here)
    BaseEntry.objects.bulk_create(entries, batch_size=2_000)
    return len(entries)


def _why_joined(entry: BaseEntry, before: BaseEntry | None, been_here: set[int]) -> str:
    if before is None:
        return RETURNED if entry.enterprise_id in been_here else NEW
    return PARK_CHANGED if before.region_id == entry.region_id else f"由{before.region}迁入"


def _lies_in(region: Region, city: Region) -> bool:
    return region.path.startswith(city.path)
