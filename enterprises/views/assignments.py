"""Who answers for whom: the ledger, the enterprises without a specialist, and the acts that change it."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cadres.http import CadreRequest, posted
from cadres.listing import Listing, Sorts, build
from cadres.models import Region
from cadres.rights import require
from enterprises import assigning
from enterprises.candidates import SHOWN, candidates
from enterprises.coverage import Coverage, coverage
from enterprises.filters import AssignmentFilter, UncoveredFilter
from enterprises.forms import AssignForm, AssignManyForm, EndForm
from enterprises.models import Assignment, Campaign, Enterprise

Role = Assignment.Role

RIGHT: Final = "enterprises.assign_enterprise"
WHO_ASSIGNS: Final = "只有办公室可以安排包联。"
LEDGER_SORTS: Final[Sorts] = {
    "contact": (F("enterprise__last_contact_on").asc(nulls_first=True), "enterprise_id"),
    "due": (F("due_on").asc(nulls_last=True),),
    "enterprise": ("enterprise__initials", "enterprise__name", "enterprise_id"),
    "from": ("starts_on",),
}
UNCOVERED_SORTS: Final[Sorts] = {"region": ("region_path", "initials"), "name": ("initials", "name")}


@require_safe
def ledger(request: CadreRequest) -> HttpResponse:
    require(request.user, "enterprises.view_enterprise", "查看包联台账需要业务角色，请联系本单位安全管理员。")
    today = timezone.localdate()
    scope = Assignment.objects.visible_to(request.user).specialists().with_contact_due(today).with_leaders(today)
    form = AssignmentFilter(request.GET, cadre=request.user)
    scope = scope.select_related("campaign", "enterprise__region", "cadre__department")
    listing = build(request, scope, form, sorts=LEDGER_SORTS)
    context = {
        "title": "包联台账",
        "today": today,
        "may_assign": request.user.has_perm(RIGHT),
        "may_see_workload": bool(request.user.region_scope),
        "empty_text": "还没有包联",
        "empty_hint": "在“未包联企业”中安排专员后，会列在这里",
    }
    return listing.render("enterprises/assignment_list.html", context)


@require_safe
def uncovered(request: CadreRequest) -> HttpResponse:
    if not request.user.region_scope:
        raise PermissionDenied("未包联企业由办公室、督查和领导查看。")
    asked = _with_campaign(request)
    form = UncoveredFilter(asked, cadre=request.user)
    scope = Enterprise.objects.visible_to(request.user).select_related("region__parent")
    listing = build(request, scope, form, sorts=UNCOVERED_SORTS)
    context = {
        "title": "未包联企业",
        "may_assign": request.user.has_perm(RIGHT),
        "coverage": _coverage(request, listing),
        "empty_text": "没有未包联的企业",
        "empty_hint": "该专项行动应包联的企业都已有专员" if asked.get("campaign") else "还没有进行中的专项行动",
    }
    return listing.render("enterprises/uncovered_list.html", context, toolbar=True)


def _with_campaign(request: CadreRequest) -> QueryDict:
    """What is asked for; where no campaign is named, the newest that runs."""
    asked = request.GET.copy()
    if not asked.get("campaign"):
        running = Campaign.objects.visible_to(request.user).running(timezone.localdate())
        asked["campaign"] = str(running.values_list("pk", flat=True).first() or "")
    return asked


def _coverage(request: CadreRequest, listing: Listing) -> Coverage | None:
    if listing.complaints or not listing.form.cleaned_data["campaign"]:
        return None
    values = listing.form.cleaned_data
    return coverage(values["campaign"], request.user, timezone.localdate(), values["region"])


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: CadreRequest, pk: int) -> HttpResponse:
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.user).select_related("region"), pk=pk)
    require(request.user, RIGHT, WHO_ASSIGNS)
    is_search = "find" in request.POST
    data = None if is_search else posted(request)
    initial = (request.POST if is_search else request.GET).dict()
    form = AssignForm(data, initial=initial, enterprise=enterprise, by=request.user)
    if data is not None and form.is_valid() and (row := _try(form)):
        messages.success(request, f"已安排{row.cadre}为“{enterprise}”的{row.get_role_display()}。")
        return redirect(enterprise)
    context = {
        "title": "安排包联",
        "form": form,
        "enterprise": enterprise,
        **_choice(request, form.place, enterprise.region),
    }
    return render(request, "enterprises/assignment_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def assign_many(request: CadreRequest) -> HttpResponse:
    """Step one is the list's POST of ticked rows, which leads to this page's address; step two its own form."""
    require(request.user, RIGHT, WHO_ASSIGNS)
    if request.method == "POST" and "starts_on" not in request.POST:
        return redirect(f"{reverse('enterprises:assign_many')}?{_ticked(request)}")
    is_search = "find" in request.POST
    data = None if is_search else posted(request)
    asked = request.GET if data is None and not is_search else request.POST
    form = AssignManyForm(data, initial={**asked.dict(), "pk": asked.getlist("pk")}, by=request.user)
    if data is not None and form.is_valid() and (outcome := _try_many(form)):
        _report(request, outcome)
        return redirect(f"{reverse('enterprises:uncovered')}?campaign={form.cleaned_data['campaign'].pk}")
    chosen = form.chosen(asked.getlist("pk"))
    near = chosen[0].region if chosen else None
    context = {"title": "批量安排专员", "form": form, "chosen": chosen, **_choice(request, Role.SPECIALIST, near)}
    return render(request, "enterprises/assignment_bulk_form.html", context, status=422 if form.errors else 200)


@require_safe
def specialists(request: CadreRequest) -> HttpResponse:
    """The few cadres to choose from, for the search box of the two forms."""
    require(request.user, RIGHT, WHO_ASSIGNS)
    asked = request.GET.get("role", "")
    role = Role(asked) if asked in Role.values else Role.SPECIALIST
    pk = request.GET.get("near", "")
    near = Region.objects.filter(code=pk).first() if pk.isascii() and pk.isdecimal() else None
    return render(request, "enterprises/_candidates.html", _choice(request, role, near))


@require_http_methods(["GET", "HEAD", "POST"])
def end_assignment(request: CadreRequest, pk: int) -> HttpResponse:
    scope = Assignment.objects.visible_to(request.user).select_related("enterprise", "campaign", "cadre")
    row = get_object_or_404(scope, pk=pk)
    require(request.user, RIGHT, WHO_ASSIGNS)
    form = EndForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            assigning.end(row, by=request.user, now=timezone.now(), **form.cleaned_data)
        except assigning.AssigningError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已结束{row.cadre}对“{row.enterprise}”的包联。")
            return redirect(row.enterprise)
    context = {
        "title": "结束包联",
        "form": form,
        "question": f"结束{row.cadre}（{row.get_role_display()}，{row.campaign}）对“{row.enterprise}”的包联？",
        "verb": "确认结束",
        "cancel_url": row.enterprise.get_absolute_url(),
        "is_dangerous": True,
    }
    return render(request, "enterprises/assignment_end.html", context, status=422 if form.errors else 200)


def _choice(request: CadreRequest, role: Assignment.Role, near: Region | None) -> dict[str, object]:
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("find_text", "")[:40]
    return {
        "candidates": candidates(request.user, role, text, near, timezone.localdate()),
        "shown": SHOWN,
        "find_text": text,
        "picked": asked.get("cadre", ""),
        "near": near.code if near else "",
    }


def _try(form: AssignForm) -> Assignment | None:
    try:
        return form.assign(timezone.now())
    except assigning.AssigningError as error:
        form.add_error(None, str(error))
        return None


def _try_many(form: AssignManyForm) -> assigning.Outcome | None:
    try:
        return form.assign(timezone.now())
    except assigning.AssigningError as error:
        form.add_error(None, str(error))
        return None


def _report(request: CadreRequest, outcome: assigning.Outcome) -> None:
    if outcome.begun:
        cadre = outcome.begun[0].cadre
        messages.success(request, f"已安排{cadre}为 {len(outcome.begun)} 家企业的专员。")
    for sentence in outcome.refused:
        messages.warning(request, sentence)


def _ticked(request: CadreRequest) -> str:
    query = QueryDict(mutable=True)
    query.setlist("pk", request.POST.getlist("pk"))
    if campaign := request.POST.get("campaign"):
        query["campaign"] = campaign
    return query.urlencode()
