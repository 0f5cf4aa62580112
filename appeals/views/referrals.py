"""Leads handed over to discipline: handing over, the list, one lead, its steps and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appeals import referring
from appeals.casefile import Entry, Stage
from appeals.forms.referrals import ConcludeForm, HandOverForm
from appeals.models import Referral, ReferralFile
from appeals.referral_filters import ReferralFilter
from appeals.referral_workflow import HANDLE, REFERRAL_STEPS, State
from appeals.views.cases import visible
from cadres.listing import Tab, build
from cadres.roles import Role
from cadres.uploads import serve
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from appeals.models import ReferralEvent
    from cadres.http import CadreRequest
    from cadres.listing import Listing
    from cadres.models import Cadre

NOT_FOR_YOU: Final = "移交线索由纪检和移交的督查查看。"
ONLY_SUPERVISOR: Final = "线索由本辖区的督查移交。"
RELATED: Final = ("appeal__enterprise", "appeal__lead", "addressed_to", "handed_by__department", "handed_by_deputy")
LOOKS: Final = {"hand_over": ("send", ""), "accept": ("writing-sign", ""), "conclude": ("check", "green")}


@require_safe
def referral_list(request: CadreRequest) -> HttpResponse:
    _require_reader(request.user)
    scope = Referral.objects.visible_to(request.user).select_related(*RELATED)
    form = ReferralFilter(request.GET, cadre=request.user)
    listing = build(request, scope, form, sorts={"handed": ("handed_at",)}, default_sort="-handed")
    now = timezone.now()
    for row in listing.rows:
        row.days = row.days_open(now)
    context = {
        "title": "移交线索",
        "is_inspector": request.user.holds(Role.DISCIPLINE),
        "tabs": listing.tabs("status", _tabs(listing, scope)),
        "empty_text": "没有移交的线索",
        "empty_hint": "督查在诉求页点“移交纪检”，线索出现在这里",
    }
    return listing.render("appeals/referral_list.html", context)


@require_safe
def referral(request: CadreRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    return render(request, "appeals/referral_detail.html", _context(found, request.user))


@require_http_methods(["GET", "POST"])
def hand_over(request: CadreRequest, pk: int) -> HttpResponse:
    appeal = visible(request, pk)
    if not referring.may_hand_over(request.user, appeal):
        raise PermissionDenied(ONLY_SUPERVISOR)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = HandOverForm(*sent, appeal=appeal)
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        said = {name: values[name] for name in ("suspected", "grounds", "client_id")}
        to, files = values["addressed_to"], values["uploads"]
        made = referring.hand_over(appeal, to=to, files=files, by=request.user, now=timezone.now(), **said)
        messages.success(request, f"已移交，线索编号 {made.number}")
        return redirect(made)
    context = {"title": "移交纪检", "form": form, "appeal": appeal, "submit_label": "移交"}
    return render(request, "appeals/referral_form.html", context, status=422 if form.is_bound else 200)


@require_POST
def accept(request: CadreRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    _require_inspector(request.user, found)
    return _taken(request, found, "accept")


@require_http_methods(["GET", "POST"])
def conclude(request: CadreRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    _require_inspector(request.user, found)
    form = ConcludeForm(request.POST, request.FILES) if request.method == "POST" else ConcludeForm()
    if form.is_bound and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("finding", "conclusion")}
        return _taken(request, found, "conclude", files=form.cleaned_data["uploads"], **values)
    context = {
        "title": "了结线索",
        "form": form,
        "referral": found,
        "submit_label": "了结",
        "cancel_url": found.get_absolute_url(),
    }
    return render(request, "appeals/referral_conclude.html", context, status=422 if form.is_bound else 200)


@require_safe
def file(request: CadreRequest, pk: int) -> HttpResponseBase:
    _require_reader(request.user)
    return serve(request, get_object_or_404(ReferralFile.objects.visible_to(request.user), pk=pk), as_attachment=False)


def _require_reader(cadre: Cadre) -> None:
    if not (cadre.has_perm("appeals.hand_over") or cadre.has_perm(HANDLE)):
        raise PermissionDenied(NOT_FOR_YOU)


def _require_inspector(cadre: Cadre, found: Referral) -> None:
    if reason := referring.refusal(cadre, found):
        raise PermissionDenied(reason)


def _visible(request: CadreRequest, pk: int) -> Referral:
    _require_reader(request.user)
    return get_object_or_404(Referral.objects.visible_to(request.user).select_related(*RELATED), pk=pk)


def _taken(request: CadreRequest, found: Referral, name: str, **values: Any) -> HttpResponse:
    try:
        referring.take(found, name, by=request.user, now=timezone.now(), **values)
    except IllegalStepError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"已{REFERRAL_STEPS[name].label}：{found.number}")
    return redirect(found)


def _context(found: Referral, cadre: Cadre) -> dict[str, Any]:
    events = list(found.events.select_related("cadre__department", "on_behalf_of"))
    appeal = found.appeal
    return {
        "title": f"移交线索 {found.number}",
        "referral": found,
        "may_handle": referring.refusal(cadre, found) is None,
        "steps": _stages(found, events),
        "facts": [
            ("诉求", appeal.title, appeal.get_absolute_url()),
            ("诉求编号", appeal.number or ""),
            ("诉求状态", appeal.status_label),
            ("企业", appeal.enterprise.name),
            ("主办单位", str(appeal.lead or "")),
            ("移交人", f"{found.handed_by} {found.handed_by.department or ''}".strip()),
            ("移交时间", f"{timezone.localtime(found.handed_at):%Y-%m-%d %H:%M}"),
            ("移交给", str(found.addressed_to)),
        ],
        "entries": [_entry(found, event) for event in reversed(events)],
        "files": found.files.select_related("uploaded_by"),
    }


def _stages(found: Referral, events: Iterable[ReferralEvent]) -> list[Stage]:
    last = {event.step: f"{timezone.localtime(event.at):%m-%d %H:%M} {event.who}" for event in events}
    todo = next((name for name in REFERRAL_STEPS.from_status(found.status) if name != "hand_over"), "")
    states = {name: "done" if name in last else "current" if name == todo else "todo" for name in REFERRAL_STEPS.steps}
    return [Stage(REFERRAL_STEPS[name].label, last.get(name, ""), state) for name, state in states.items()]


def _entry(found: Referral, event: ReferralEvent) -> Entry:
    unit = event.cadre.department.name if event.cadre and event.cadre.department else ""
    text = f"{found.get_finding_display()}。{found.conclusion}" if event.step == "conclude" else ""
    icon, colour = LOOKS[event.step]
    return Entry(event.label, event.at, f"{event.who} {unit}".strip(), text, icon, colour)


def _tabs(listing: Listing, scope: Any) -> list[Tab]:
    counts: dict[str, int] = {}
    if not listing.complaints:
        found = listing.form.narrow_but_status(scope, listing.form.cleaned_data)  # type: ignore[attr-defined]
        counts = dict(found.order_by().values("status").annotate(n=Count("pk")).values_list("status", "n"))
    states = [Tab(state, state.label, counts.get(state, 0), hot=state == State.HANDED) for state in State]
    return [*states, Tab("", "全部", sum(counts.values()))]
