"""Long lists that a template offers in drop-downs: what its reader may name, with what each value means beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appeals.models import Category
from cadres.models import Cadre, Department, Region
from cadres.roles import Role
from enterprises.models import Campaign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A drop-down with more isn't used any more; what is beyond may still be typed.
LONGEST: Final = 5_000

Value = tuple[str, str]


def values(name: str, cadre: Cadre) -> list[Value]:
    """The values of a list and their meanings."""
    return list(_LISTS[name](cadre))


def _regions(cadre: Cadre) -> Iterable[Value]:
    found = Region.objects.visible_to(cadre).exclude(kind=Region.Kind.VILLAGE).order_by("path")[:LONGEST]
    return found.values_list("code", "name")


def _departments(cadre: Cadre) -> Iterable[Value]:
    found = Department.objects.visible_to(cadre).current().order_by("region__path", "name")[:LONGEST]
    return found.values_list("name", "region__name")


def _campaigns(cadre: Cadre) -> Iterable[Value]:
    return [(campaign.name, campaign.period) for campaign in Campaign.objects.visible_to(cadre)[:LONGEST]]


def _categories(cadre: Cadre) -> Iterable[Value]:
    return [(category.name, "") for category in Category.objects.filter(active=True)]


def _holding(role: Role) -> Callable[[Cadre], Iterable[Value]]:
    def found(cadre: Cadre) -> Iterable[Value]:
        people = Cadre.objects.holding(role).visible_to(cadre).order_by("username")[:LONGEST]
        return list(people.values_list("username", "name"))

    return found


_LISTS: Final[dict[str, Callable[[Cadre], Iterable[Value]]]] = {
    "区域": _regions,
    "单位": _departments,
    "专项行动": _campaigns,
    "诉求类别": _categories,
    "专员": _holding(Role.SPECIALIST),
    "包联领导": _holding(Role.TEAM_LEADER),
}
