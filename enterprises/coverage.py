"""How far a campaign's enterprises have a specialist, region by region: counts that lead to their rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.http import urlencode

from cadres.models import Region
from enterprises.models import Enterprise
from enterprises.models.assignments import has_specialist

if TYPE_CHECKING:
    from datetime import date

    from cadres.models import Cadre
    from enterprises.models import Campaign


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
    """The counts of what the cadre sees, or of that part of it that lies in the region. One query."""
    wanted = Enterprise.objects.visible_to(cadre).to_be_covered_by(campaign)
    if region:
        wanted = wanted.in_region(region)
    return Coverage(campaign, region, **wanted.aggregate(total=Count("pk"), covered=_covered(campaign, today)))


def in_places(campaign: Campaign, cadre: Cadre, today: date) -> tuple[list[Coverage], list[Coverage]]:
    """The counts of every district and town that the cadre sees anything of, in the order of the tree; then of parks.

    Parks are shown apart, since districts count the same enterprises. Two queries.
    """
    wanted = Enterprise.objects.visible_to(cadre).to_be_covered_by(campaign).order_by().values("region_path", "park")
    counted = wanted.annotate(total=Count("pk"), covered=_covered(campaign, today))
    places, parks = defaultdict[str, Counts](Counts), defaultdict[int, Counts](Counts)
    for path, park, total, covered in counted.values_list("region_path", "park", "total", "covered"):
        for above in _above(path):
            places[above].add(total, covered)
        if park is not None:
            parks[park].add(total, covered)
    shown = Q(kind__in=(Region.Kind.DISTRICT, Region.Kind.TOWN), path__in=places) | Q(pk__in=parks)
    regions = list(Region.objects.filter(shown).order_by("path"))
    return (
        [Coverage(campaign, one, **vars(places[one.path])) for one in regions if one.kind != Region.Kind.PARK],
        [Coverage(campaign, one, **vars(parks[one.pk])) for one in regions if one.pk in parks],
    )


def _covered(campaign: Campaign, today: date) -> Count:
    return Count("pk", filter=has_specialist(today, campaign))


@dataclass
class Counts:
    total: int = 0
    covered: int = 0

    def add(self, total: int, covered: int) -> None:
        self.total += total
        self.covered += covered


def _above(path: str) -> list[str]:
    """The path itself and those of the regions above it."""
    codes = path.rstrip("/").split("/")
    return ["".join(f"{code}/" for code in codes[:depth]) for depth in range(1, len(codes) + 1)]
