"""Whom an order is put to: who leads the case, and while nobody does, the office that has to find somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appeals.models import Order
from cadres import audience
from cadres.models import Cadre, Region
from cadres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appeals.models import Appeal


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
    """Orders in force go along with their cases, whose lead has just changed; the date stays.

    To whom an order was issued stays as it was.
    """
    to: dict[int | None, list[int]] = {}
    for pk, department in addressees(appeals).items():
        to.setdefault(department, []).append(pk)
    for department, pks in to.items():
        Order.objects.in_force().filter(appeal__in=pks).update(answering=department)


def _office_of(region: int) -> int | None:
    place = Region.objects.get(pk=region)
    holders = Cadre.objects.filter(pk__in=audience.holders(Role.OFFICE, place)).exclude(department=None)
    found: int | None = holders.order_by("department").values_list("department", flat=True).first()
    return found
