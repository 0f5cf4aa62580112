"""The first page of everybody who signs in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from reports.workbench import bench


@require_safe
def workbench(request: CadreRequest) -> HttpResponse:
    """The workbench, or with ?show=today everything that there is to do."""
    now = timezone.now()
    if request.GET.get("show") == bench.TODAY:
        context = {"title": "今日待办", "tasks": bench.all_tasks(request.user, now)}
        return render(request, "reports/workbench_tasks.html", context)
    may = request.user.has_perm
    context = {
        "title": "我的工作台",
        "bench": bench.assemble(request.user, now),
        "may_visit": may("visits.log_visit"),
        "may_raise": may("appeals.submit_appeal"),
    }
    return render(request, "reports/workbench.html", context)
