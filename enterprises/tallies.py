"""How many enterprises were reported in which state for a day, place by place; parks beside them, never added."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, FilteredRelation, Q

from cadres.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from enterprises.models import EnterpriseQuerySet

States = Counter[str | None]  # None is 未报
Counted = tuple[str, int | None, str | None, int]  # region path, park, state, enterprises


class Tally(NamedTuple):
    """The counts of one region one step below, of a park, or of what lies in the region itself (本级)."""

    region: Region
    states: States
    is_park: bool = False
    is_itself: bool = False

    @property
    def name(self) -> str:
        return f"其中：{self.region}" if self.is_park else f"{self.region}本级" if self.is_itself else str(self.region)

    @property
    def total(self) -> int:
        return self.states.total()


def by_place(counted: Iterable[Counted], above: str) -> list[Tally]:
    """Of every region one step below the one with this path, in the order of codes, then of every park. One query."""
    places: defaultdict[str, States] = defaultdict(Counter)
    parks: defaultdict[int, States] = defaultdict(Counter)
    for path, park, state, rows in counted:
        places[path.removeprefix(above).partition("/")[0] or above.rstrip("/").rpartition("/")[2]][state] += rows
        if park is not None:
            parks[park][state] += rows
    found = Region.objects.filter(Q(code__in=places) | Q(pk__in=parks)).order_by("code")
    known = list(found)
    beside = [Tally(one, parks[one.pk], is_park=True) for one in known if one.pk in parks]
    here = [Tally(one, places[one.code], is_itself=one.path == above) for one in known if one.code in places]
    return here + beside


def in_all(counted: Iterable[Counted]) -> States:
    """How many there are in each state."""
    states: States = Counter()
    for _, _, state, rows in counted:
        states[state] += rows
    return states


def counted(enterprises: EnterpriseQuerySet, day: date) -> list[Counted]:
    """How many enterprises of each region and park were reported in each state. One query."""
    report = FilteredRelation("statuses", condition=Q(statuses__day=day, statuses__state__gt=""))
    grouped = enterprises.order_by().annotate(report=report).values("region_path", "park", "report__state")
    return list(grouped.annotate(rows=Count("pk")).values_list("region_path", "park", "report__state", "rows"))
