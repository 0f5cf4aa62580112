"""The policy items of which a visit can tell a fact: those that the enterprise has on its list, then the others."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from policies import periods
from policies.models import Fulfilment, Item, Policy
from visits.forms import Offers

if TYPE_CHECKING:
    from datetime import date

    from cadres.models import Cadre
    from enterprises.models import Enterprise

MOST: Final = 300
OWN: Final = "本企业的政策兑现事项"


def of_enterprise(enterprise: Enterprise, cadre: Cadre, today: date) -> Offers:
    """In two queries: open rows of the enterprise with their periods, and items in force for this year."""
    year = periods.year_of(today)
    visible = Fulfilment.objects.visible_to(cadre).filter(enterprise=enterprise).open()
    rows = list(visible.select_related("item__policy").order_by("-period", "item")[:MOST])
    own = [(row.item, row.period, _words(row)) for row in rows]
    known = {(row.item_id, row.period) for row in rows}
    policies = Policy.objects.visible_to(cadre).in_force(today).values("pk")
    items = Item.objects.filter(policy__in=policies).select_related("policy").order_by("-policy", "pk")[:MOST]
    others = [item for item in items if (item.pk, year) not in known]
    groups = [(OWN, own)] if own else []
    for policy, found in groupby(others, key=lambda item: item.policy):
        groups.append((policy.title, [(item, year, f"{item.name}（{periods.words(year)}）") for item in found]))
    return Offers(groups)


def _words(row: Fulfilment) -> str:
    return f"{row.item.name}（{periods.words(row.period)} · {row.status_label}）"
