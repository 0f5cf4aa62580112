"""What the regions one step below are called, and the parks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from cadres.models import Region

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.counting.rows import Kin


class Names(NamedTuple):
    places: dict[str, str]
    parks: dict[str, str]
    park_codes: dict[int | None, str]
    keys: dict[int, str]

    def risks(self, levels: dict[int, str]) -> dict[str, str]:
        """The risk levels by code instead of key."""
        return {self.keys[key]: colour for key, colour in levels.items() if key in self.keys}


def names_below(region: Region, kins: Collection[Kin]) -> Names:
    """What the regions one step below are called, and the parks, in the order of their codes."""
    used_places, used_parks = {kin.place for kin in kins}, {kin.park for kin in kins if kin.park}
    below = Q(path__startswith=region.path) & (Q(parent=region) | Q(kind=Region.Kind.PARK))
    used = Q(pk__in=used_parks) | Q(code__in=used_places)
    found = list(Region.objects.filter(below | used).exclude(pk=region.pk).order_by("code"))
    parks = [one for one in found if one.kind == Region.Kind.PARK]
    places = {one.code: one.name for one in found if one.kind != Region.Kind.PARK and one.parent_id == region.pk}
    places |= {one.code: one.name for one in parks if one.code in used_places}
    if "" in used_places:
        places[""] = f"{region.name}本级"
    codes = {one.pk: one.code for one in found}
    return Names(places, {one.code: one.name for one in parks}, {one.pk: one.code for one in parks}, codes)
