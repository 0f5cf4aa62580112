"""What goes along when an enterprise moves: its open rows of the ledger, with department and last day as they are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from enterprises.models import Enterprise
from policies.models import Fulfilment

if TYPE_CHECKING:
    from collections.abc import Sequence


def follow(enterprises: Sequence[int]) -> dict[int, str]:
    """Give the open rows of these enterprises, which the caller has locked, the region where they are now.

    What has ended keeps the region in which it was handled. Three statements.
    """
    open_ones = Fulfilment.objects.open().filter(enterprise__in=enterprises)
    moving = list(open_ones.select_for_update(no_key=True).order_by("pk").values_list("pk", "enterprise"))
    here = Enterprise.objects.filter(pk=OuterRef("enterprise"))
    Fulfilment.objects.filter(pk__in=[pk for pk, _ in moving]).update(
        region=Subquery(here.values("region")[:1]),
        region_path=Subquery(here.values("region_path")[:1]),
    )
    return {key: f"{rows} 条未办结政策兑现记录随迁" for key, rows in Counter(key for _, key in moving).items()}
