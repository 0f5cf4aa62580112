"""What goes along when an enterprise moves: its open appeals, with number, department and deadline as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import OuterRef, Subquery

from appeals.models import Appeal
from appeals.workflow import FINAL
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED_AT_MOST: Final = 5


def follow(enterprises: Sequence[int]) -> dict[int, str]:
    """Give the open appeals of these enterprises, which the caller has locked, the region where they are now.

    Settled ones keep the region in which they were handled. Three statements.
    """
    open_ones = Appeal.objects.filter(enterprise__in=enterprises).exclude(status__in=FINAL)
    locked = open_ones.select_for_update(no_key=True).order_by("pk").values_list("pk", "enterprise", "number")
    moving = list(locked)
    here = Enterprise.objects.filter(pk=OuterRef("enterprise"))
    Appeal.objects.filter(pk__in=[pk for pk, _, _ in moving]).update(
        region=Subquery(here.values("region")[:1]),
        region_path=Subquery(here.values("region_path")[:1]),
    )
    numbers: dict[int, list[str]] = {}
    for _, enterprise, number in moving:
        numbers.setdefault(enterprise, []).append(number or "草稿")
    return {enterprise: _said(some) for enterprise, some in numbers.items()}


def _said(numbers: list[str]) -> str:
    more = "等" if len(numbers) > NAMED_AT_MOST else ""
    return f"{len(numbers)} 件未办结诉求随迁：{'、'.join(numbers[:NAMED_AT_MOST])}{more}"
