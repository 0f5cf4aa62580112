"""Departments: who leads them, who is on duty, and who takes over when they end."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cadres.administration import ONLY_SYSADMIN, configure
from cadres.fields import RegionField
from cadres.forms import DepartmentForm, NewDepartmentForm
from cadres.http import CadreRequest, posted
from cadres.listing import FilterForm, Sorts, build
from cadres.locking import locked_or_404
from cadres.models import Department, Region
from cadres.rights import require

RIGHT: Final = "cadres.change_department"
SORTS: Final[Sorts] = {"place": ("region__path", "name"), "name": ("name",), "people": ("people",)}
LIST: Final = ("单位", "cadres:departments")


class DepartmentFilter(FilterForm):
    q = forms.CharField(label="名称", max_length=60)
    region = RegionField(label="区域", empty_label="全部")
    state = forms.ChoiceField(
        label="状态", choices=[("", "全部"), ("current", "在用"), ("ended", "停用"), ("open", "承办诉求")]
    )

    def limit(self) -> None:
        field = self.fields["region"]
        field.queryset = Region.objects.administered_by(self.cadre).order_by("path")  # type: ignore[attr-defined]

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if values["q"]:
            queryset = queryset.filter(name__contains=values["q"].strip())
        if values["region"]:
            queryset = queryset.filter(region__path__startswith=values["region"].path)
        match values["state"]:
            case "current":
                return queryset.current()
            case "open":
                return queryset.handling_appeals()
            case "ended":
                return queryset.exclude(pk__in=Department.objects.current().order_by().values("pk"))
        return queryset


@require_safe
def department_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    people = Count("cadres", filter=Q(cadres__is_active=True))
    scope = Department.objects.administered_by(request.user).annotate(people=people)
    scope = scope.select_related("region", "leader_in_charge", "duty_officer", "successor")
    listing = build(request, scope, DepartmentFilter(request.GET, cadre=request.user), sorts=SORTS)
    context = {"title": "单位", "today": timezone.localdate(), "empty_text": "还没有单位"}
    return listing.render("cadres/department_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_department(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    form = NewDepartmentForm(posted(request), cadre=request.user)
    return configure(request, form, title="新增单位", back=reverse("cadres:departments"), crumb=LIST)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def department(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    scope = Department.objects.administered_by(request.user).select_related("region")
    row = locked_or_404(scope, pk)
    form = DepartmentForm(posted(request), instance=row, cadre=request.user)
    facts = [("区域", row.region), ("在用账号", f"{row.cadres.active().count()} 人")]
    return configure(
        request,
        form,
        title=f"编辑单位 {row}",
        back=reverse("cadres:departments"),
        row=row,
        facts=facts,
        crumb=LIST,
    )
