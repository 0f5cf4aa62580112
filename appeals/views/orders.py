"""Supervision orders: their list, the page of one, its paper, and what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from appeals import orderfile
from appeals.filters import ENDED, WAITING
from appeals.forms.orders import ORDER_FORMS, IssueForm
from appeals.models import Order
from appeals.order_filters import OWED_TAB, OrderFilter
from appeals.order_workflow import IN_FORCE, OWED, State
from appeals.supervising import drawing, rules
from appeals.views.cases import visible
from cadres.http import CadreRequest, posted, uploaded
from cadres.listing import COUNTED_TO, Tab, build
from cadres.rights import require

if TYPE_CHECKING:
    from django.http import HttpResponse

    from appeals.forms.orders import OrderStepForm
    from appeals.models.orders import OrderQuerySet
    from cadres.listing import Listing
    from cadres.models import Cadre

RIGHT: Final = "appeals.view_order"
NOT_FOR_YOU: Final = "督办单由督查、领导、助企办和主办单位查看。"
SORTS: Final = {
    "urgent": (F("ended_at").desc(nulls_first=True), "reply_due_at"),
    "due": ("reply_due_at",),
    "issued": ("issued_at",),
}
VERBS: Final = {form.name: (act, form.verb) for act, form in ORDER_FORMS.items()}


@require_safe
def order_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, NOT_FOR_YOU)
    now = timezone.now()
    scope = rows_of(request.user)
    form = OrderFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope, form, sorts=SORTS, default_sort="urgent")
    for row in listing.rows:
        row.light = row.light_at(now)
    context = {
        "title": "督办单",
        "tabs": listing.tabs("status", _tabs(listing, scope, request.user)),
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
        "offers": [VERBS[name] for name in rules.offered(request.user, found)],
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
        "series": drawing.series_of(appeal.region, now),
        "cancel_url": appeal.get_absolute_url(),
        "submit_label": "下达",
    }
    return render(request, "appeals/order_issue.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: CadreRequest, pk: int, name: str) -> HttpResponse:
    """Answer, accept, return or revoke."""
    if name not in ORDER_FORMS:
        raise Http404
    found, now = _visible(request, pk), timezone.now()
    if refused := rules.refusal(request.user, ORDER_FORMS[name].name, found):
        raise PermissionDenied(refused)
    sent = (posted(request), uploaded(request))
    form = ORDER_FORMS[name](*sent, order=found, by=request.user, now=now)
    if form.is_bound and form.is_valid() and form.take(now):
        messages.success(request, f"{form.done}{found}")
        return redirect(found)
    if not form.is_bound and not form.is_possible:
        messages.warning(request, f"该督办单现为“{found.state_label}”，不能再{form.verb}。")
        return redirect(found)
    return render(request, "appeals/order_step.html", _of_step(found, form), status=422 if form.is_bound else 200)


def _of_step(found: Order, form: OrderStepForm) -> dict[str, Any]:
    return {
        "title": f"{form.verb}{found.title}",
        "order": found,
        "form": form,
        "cancel_url": found.get_absolute_url(),
        "submit_label": form.verb,
    }


def _visible(request: CadreRequest, pk: int) -> Order:
    """The order with what its page shows; not found where its case lies outside the reader's scope."""
    require(request.user, RIGHT, NOT_FOR_YOU)
    return get_object_or_404(Order.objects.visible_to(request.user).select_related(*orderfile.RELATED), pk=pk)


def _tabs(listing: Listing, scope: OrderQuerySet, cadre: Cadre) -> list[Tab]:
    labels = {WAITING: "待我办理", OWED_TAB: "待反馈", State.ANSWERED: "待认可", ENDED: "已办结"}
    if listing.complaints:
        return [Tab("", "全部"), *(Tab(value, label) for value, label in labels.items())]
    found = listing.form.narrow_but_status(scope, listing.form.cleaned_data).order_by()  # type: ignore[attr-defined]
    parts = {
        WAITING: found.filter(pk__in=Order.objects.awaiting(cadre).values("pk")),
        OWED_TAB: found.filter(status__in=OWED),
        State.ANSWERED: found.filter(status=State.ANSWERED),
        ENDED: found.exclude(status__in=IN_FORCE),
    }
    counts = {value: part[: COUNTED_TO + 1].count() for value, part in parts.items()}
    return [Tab("", "全部"), *(Tab(value, labels[value], counts[value], hot=value == WAITING) for value in labels)]
