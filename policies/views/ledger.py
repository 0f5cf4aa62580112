"""The ledger of fulfilments (惠企政策兑现情况清单); what is due and not received comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F
from django.utils import timezone
from django.views.decorators.http import require_safe

from cadres import counting
from cadres.counting import Count
from cadres.listing import COUNTED_TO, Sorts, Tab, build
from cadres.rights import require
from policies.filters import DUE, STATUSES, WAITING, FulfilmentFilter
from policies.models import Fulfilment
from policies.models.queries import MOST_URGENT_FIRST

if TYPE_CHECKING:
    from django.http import HttpResponse

    from cadres.http import CadreRequest
    from cadres.listing import Listing
    from cadres.models import Cadre
    from policies.models import FulfilmentQuerySet

NOT_FOR_YOU: Final = "查看兑现台账需要业务角色，请联系本单位安全管理员。"
SORTS: Final[Sorts] = {
    "urgent": MOST_URGENT_FIRST,
    "closing": (F("closes_on").asc(nulls_last=True),),
    "due": (F("amount_due").asc(nulls_first=True),),
    "newest": ("-pk",),
    "since": ("status_since",),
}
RELATED: Final = ("enterprise", "region__parent", "item__policy", "item__department")


@require_safe
def fulfilment_list(request: CadreRequest) -> HttpResponse:
    require(request.user, "policies.view_fulfilment", NOT_FOR_YOU)
    now = timezone.now()
    scope = Fulfilment.objects.listed_to(request.user)
    form = FulfilmentFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope.select_related(*RELATED).defer("item__policy__text"), form, sorts=SORTS)
    _mark(listing.rows, request.user)
    context = {
        "title": "兑现台账",
        "tabs": listing.tabs("status", _tabs(listing, scope, request.user)),
        "about": about(form),
        "may_add": request.user.has_perm("policies.add_fulfilment"),
        "may_add_many": request.user.has_perm("policies.change_policy"),
        "empty_text": "没有应享未享的记录" if not form.data.get("status") else "没有符合条件的记录",
    }
    return listing.render("policies/fulfilment_list.html", context)


def about(form: FulfilmentFilter) -> str:
    """What the list is narrowed to by a link rather than by a field that can be seen."""
    values = form.cleaned_data if form.is_valid() else {}
    return "，".join(str(values[name]) for name in ("enterprise", "policy") if values.get(name))


def _mark(rows: list[Fulfilment], cadre: Cadre) -> None:
    """Set `is_my_turn` and `light` on each row. One query."""
    today = timezone.localdate()
    waiting = set(
        Fulfilment.objects.awaiting(cadre).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    )
    for row in rows:
        row.is_my_turn = row.pk in waiting  # type: ignore[attr-defined]
        row.light = row.window_light(today)  # type: ignore[attr-defined]


def _tabs(listing: Listing, scope: FulfilmentQuerySet, cadre: Cadre) -> list[Tab]:
    """The work lists with their counts under the other filters."""
    form = listing.form
    if listing.complaints or not isinstance(form, FulfilmentFilter):
        return [Tab(value, label) for value, label in STATUSES]
    found = form.narrow_but_status(scope, form.cleaned_data)
    parts = {value: Count(form.of_status(found, value), to=COUNTED_TO + 1) for value in (DUE, WAITING)}
    counted = counting.ask(cadre, parts)
    return [Tab(value, label, counted.get(value), hot=value == WAITING) for value, label in STATUSES]
