"""Adding rows to the ledger: for one enterprise, or for all that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cadres.http import CadreRequest, posted
from cadres.rights import require
from enterprises.models import Enterprise
from policies.forms import AddForm, AddManyForm

if TYPE_CHECKING:
    from django.http import HttpResponse


WHO_ADDS: Final = "建立兑现记录由驻企特派专员、包联领导或办公室办理。"
WHO_ADDS_MANY: Final = "批量建立兑现台账由办公室办理。"
LONGEST_KEY: Final = 18


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: CadreRequest) -> HttpResponse:
    """One row of the enterprise that the address names."""
    require(request.user, "policies.add_fulfilment", WHO_ADDS)
    enterprise = _enterprise(request)
    form = AddForm(posted(request), initial=request.GET.dict(), by=request.user)
    if request.method == "POST" and form.is_valid():
        row, is_new = form.add(enterprise, timezone.now())
        if is_new:
            messages.success(request, f"已建立“{row.item}”{row.period_words}的兑现记录。")
        else:
            messages.info(request, f"“{row.item}”{row.period_words}的兑现记录已经有了，就是这一条。")
        return redirect(row)
    context = {
        "title": "建立兑现记录",
        "form": form,
        "enterprise": enterprise,
        "cancel_url": enterprise.get_absolute_url(),
    }
    return render(request, "policies/fulfilment_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def many(request: CadreRequest) -> HttpResponse:
    """Rows for all enterprises that fit: first how many there are, then the act."""
    require(request.user, "policies.add_fulfilment", WHO_ADDS_MANY)
    if not request.user.has_perm("policies.change_policy"):
        raise PermissionDenied(WHO_ADDS_MANY)
    form = AddManyForm(posted(request), initial=request.GET.dict(), by=request.user)
    is_looked_at = request.method == "POST" and form.is_valid()
    if is_looked_at and "confirm" in request.POST:
        made, item = form.add(timezone.now()), form.cleaned_data["item"]
        messages.success(request, f"已为 {made} 家企业建立“{item}”的兑现记录。")
        return redirect(f"{reverse('policies:fulfilments')}?item={item.pk}&status=all&sort=newest")
    context = {
        "title": "批量建立兑现台账",
        "form": form,
        "is_looked_at": is_looked_at,
        "examples": list(form.chosen.order_by("pk")[:5]) if is_looked_at else [],
    }
    return render(request, "policies/fulfilment_bulk_form.html", context, status=422 if form.errors else 200)


def _enterprise(request: CadreRequest) -> Enterprise:
    """The enterprise that the address or the form names; not found outside the scope."""
    asked = request.POST.get("enterprise") or request.GET.get("enterprise") or ""
    if not (asked.isascii() and asked.isdecimal() and len(asked) < LONGEST_KEY):
        raise Http404
    scope = Enterprise.objects.visible_to(request.user).select_related("region__parent")
    return get_object_or_404(scope, pk=int(asked))
