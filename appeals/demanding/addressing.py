"""Whom a demand is put to: who leads the case, and while nobody does, the office that has to find somebody."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Min, OuterRef

from appeals.models import Appeal, Instruction, Order
from cadres.models import Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


class Offices:
    """Which office finds somebody for a case that nobody leads: its region's, or that of the nearest region above.

    Read when it is first asked for, for as many cases as there are.
    """

    @cached_property
    def _by_region(self) -> dict[str, int]:
        """By the region's code; of several the first."""
        holders = Cadre.objects.holding(Role.OFFICE).exclude(department=None).order_by()
        found = holders.values_list("department__region__code").annotate(first=Min("department"))
        return dict(found)

    def of(self, appeal: Appeal) -> int | None:
        codes = reversed(appeal.region_path.rstrip("/").split("/"))
        return next((self._by_region[code] for code in codes if code in self._by_region), None)


def addressees(appeals: Iterable[Appeal], offices: Offices | None = None) -> dict[int, int | None]:
    """The department of each appeal, by keys. A query only where nobody leads."""
    offices = offices or Offices()
    return {appeal.pk: appeal.lead_id or offices.of(appeal) for appeal in appeals}


def follow_lead(appeals: Iterable[Appeal]) -> None:
    """Demands in force go along with their cases, whose departments have just changed; the date stays.

    To whom one was put first stays as it was. What a co-department was instructed to do stays with it, unless it left.
    """
    to: dict[int | None, list[int]] = {}
    for pk, department in addressees(appeals).items():
        to.setdefault(department, []).append(pk)
    for department, pks in to.items():
        Order.objects.in_force().filter(appeal__in=pks).update(answering=department)
        instructions = Instruction.objects.in_force().filter(appeal__in=pks)
        instructions.filter(~Exists(_still_joined())).update(follows_lead=True)
        instructions.filter(follows_lead=True).update(answering=department)


def _still_joined() -> QuerySet[Any]:
    """The co-department that an instruction is put to, where it still takes part."""
    joined = Appeal.co_departments.through.objects
    return joined.filter(appeal=OuterRef("appeal"), department=OuterRef("answering"))
