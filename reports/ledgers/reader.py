"""Whom a ledger is made for, and when: what its columns need to know beside the rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from cadres.models import Region

if TYPE_CHECKING:
    from datetime import date, datetime

    from cadres.models import Cadre

UNMASK: Final = "enterprises.unmask_contact"


@dataclass(frozen=True)
class Reader:
    cadre: Cadre
    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @cached_property
    def masked(self) -> bool:
        """Whether this reader gets personal data masked."""
        return not self.cadre.has_perm(UNMASK)

    @cached_property
    def _names(self) -> dict[str, tuple[str, str]]:
        """Kind and name of the regions that stand in a ledger, by code. One query, however many rows."""
        shown = (Region.Kind.CITY, Region.Kind.DISTRICT, Region.Kind.PARK, Region.Kind.TOWN)
        found = Region.objects.filter(kind__in=shown).values_list("code", "kind", "name")
        return {code: (kind, name) for code, kind, name in found}

    def district(self, path: str) -> str:
        """区县 of a region's path; the city itself where it lies in no district."""
        return self._named(path, Region.Kind.DISTRICT, Region.Kind.PARK) or self._named(path, Region.Kind.CITY)

    def town(self, path: str) -> str:
        return self._named(path, Region.Kind.TOWN)

    def _named(self, path: str, *kinds: str) -> str:
        for code in path.rstrip("/").split("/"):
            kind, name = self._names.get(code, ("", ""))
            if kind in kinds:
                return name
        return ""
