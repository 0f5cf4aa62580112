"""The responsible department sees an enterprise because of its item: as long as a row is open, and a while after."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from enterprises.models import Access
from policies.models import Fulfilment, Item
from policies.workflow import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REASON: Final = "item:{pk}"
AFTER_END: Final = timedelta(days=90)  # a department can still look up whom it paid


def open_for(item: Item, enterprises: Iterable[int]) -> None:
    """Let the item's department see these enterprises. One statement."""
    reason = REASON.format(pk=item.pk)
    Access.objects.bulk_create(
        [Access(enterprise_id=pk, department_id=item.department_id, reason=reason) for pk in enterprises],
        update_conflicts=True,
        update_fields=["until"],
        unique_fields=["enterprise", "department", "reason"],
    )


def refresh(fulfilment: Fulfilment, now: datetime) -> None:
    """After a change of status: open while any row of the item and the enterprise is, else until a while later."""
    if fulfilment.status in OPEN:
        open_for(fulfilment.item, [fulfilment.enterprise_id])
    else:
        end_for(fulfilment.item_id, [fulfilment.enterprise_id], now)


def end_for(item: int, enterprises: Iterable[int], now: datetime) -> None:
    """End the access to those of the enterprises that have no open row of the item any more. One statement."""
    running = Fulfilment.objects.open().filter(item=item).values("enterprise")
    ended = Access.objects.filter(enterprise__in=list(enterprises), reason=REASON.format(pk=item), until=None)
    ended.exclude(enterprise__in=running).update(until=timezone.localdate(now) + AFTER_END)


def hand_over(item: Item) -> None:
    """After another department became responsible: it sees the item's enterprises, and the old one no longer."""
    Access.objects.filter(reason=REASON.format(pk=item.pk)).exclude(department=item.department_id).delete()
    running = Fulfilment.objects.open().filter(item=item).values_list("enterprise", flat=True)
    open_for(item, running.order_by().distinct())
