"""The audit log, for the audit administrator alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from cadres.listing import FilterForm, build
from cadres.models import AuditRow
from cadres.rights import require


class AuditFilter(FilterForm):
    dates = "日期"
    q = forms.CharField(label="用户名", max_length=60)
    action = forms.ChoiceField(label="动作", choices=[("", "全部"), *AuditRow.Action.choices])

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if values["q"]:
            queryset = queryset.filter(username__icontains=values["q"].strip())
        if values["action"]:
            queryset = queryset.filter(action=values["action"])
        if values["from"]:
            queryset = queryset.filter(at__date__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(at__date__lte=values["to"])
        return queryset


@require_safe
def audit(request: CadreRequest) -> HttpResponse:
    require(request.user, "cadres.view_auditrow", "只有审计管理员可以查看审计记录。")
    rows = AuditRow.objects.visible_to(request.user).select_related("cadre__department")
    form = AuditFilter(request.GET, cadre=request.user)
    listing = build(request, rows, form, sorts={"at": ("-at", "-pk")}, default_sort="at")
    return listing.render("cadres/audit.html", {"title": "审计记录"})
