"""The operating status of a day: who reported what, who did not, and reporting one."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from cadres.http import CadreRequest, onward, posted
from cadres.listing import Listing, Sorts, Tab, TabLink, build
from cadres.models import Region
from cadres.rights import require
from enterprises import tallies
from enterprises.filters import UNREPORTED, StatusFilter
from enterprises.forms import StatusForm
from enterprises.models import Enterprise, OperatingStatus
from enterprises.reporting import ReportingError

RIGHT: Final = "enterprises.report_status"
STATES: Final = tuple(reversed(OperatingStatus.State))
SORTS: Final[Sorts] = {"region": ("region_path", "initials"), "name": ("initials", "name")}


@require_safe
def status_list(request: CadreRequest) -> HttpResponse:
    require(request.user, "enterprises.view_enterprise", "查看生产经营状况需要业务角色，请联系本单位安全管理员。")
    asked = request.GET.copy()
    if not asked.get("day"):
        asked["day"] = timezone.localdate().isoformat()
    form = StatusFilter(asked, cadre=request.user)
    scope = Enterprise.objects.visible_to(request.user).operating().select_related("region__parent")
    listing = build(request, scope.with_status_of(form.shown_day), form, sorts=SORTS)
    context = {
        "title": "生产经营状况",
        "day": form.shown_day,
        **_counts(listing, request),
        "may_report": request.user.has_perm(RIGHT),
        "empty_text": "没有在营企业",
    }
    return listing.render("enterprises/status_list.html", context, summary=bool(context["tallies"]))


def _counts(listing: Listing, request: CadreRequest) -> dict[str, Any]:
    """The tabs, and place by place for those who see a region: all from one reading of the enterprises."""
    form = listing.form
    if listing.complaints or not isinstance(form, StatusFilter):
        return {"tabs": [], "tallies": []}
    scope = form.narrow_but_status(Enterprise.objects.visible_to(request.user).operating(), form.cleaned_data)
    counted = tallies.counted(scope, form.shown_day)
    return {"tabs": _tabs(listing, tallies.in_all(counted)), "tallies": _tallies(listing, request, counted)}


def _tallies(listing: Listing, request: CadreRequest, counted: list[tallies.Counted]) -> list[dict[str, Any]]:
    """Place by place: each number with the list of its rows."""
    if not request.user.region_scope:
        return []
    region = listing.form.cleaned_data["region"]
    above = region.path if region and region.kind != Region.Kind.PARK else request.user.region_scope
    return [_tally(listing, one) for one in tallies.by_place(counted, above)]


def _tally(listing: Listing, one: tallies.Tally) -> dict[str, Any]:
    cells = [("", one.total), *((state.value, one.states[state.value]) for state in STATES)]
    cells.append((UNREPORTED, one.states[None]))
    if one.is_itself:  # no filter means the region without what lies below it
        return {"place": one, "cells": [(count, "") for _, count in cells]}
    query = {"region": one.region.code, "page": None}
    return {"place": one, "cells": [(count, listing.query(**query, status=state or None)) for state, count in cells]}


def _tabs(listing: Listing, counts: tallies.States) -> list[TabLink]:
    states = [Tab(state.value, state.label, counts[state.value]) for state in STATES]
    tabs = [Tab("", "全部", counts.total()), *states, Tab(UNREPORTED, "未报", counts[None], hot=True)]
    return listing.tabs("status", tabs)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: CadreRequest, pk: int) -> HttpResponse:
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.user).select_related("region"), pk=pk)
    require(request.user, RIGHT, "只有该企业的专员、包联领导和办公室可以填报状况。")
    form = StatusForm(posted(request), enterprise=enterprise, by=request.user, day=_day(request))
    back = onward(request, enterprise.get_absolute_url())
    if request.method == "POST" and form.is_valid() and _store(request, form):
        return redirect(back)
    context = {"title": "填报生产经营状况", "form": form, "enterprise": enterprise, "next": back}
    return render(request, "enterprises/status_form.html", context, status=422 if form.errors else 200)


def _store(request: CadreRequest, form: StatusForm) -> bool:
    try:
        row = form.report(timezone.now())
    except ReportingError as error:
        form.add_error("day", str(error))
        return False
    messages.success(request, f"已填报“{form.enterprise}” {row.day:%Y-%m-%d} 的状况：{row.get_state_display()}。")
    if form.warning:
        messages.warning(request, form.warning)
    return True


def _day(request: CadreRequest) -> date:
    """The day asked for in the address, today where that is none or lies ahead."""
    today = timezone.localdate()
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        asked = None
    return min(asked, today) if asked else today
