"""What the pages of orders and of instructions have in common: the tabs of their lists, the forms of their steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from appeals.demand_filters import OWED_TAB
from appeals.demand_workflow import IN_FORCE, OWED, State
from appeals.filters import ENDED, WAITING
from appeals.forms.demands import DEMAND_FORMS
from appeals.models.demands import D
from cadres import counting
from cadres.counting import Count
from cadres.http import CadreRequest, posted, uploaded
from cadres.listing import COUNTED_TO, Tab

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from appeals.demanding.acting import Handling
    from appeals.models.demands import DemandQuerySet
    from cadres.listing import Listing, TabLink
    from cadres.models import Cadre

SORTS: Final = {
    "urgent": (F("ended_at").desc(nulls_first=True), "reply_due_at"),
    "due": ("reply_due_at",),
    "issued": ("issued_at",),
}
TABS: Final = {WAITING: "待我办理", OWED_TAB: "待反馈", State.ANSWERED: "待认可", ENDED: "已办结"}


def light_up(rows: list[Any], now: datetime) -> None:
    for row in rows:
        row.light = row.light_at(now)


def tabs_of(listing: Listing, scope: DemandQuerySet[D], cadre: Cadre) -> list[TabLink]:
    if listing.complaints:
        return listing.tabs("status", [Tab("", "全部"), *(Tab(value, label) for value, label in TABS.items())])
    form: Any = listing.form
    found = form.narrow_but_status(scope, form.cleaned_data)
    parts = {
        WAITING: found.awaiting(cadre),
        OWED_TAB: found.filter(status__in=OWED),
        State.ANSWERED: found.filter(status=State.ANSWERED),
        ENDED: found.exclude(status__in=IN_FORCE),
    }
    counts = counting.ask(cadre, {value: Count(part, to=COUNTED_TO + 1) for value, part in parts.items()})
    tabs = [Tab(value, label, counts[value], hot=value == WAITING) for value, label in TABS.items()]
    return listing.tabs("status", [Tab("", "全部"), *tabs])


def offers_of(handling: Handling[D], demand: D, cadre: Cadre) -> list[tuple[str, str]]:
    """What the reader may do now: the word in the address, and the word on the button."""
    return [(act, DEMAND_FORMS[act].verb) for act in handling.offered(cadre, demand)]


def take(request: CadreRequest, handling: Handling[D], demand: D, act: str) -> HttpResponse:
    """Answer, accept, return or revoke; the demand was found through the scope."""
    if act not in DEMAND_FORMS:
        raise Http404
    if refused := handling.why_not(request.user, act, demand):
        raise PermissionDenied(refused)
    now = timezone.now()
    sent = (posted(request), uploaded(request))
    form = DEMAND_FORMS[act](*sent, demand=demand, handling=handling, by=request.user, now=now)
    if form.is_bound and form.is_valid() and form.take(now):
        messages.success(request, f"已{form.verb}{demand.noun} {demand.number}")
        return redirect(demand)
    if not form.is_bound and not form.is_possible:
        messages.warning(request, f"该{demand.noun}现为“{demand.state_label}”，不能再{form.verb}。")
        return redirect(demand)
    context = {
        "title": f"{form.verb}{demand.noun}",
        "demand": demand,
        "form": form,
        "list_name": f"appeals:{demand.kind()}s",
        "page_name": f"appeals:{demand.kind()}",
        "submit_label": form.verb,
    }
    return render(request, "appeals/demand_step.html", context, status=422 if form.is_bound else 200)
