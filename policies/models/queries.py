"""Predicates of fulfilments that chain: whose they are, what is due, what closes soon."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When

from cadres.among import among
from cadres.models import Region
from cadres.roles import ASSIGNED, DEPARTMENTAL, Role
from cadres.search import keys
from enterprises.models import Enterprise, follows_enterprise, of_assigned
from policies.models.policy import CLOSING_SOON_DAYS, Item, Policy
from policies.workflow import DUE, OPEN, UNDECLARED, Status

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from cadres.models import Cadre
    from policies.models.fulfilment import Fulfilment  # noqa: F401 - read by type checkers alone


class FulfilmentQuerySet(models.QuerySet["Fulfilment"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """By region, by assigned enterprise, or by the department that is responsible for the item.

        A region's are those made there, and those of enterprises that moved there (see follows_enterprise).
        """
        return self.filter(_by_place_or_item(cadre) | _by_enterprise(cadre))

    def listed_to(self, cadre: Cadre) -> Self:
        """The rows of visible_to() for a list in its order: of a department alone its items are named.

        An index has each item's rows in that order, which nobody knows to be better than the order of all items' rows
        as long as it is not said which items they are. One query where it is.
        """
        found = self.visible_to(cadre)
        if not cadre.department_id or cadre.region_scope or cadre.holds(*ASSIGNED):
            return found
        return found.filter(item__in=list(Item.objects.led_by(cadre.department_id).values_list("pk", flat=True)))

    def in_parts(self, cadre: Cadre) -> tuple[Self, Self]:
        """The rows of visible_to() in two parts that share none, for what counts many of them.

        The first are those of the cadre's region and department: one index knows their items, statuses and places, and
        not their enterprises, for which every row would have to be looked at. The others are few.
        """
        near = _by_place_or_item(cadre)
        return self.filter(near), self.filter(_by_enterprise(cadre)).exclude(near)

    def awaiting(self, cadre: Cadre) -> Self:
        """Rows in which one of the cadre's roles has to act now; within the cadre's scope.

        The specialist sees to it that the enterprise applies, the department examines and pays, the office clears what
        is in the way.
        """
        waiting = Q(pk__in=())
        if cadre.holds(Role.SPECIALIST):
            waiting |= of_assigned(cadre) & Q(status__in=UNDECLARED)
        if cadre.holds(*DEPARTMENTAL) and cadre.department_id:
            waiting |= _of_items_led_by(cadre.department_id) & Q(status__in=OPEN - UNDECLARED)
            automatic = Item.Granting.AUTOMATIC
            waiting |= _of_items_led_by(cadre.department_id, granting=automatic) & Q(status=Status.ENTITLED)
        if cadre.holds(Role.OFFICE) and cadre.region_scope:
            waiting |= Q(region_path__startswith=cadre.region_scope, status__in=OPEN) & ~Q(block="")
        return self.filter(waiting)

    def open(self) -> Self:
        """Somebody still has to act."""
        return self.filter(status__in=OPEN)

    def of_statuses(self, statuses: Collection[str]) -> Self:
        """In one of them; where all come before or after the rest in the list's order, its indexes begin there."""
        found, sides = self.filter(status__in=sorted(statuses)), {status in UNDECLARED for status in statuses}
        return found.alias(side=SIDE).filter(side=0 if sides == {True} else 1) if len(sides) == 1 else found

    def due(self) -> Self:
        """应享未享: entitled, and neither paid nor enjoying yet."""
        return self.filter(status__in=DUE)

    def blocked(self) -> Self:
        """Something stands in the way (堵点)."""
        return self.exclude(block="")

    def closing_soon(self, today: date) -> Self:
        """Not applied for, and the window closes within a few days."""
        last = today + timedelta(days=CLOSING_SOON_DAYS)
        return self.filter(status__in=UNDECLARED, closes_on__range=(today, last))

    def closed_by(self, today: date) -> Self:
        """Not applied for though the window has closed."""
        return self.filter(status__in=UNDECLARED, closes_on__lt=today)

    def in_region(self, region: Region) -> Self:
        """Of enterprises of the region when the row was made; a park is another membership than the tree's."""
        if region.kind == Region.Kind.PARK:
            return self.filter(enterprise__in=Enterprise.objects.in_region(region).values("pk"))
        return self.filter(region_path__startswith=region.path)

    def search(self, text: str) -> Self:
        """By the enterprise (name, initials, credit code), or by the policy's title or document number."""
        return self.filter(self.found_by(text))

    def found_by(self, text: str) -> Q:
        """The condition of search(). Two queries when it is made, none when it is applied."""
        items = Item.objects.filter(policy__in=Policy.objects.search(text).values("pk"))
        enterprises = Enterprise.objects.search(text)
        return Q(enterprise__in=keys(enterprises)) | Q(item__in=keys(items))

    def counts(self) -> dict[str, int]:
        """How many are in each status. One query."""
        counted = self.order_by().values("status").annotate(rows=models.Count("pk"))
        return dict(counted.values_list("status", "rows"))


def _by_place_or_item(cadre: Cadre) -> Q:
    seen = Q(pk__in=())
    if cadre.region_scope:
        seen |= Q(region_path__startswith=cadre.region_scope)
    if cadre.holds(*DEPARTMENTAL) and cadre.department_id:
        seen |= _of_items_led_by(cadre.department_id)
    return seen


def _by_enterprise(cadre: Cadre) -> Q:
    seen = Q(pk__in=())
    if cadre.region_scope:
        seen |= follows_enterprise(cadre.region_scope)
    if cadre.holds(*ASSIGNED):
        seen |= of_assigned(cadre)
    return seen


def _of_items_led_by(department: int, **fields: str) -> Q:
    """Of items for which the department is responsible."""
    return among("item", Item.objects.led_by(department).filter(**fields).order_by().values("pk"))


SIDE: Final = Case(
    When(status__in=sorted(UNDECLARED), then=Value(0)), default=Value(1), output_field=models.IntegerField()
)
MOST_URGENT_FIRST: Final = (SIDE.asc(), F("closes_on").asc(nulls_last=True))
"""What can still be applied for, by its last day; then what is with the departments."""
