"""Campaigns: what is to be covered, by whom, how often; and how far it is."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cadres.changes import of_row
from cadres.http import CadreRequest, posted
from cadres.listing import Sorts, build
from cadres.rights import require
from enterprises.coverage import coverage, in_places
from enterprises.filters import CampaignFilter
from enterprises.forms import CampaignForm
from enterprises.models import Campaign

RIGHT: Final = "enterprises.assign_enterprise"
WHO_EDITS: Final = "只有办公室可以新增、编辑专项行动。"
SORTS: Final[Sorts] = {"from": ("starts_on", "name"), "name": ("name",)}


@require_safe
def campaign_list(request: CadreRequest) -> HttpResponse:
    require(request.user, "enterprises.view_enterprise", "查看专项行动需要业务角色，请联系本单位安全管理员。")
    scope = Campaign.objects.visible_to(request.user).prefetch_related("regions")
    listing = build(request, scope, CampaignFilter(request.GET, cadre=request.user), sorts=SORTS, default_sort="-from")
    context = {
        "title": "专项行动",
        "today": timezone.localdate(),
        "may_edit": request.user.has_perm(RIGHT),
        "empty_text": "还没有专项行动",
    }
    return listing.render("enterprises/campaign_list.html", context)


@require_safe
def campaign(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, "enterprises.view_enterprise", "查看专项行动需要业务角色，请联系本单位安全管理员。")
    found = get_object_or_404(Campaign.objects.visible_to(request.user).prefetch_related("regions"), pk=pk)
    today = timezone.localdate()
    regions, parks = in_places(found, request.user, today)
    context = {
        "title": found.name,
        "campaign": found,
        "today": today,
        "facts": [
            ("期间", found.period),
            ("干部称谓", found.official_title),
            ("走访频次", f"每 {found.contact_every_days} 天"),
            ("区域", "、".join(region.name for region in found.regions.all())),
            *found.narrowed_to,
        ],
        "whole": coverage(found, request.user, today),
        "regions": regions,
        "parks": parks,
        "may_edit": request.user.has_perm(RIGHT) and found.is_within(request.user.region_scope),
        "may_see_uncovered": bool(request.user.region_scope),
    }
    return render(request, "enterprises/campaign_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, WHO_EDITS)
    form = CampaignForm(posted(request), cadre=request.user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
        messages.success(request, f"已新增专项行动“{saved}”。")
        return redirect(saved)
    context = {"title": "新增专项行动", "form": form}
    return render(request, "enterprises/campaign_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def edit_campaign(request: CadreRequest, pk: int) -> HttpResponse:
    scope = Campaign.objects.visible_to(request.user)
    if request.method == "POST":
        scope = scope.select_for_update(no_key=True)
    found = get_object_or_404(scope, pk=pk)
    require(request.user, RIGHT, WHO_EDITS)
    if not found.is_within(request.user.region_scope):
        raise PermissionDenied("此专项行动含有你管辖范围以外的区域，由上级办公室编辑。")
    form = CampaignForm(posted(request), instance=found, cadre=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"已保存专项行动“{found}”。")
        return redirect(found)
    context = {
        "title": "编辑专项行动",
        "form": form,
        "campaign": Campaign.objects.get(pk=pk),
        "changes": of_row(found),
    }
    return render(request, "enterprises/campaign_form.html", context, status=422 if form.errors else 200)
