"""The tree of regions, kept by the system administrator."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cadres import menu
from cadres.administration import ONLY_SYSADMIN, configure
from cadres.forms import NewRegionForm, RegionForm
from cadres.http import CadreRequest, posted
from cadres.listing import FilterForm, Sorts, build
from cadres.locking import locked_or_404
from cadres.models import Region
from cadres.rights import require

RIGHT: Final = "cadres.change_region"
SORTS: Final[Sorts] = {"place": ("path",), "code": ("code",), "name": ("name",)}


class RegionFilter(FilterForm):
    q = forms.CharField(label="关键词", max_length=60)
    kind = forms.ChoiceField(label="类型", choices=[("", "全部"), *Region.Kind.choices])
    state = forms.ChoiceField(label="状态", choices=[("", "全部"), ("active", "启用"), ("ended", "停用")])

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if text := values["q"].strip():
            queryset = (
                queryset.filter(code__startswith=text) if text.isdecimal() else queryset.filter(name__contains=text)
            )
        if values["kind"]:
            queryset = queryset.filter(kind=values["kind"])
        return queryset.filter(active=values["state"] == "active") if values["state"] else queryset


@require_safe
def front(request: CadreRequest) -> HttpResponse:
    """/admin/: the first page that this administrator may open."""
    pages = [item for item in menu.items_for(request.user) if item.entry.section == menu.ADMINISTRATION]
    if not pages:
        require(request.user, RIGHT, "只有系统管理员、安全管理员、审计管理员可以进入系统管理。")
    return redirect(pages[0].url)


@require_safe
def region_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    regions = Region.objects.administered_by(request.user).select_related("parent")
    listing = build(request, regions, RegionFilter(request.GET, cadre=request.user), sorts=SORTS)
    return listing.render("cadres/region_list.html", {"title": "区域", "empty_text": "还没有区域"})


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_region(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    form = NewRegionForm(posted(request), cadre=request.user)
    return configure(request, form, title="新增区域", back=reverse("cadres:regions"), crumb=("区域", "cadres:regions"))


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def region(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    scope = Region.objects.administered_by(request.user).select_related("parent")
    row = locked_or_404(scope, pk)
    facts = [("区划代码", row.code), ("类型", row.get_kind_display()), ("上级", row.parent)]
    back = reverse("cadres:regions")
    return configure(
        request,
        RegionForm(posted(request), instance=row),
        title=f"编辑区域 {row}",
        back=back,
        row=row,
        facts=facts,
        crumb=("区域", "cadres:regions"),
    )
