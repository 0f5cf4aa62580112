"""Supervision orders: their list, the page of one, its paper, and what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from appeals import orderfile
from appeals.demand_filters import OrderFilter
from appeals.forms.orders import IssueForm
from appeals.models import Order
from appeals.supervising import drawing, rules
from appeals.supervising.acting import ORDERS
from appeals.views.cases import visible
from appeals.views.demands import SORTS, light_up, offers_of, tabs_of, take
from cadres.http import CadreRequest, posted
from cadres.listing import build
from cadres.rights import require

if TYPE_CHECKING:
    from django.http import HttpResponse

    from appeals.models.orders import OrderQuerySet
    from cadres.models import Cadre

RIGHT: Final = "appeals.view_order"
NOT_FOR_YOU: Final = "督办单由督查、领导、助企办和主办单位查看。"


@require_safe
def order_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, NOT_FOR_YOU)
    now = timezone.now()
    scope = rows_of(request.user)
    form = OrderFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope, form, sorts=SORTS, default_sort="urgent")
    light_up(listing.rows, now)
    context = {
        "title": "督办单",
        "tabs": tabs_of(listing, scope, request.user),
        "empty_text": "没有督办单",
        "empty_hint": "诉求久拖不办时由系统下达，督查也可在诉求页下达",
    }
    return listing.render("appeals/order_list.html", context)


def rows_of(cadre: Cadre) -> OrderQuerySet:
    """Orders of a cadre's scope as the rows of a list show them."""
    related = ("appeal__enterprise", "appeal__region__parent", "department", "answering", "issued_for")
    return Order.objects.visible_to(cadre).select_related(*related).defer("appeal__description", "appeal__reply")


@require_safe
def order(request: CadreRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    context = {
        "title": f"{found.title} {found.number}",
        "order": found,
        "light": found.light_at(timezone.now()),
        "facts": orderfile.facts(found),
        "entries": orderfile.entries(found),
        "evidence": found.evidence.select_related("uploaded_by"),
        "offers": offers_of(ORDERS, found, request.user),
    }
    return render(request, "appeals/order_detail.html", context)


@require_safe
def paper(request: CadreRequest, pk: int) -> HttpResponse:
    """The order as it is printed, signed and filed."""
    found = _visible(request, pk)
    context = {
        "title": f"{found.title} {found.number}",
        "order": found,
        "appeal": found.appeal,
        "issuing": orderfile.issuing_department(found),
        "lateness": orderfile.lateness(found),
        "opinions": orderfile.opinions(found),
    }
    return render(request, "appeals/order_paper.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: CadreRequest, pk: int) -> HttpResponse:
    """A supervisor draws up an order on a case."""
    appeal, now = visible(request, pk), timezone.now()
    if refused := rules.issue_refusal(request.user, appeal):
        raise PermissionDenied(refused)
    form = IssueForm(posted(request), appeal=appeal, by=request.user, now=now)
    if form.is_bound and form.is_valid() and (made := form.issue(now)):
        messages.success(request, f"已下达{made}")
        return redirect(made)
    context = {
        "title": "下达督办单",
        "form": form,
        "appeal": appeal,
        "standing": drawing.in_force([pk]).get(pk),
        "series": drawing.series_of(appeal, now),
        "cancel_url": appeal.get_absolute_url(),
        "submit_label": "下达",
    }
    return render(request, "appeals/order_issue.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: CadreRequest, pk: int, name: str) -> HttpResponse:
    """Answer, accept, return or revoke."""
    return take(request, ORDERS, _visible(request, pk), name)


def _visible(request: CadreRequest, pk: int) -> Order:
    """The order with what its page shows; not found where its case lies outside the reader's scope."""
    require(request.user, RIGHT, NOT_FOR_YOU)
    return get_object_or_404(Order.objects.visible_to(request.user).select_related(*orderfile.RELATED), pk=pk)
