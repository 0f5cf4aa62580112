"""How far a campaign's enterprises have a specialist, region by region: counts that lead to their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode

from cadres.models import Region
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from datetime import date

    from cadres.models import Cadre
    from enterprises.models import Campaign, EnterpriseQuerySet


@dataclass
class Coverage:
    """The counts of one region and everything below it."""

    campaign: Campaign
    region: Region | None
    total: int = 0
    covered: int = 0

    @property
    def uncovered(self) -> int:
        return self.total - self.covered

    @property
    def is_town(self) -> bool:
        return self.region is not None and self.region.kind == Region.Kind.TOWN

    @property
    def total_url(self) -> str:
        return self._url("enterprises:list")

    @property
    def covered_url(self) -> str:
        return self._url("enterprises:list", covered="yes")

    @property
    def uncovered_url(self) -> str:
        return self._url("enterprises:uncovered")

    def _url(self, name: str, **query: str) -> str:
        place = {"region": self.region.code} if self.region else {}
        return f"{reverse(name)}?{urlencode({'campaign': str(self.campaign.pk), **place, **query})}"


def coverage(campaign: Campaign, cadre: Cadre, today: date, region: Region | None = None) -> Coverage:
    """The counts of what the cadre sees, or of that part of it that lies in the region. Two queries."""
    wanted = Enterprise.objects.visible_to(cadre).to_be_covered_by(campaign)
    if region:
        wanted = wanted.in_region(region)
    return Coverage(campaign, region, wanted.count(), wanted.with_specialist(today, campaign).count())


def by_region(campaign: Campaign, cadre: Cadre, today: date) -> list[Coverage]:
    """The counts of every district and town that the cadre sees anything of, in the order of the tree."""
    wanted = Enterprise.objects.visible_to(cadre).to_be_covered_by(campaign)
    totals, covered = _by_path(wanted), _by_path(wanted.with_specialist(today, campaign))
    found: dict[str, Coverage] = {}
    places = Region.objects.filter(kind__in=(Region.Kind.DISTRICT, Region.Kind.TOWN)).order_by("path")
    known = {place.path: place for place in places}
    for path, total in totals.items():
        for above in _above(path):
            if place := known.get(above):
                row = found.setdefault(above, Coverage(campaign, place))
                row.total += total
                row.covered += covered.get(path, 0)
    return [found[path] for path in known if path in found]


def by_park(campaign: Campaign, cadre: Cadre, today: date) -> list[Coverage]:
    """The counts of every park that the cadre sees anything of: shown apart, since districts count the same ones."""
    wanted = Enterprise.objects.visible_to(cadre).to_be_covered_by(campaign).exclude(park=None)
    totals, covered = _by_key(wanted), _by_key(wanted.with_specialist(today, campaign))
    parks = Region.objects.filter(pk__in=totals).order_by("code")
    return [Coverage(campaign, park, totals[park.pk], covered.get(park.pk, 0)) for park in parks]


def _by_key(enterprises: EnterpriseQuerySet) -> dict[int, int]:
    counted = enterprises.order_by().values("park").annotate(enterprises=Count("pk"))
    return dict(counted.values_list("park", "enterprises"))


def _by_path(enterprises: EnterpriseQuerySet) -> dict[str, int]:
    counted = enterprises.order_by().values("region_path").annotate(enterprises=Count("pk"))
    return dict(counted.values_list("region_path", "enterprises"))


def _above(path: str) -> list[str]:
    """The path itself and those of the regions above it."""
    codes = path.rstrip("/").split("/")
    return ["".join(f"{code}/" for code in codes[:depth]) for depth in range(1, len(codes) + 1)]
