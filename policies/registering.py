"""Making rows of the ledger: one enterprise's, or those of many enterprises for one item and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from enterprises.models import Enterprise
from policies import advancing
from policies.advancing import Hop, Move
from policies.models import Fulfilment
from policies.workflow import Status
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre
    from enterprises.models import EnterpriseQuerySet
    from policies.models import Item

MOST_AT_ONCE: Final = 5_000


@transaction.atomic
def one(enterprise: Enterprise, item: Item, period: str, *, by: Cadre | None, now: datetime) -> Fulfilment:
    """The enterprise's row of the item and the period, made (待核实) where there is none."""
    many(Enterprise.objects.filter(pk=enterprise.pk), item, period, by=by, now=now)
    return Fulfilment.objects.select_related("enterprise", "item__policy").get(
        enterprise=enterprise, item=item, period=period
    )


@transaction.atomic
def many(
    enterprises: EnterpriseQuerySet,
    item: Item,
    period: str,
    *,
    by: Cadre | None,
    now: datetime,
    entitled: bool = False,
) -> int:
    """Make the missing rows of these enterprises, as 待核实 or as 应享; how many were made. A repetition makes none.

    The enterprises are locked, so that two who do it at once make each row once. A bounded number of statements.
    """
    locked = list(enterprises.order_by("pk").select_for_update(no_key=True, of=("self",)))
    known = set(
        Fulfilment.objects.filter(item=item, period=period, enterprise__in=locked).values_list("enterprise", flat=True)
    )
    rows = [new(one, item, period, by=by, now=now) for one in locked if one.pk not in known]
    way = [Hop("entitle", Status.UNVERIFIED, Status.ENTITLED)] if entitled else []
    actor = Actor.of(by) if by else Actor.system()
    advancing.add([Move(row, way) for row in rows], by=actor, now=now, note="")
    return len(rows)


def new(enterprise: Enterprise, item: Item, period: str, *, by: Cadre | None, now: datetime) -> Fulfilment:
    """A row that is still to be saved, with what the item says of its amount and its window."""
    return Fulfilment(
        enterprise=enterprise,
        item=item,
        period=period,
        region_id=enterprise.region_id,
        region_path=enterprise.region_path,
        status_since=now,
        amount_due=item.amount,
        closes_on=item.closes_on,
        created_by=by,
        created_at=now,
    )
