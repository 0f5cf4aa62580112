"""Workload per specialist: how much each answers for and how far it is kept; every number opens its rows."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from cadres.listing import Sorts, build
from enterprises import workload
from enterprises.filters import WorkloadFilter

SORTS: Final[Sorts] = {
    "total": (F("load__total").asc(), "initials"),
    "overdue": (F("load__overdue").asc(), F("load__total").asc()),
    "visited": (F("load__visited").asc(), F("load__total").asc()),
    "name": ("initials", "name"),
}


@require_safe
def workload_list(request: CadreRequest) -> HttpResponse:
    if not request.user.region_scope:
        raise PermissionDenied("干部工作量由办公室、督查和领导查看。")
    today = timezone.localdate()
    form = WorkloadFilter(request.GET, cadre=request.user)
    campaign = form.cleaned_data.get("campaign") if form.is_valid() else None
    scope = workload.with_load(workload.specialists_of(request.user, today), request.user, today, campaign)
    listing = build(request, scope.select_related("department__region"), form, sorts=SORTS, default_sort="-total")
    context = {
        "title": "干部工作量",
        "campaign": campaign,
        "empty_text": "还没有专员",
        "empty_hint": "管辖范围内有驻企特派专员后，会列在这里",
    }
    return listing.render("enterprises/workload_list.html", context)
