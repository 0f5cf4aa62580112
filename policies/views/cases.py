"""The page of one fulfilment, and the part of it that its steps replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.conf import settings
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from cadres.rights import require
from policies import casefile, rules
from policies.forms import STEP_FORMS
from policies.models import Fulfilment
from policies.views.ledger import NOT_FOR_YOU, RELATED

if TYPE_CHECKING:
    from django.http import HttpResponse

    from cadres.http import CadreRequest
    from cadres.models import Cadre
    from policies.forms import StepForm

PAGE: Final = "policies/fulfilment_detail.html"
# What leads on stands over the whole width; the rest stands beside it.
FORWARD: Final = frozenset({"entitle", "declare", "accept", "approve", "release", "pay", "enjoy", "reopen"})


class Offer(NamedTuple):
    """A step that the reader may take now, as a button."""

    form: StepForm
    url: str
    is_primary: bool


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    return render(request, PAGE, context_of(visible(request, pk), request))


def visible(request: CadreRequest, pk: int) -> Fulfilment:
    """The row with what its page shows; not found where it lies outside the reader's scope."""
    require(request.user, "policies.view_fulfilment", NOT_FOR_YOU)
    scope = Fulfilment.objects.visible_to(request.user).select_related(*RELATED, "created_by")
    return get_object_or_404(scope, pk=pk)


def context_of(row: Fulfilment, request: CadreRequest) -> dict[str, Any]:
    events = list(row.events.select_related("cadre__department", "on_behalf_of__department"))
    return {
        "title": f"{row.item.name}：{row.enterprise.name}",
        "row": row,
        "light": row.window_light(timezone.localdate()),
        "steps": casefile.stages(row, events),
        "facts": casefile.facts(row),
        "entries": casefile.entries(row, events),
        "payments": list(
            row.payments.select_related("recorded_by", "recorded_by_deputy", "voided_by", "voided_by_deputy")
        ),
        "panels": [import_string(name)(request, row) for name in settings.FULFILMENT_PANELS],
        **panel_of(row, request.user),
    }


def panel_of(row: Fulfilment, cadre: Cadre) -> dict[str, Any]:
    """What the reader may do now, and otherwise who has to act."""
    names = rules.offered(cadre, row)
    offers = [_offer(name, row, cadre) for name in names]
    return {
        "row": row,
        "offers": sorted(offers, key=lambda offer: not offer.is_primary),
        "turn": casefile.whose_turn(row),
    }


def _offer(name: str, row: Fulfilment, cadre: Cadre) -> Offer:
    url = reverse("policies:step", args=(row.pk, name))
    leads_on = name in FORWARD or (name == "complete" and not row.amount_left)
    return Offer(STEP_FORMS[name](fulfilment=row, by=cadre), url, leads_on)
