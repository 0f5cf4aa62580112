"""A department that ends passes its items, and with them their open rows, to its successor (机构改革).

Items of a policy that is over and of which no row is open keep the old name, as past figures do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cadres import audience, history
from cadres.notices import tell
from cadres.roles import Role
from cadres.succession import heirs
from enterprises.succession import VIA
from policies import access
from policies.models import Fulfilment, Item

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Department


def pass_on(now: datetime) -> int:
    """How many items passed. What somebody edits just now passes the next time; safe to run twice and beside itself."""
    return sum(_pass(old, new, now) for old, new in heirs(now).items())


@transaction.atomic
def _pass(old: Department, new: Department, now: datetime) -> int:
    today = timezone.localdate(now)
    running = Fulfilment.objects.open().filter(item=OuterRef("pk"))
    alive = Q(policy__valid_until=None) | Q(policy__valid_until__gte=today) | Q(Exists(running))
    mine = Item.objects.filter(alive, department=old).order_by("pk")
    items = list(mine.select_for_update(skip_locked=True, no_key=True, of=("self",)))
    with history.acting_for(None, VIA):
        for item in items:
            item.department, item.version = new, item.version + 1
            item.save(update_fields=["department", "version"])
            access.hand_over(item)
    if items:
        _tell(old, new, len(items), now)
    return len(items)


def _tell(old: Department, new: Department, count: int, now: datetime) -> None:
    """The heads of the successor, once."""
    tell(
        f"succeed-items:{old.pk}:{new.pk}",
        [audience.of_department(Role.HEAD, new.pk)],
        f"{old}负责的政策事项由你单位承接",
        now=now,
        body=f"{old}已停用，其负责的 {count} 个政策事项及未办结的兑现记录自今日起由{new}负责，申报截止不变。",
        url="/fulfilments/",
    )
