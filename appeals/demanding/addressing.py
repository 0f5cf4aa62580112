"""Whom a demand is put to: who leads the case, and while nobody does, the office that has to find somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from appeals.models import Appeal, Instruction, Order
from cadres import audience
from cadres.models import Cadre, Region
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def addressees(appeals: Iterable[Appeal]) -> dict[int, int | None]:
    """The department of each appeal, by keys. Queries only where nobody leads, a few for each region."""
    offices: dict[int, int | None] = {}
    found: dict[int, int | None] = {}
    for appeal in appeals:
        if appeal.lead_id is None and appeal.region_id not in offices:
            offices[appeal.region_id] = _office_of(appeal.region_id)
        found[appeal.pk] = appeal.lead_id or offices[appeal.region_id]
    return found


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


def _office_of(region: int) -> int | None:
    place = Region.objects.get(pk=region)
    holders = Cadre.objects.filter(pk__in=audience.holders(Role.OFFICE, place)).exclude(department=None)
    found: int | None = holders.order_by("department").values_list("department", flat=True).first()
    return found
