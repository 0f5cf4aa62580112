"""Deputies (AB岗): naming and ending them, acting for somebody and no longer; for the ill, by the administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from cadres import acting, deputising
from cadres.acting import own
from cadres.administration import ONLY_SYSADMIN
from cadres.deputising import DeputyError
from cadres.forms import DeputyForm
from cadres.http import CadreRequest, onward, posted
from cadres.models import Cadre, Deputyship
from cadres.rights import require
from cadres.views.people import RIGHT

if TYPE_CHECKING:
    from datetime import date

    from cadres.models.deputies import DeputyshipQuerySet

ONLY_BUSINESS: Final = "管理员和没有业务角色的人员不设代理。"
SHOWN: Final = 50


@own
@require_http_methods(["GET", "HEAD", "POST"])
def deputies(request: CadreRequest) -> HttpResponse:
    """Who stands in for me, for whom I stand in, and the form that names a deputy."""
    if not deputising.does_business(request.user):
        raise PermissionDenied(ONLY_BUSINESS)
    today, address = timezone.localdate(), reverse("cadres:deputies")
    form = DeputyForm(request.user, today, posted(request))
    if request.method == "POST" and form.is_valid() and _named(request, request.user, form):
        return redirect(address)
    mine = Deputyship.objects.visible_to(request.user).with_people()
    context = {
        "title": "AB岗代理",
        "form": form,
        "given": _shown(mine.filter(principal=request.user), today),
        "taken": _shown(mine.filter(deputy=request.user), today),
        "end_url": "cadres:end_deputyship",
    }
    return render(request, "cadres/deputies.html", context, status=422 if form.errors else 200)


@own
@require_POST
def end_deputyship(request: CadreRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Deputyship, pk=pk, principal=request.user)
    _end(request, row)
    return redirect("cadres:deputies")


@own
@require_POST
def act_for(request: CadreRequest, pk: int) -> HttpResponse:
    """From now on I work for my principal, until I say otherwise or it is over."""
    in_force = Deputyship.objects.in_force(timezone.localdate()).select_related("principal", "deputy")
    row = get_object_or_404(in_force, pk=pk, deputy=request.user)
    acting.begin(request, row, request.user)
    messages.success(
        request, f"现在代{row.principal.name}办理，一切记录为“{row.deputy.name}（代{row.principal.name}）”。"
    )
    return redirect(onward(request))


@own
@require_POST
def act_for_nobody(request: CadreRequest) -> HttpResponse:
    acting.end(request, request.user)
    messages.success(request, "现在是你本人办理。")
    return redirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
def deputies_of(request: CadreRequest, pk: int) -> HttpResponse:
    """The system administrator names a deputy for somebody who can't."""
    row = _administered(request, pk)
    today, address = timezone.localdate(), reverse("cadres:deputies_of", args=(row.pk,))
    form = DeputyForm(row, today, posted(request))
    if request.method == "POST" and form.is_valid() and _named(request, row, form):
        return redirect(address)
    mine = Deputyship.objects.visible_to(row).with_people()
    context = {
        "title": f"{row.name}的AB岗代理",
        "cadre": row,
        "may_name": deputising.does_business(row),
        "form": form,
        "given": _shown(mine.filter(principal=row), today),
        "taken": _shown(mine.filter(deputy=row), today),
        "end_url": "cadres:end_deputyship_of",
    }
    return render(request, "cadres/deputies_of.html", context, status=422 if form.errors else 200)


@require_POST
def end_deputyship_of(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    scope = Deputyship.objects.filter(principal__in=Cadre.objects.administered_by(request.user).values("pk"))
    row = get_object_or_404(scope, pk=pk)
    _end(request, row)
    return redirect("cadres:deputies_of", row.principal_id)


def _administered(request: CadreRequest, pk: int) -> Cadre:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    found: Cadre = get_object_or_404(
        Cadre.objects.administered_by(request.user).select_related("department__region"), pk=pk
    )
    return found


def _named(request: CadreRequest, principal: Cadre, form: DeputyForm) -> bool:
    """Whether the deputy of a valid form was named; else the form says why not."""
    try:
        row = deputising.name(principal, by=request.user, now=timezone.now(), request=request, **form.cleaned_data)
    except DeputyError as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, f"已指定{row.deputy.name}代理，{row.starts_on:%Y-%m-%d} 至 {row.ends_on:%Y-%m-%d}。")
    return True


def _end(request: CadreRequest, row: Deputyship) -> None:
    if deputising.end(row, by=request.user, now=timezone.now(), today=timezone.localdate(), request=request):
        messages.success(request, "代理已提前结束，代理人随即不能再代办。")
    else:
        messages.info(request, "这项代理此前已经结束。")


def standing(cadre: Cadre, today: date) -> list[dict[str, Any]]:
    """Those that run or are still to begin, in which the cadre is on either side."""
    return _shown(Deputyship.objects.visible_to(cadre).standing(today).with_people(), today)


def _shown(rows: DeputyshipQuerySet, today: date) -> list[dict[str, Any]]:
    """The newest, each with its state, whether it can be ended, and whether its deputy may act now."""
    in_force = set(rows.in_force(today).values_list("pk", flat=True))
    return [
        {
            "row": row,
            "state": row.state(today),
            "is_standing": row.ended_at is None and row.ends_on >= today,
            "is_in_force": row.pk in in_force,
        }
        for row in rows[:SHOWN]
    ]
