"""What figures are judged by: every version of the rule for electricity, and the regions' risk levels."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cadres.http import CadreRequest, posted
from cadres.models import Region
from cadres.rights import require
from reports.models import PowerRule, RiskLevel
from reports.parameter_forms import PowerRuleForm, RiskLevelForm

SET: Final = "reports.set_parameters"
MAY_SET: Final = "只有助企办公室可以调整统计口径和疫情等级。"
CITY_ALONE: Final = "电力口径由市助企办公室调整。"
SHOWN: Final = 50


@require_http_methods(["GET", "HEAD", "POST"])
def power_rules(request: CadreRequest) -> HttpResponse:
    """All versions, and the next one; past days keep theirs."""
    require(request.user, SET, MAY_SET)
    if request.user.region is None or request.user.region.kind != Region.Kind.CITY:
        raise PermissionDenied(CITY_ALONE)
    last = PowerRule.objects.first() or PowerRule()
    form = PowerRuleForm(last, posted(request))
    if request.method == "POST" and form.is_valid() and form.keep(by=request.user, now=timezone.now()):
        messages.success(request, "新的口径已保存，自启用之日起用")
        return redirect("reports:power_rules")
    context = {
        "title": "电力口径",
        "form": form,
        "submit_label": "保存新口径",
        "rules": PowerRule.objects.select_related("set_by", "set_by_deputy"),
    }
    return render(request, "reports/power_rules.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def risk_levels(request: CadreRequest) -> HttpResponse:
    """The levels of the office's region and below, newest first; a further row takes the place of an earlier one."""
    require(request.user, SET, MAY_SET)
    form = RiskLevelForm(request.user, posted(request))
    if request.method == "POST" and form.is_valid():
        level = form.keep(by=request.user, now=timezone.now())
        messages.success(request, f"已登记{level.region}自 {level.starts_on} 起为{level.get_colour_display()}色")
        return redirect("reports:risk_levels")
    scope = RiskLevel.objects.filter(region__path__startswith=request.user.region_scope or "-")
    context = {
        "title": "疫情等级",
        "form": form,
        "submit_label": "登记",
        "levels": scope.select_related("region", "set_by", "set_by_deputy")[:SHOWN],
    }
    return render(request, "reports/risk_levels.html", context, status=422 if form.errors else 200)
