"""What the team of an enterprise means to do (一套方案): written and edited by the team and the office."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cadres.changes import of_row
from cadres.http import CadreRequest, posted
from cadres.rights import require
from enterprises.forms import PlanForm
from enterprises.models import Assignment, Enterprise, Plan

RIGHT: Final = "enterprises.change_plan"
WHO_WRITES: Final = "方案由包联团队和办公室编写。"


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def plan(request: CadreRequest, pk: int) -> HttpResponse:
    """The plan of the team that this assignment is a place in. The lock makes the second of two wait for the first."""
    scope = Assignment.objects.visible_to(request.user).active(timezone.localdate())
    place = get_object_or_404(scope.select_related("enterprise", "campaign"), pk=pk)
    require(request.user, RIGHT, WHO_WRITES)
    if request.method == "POST":
        Enterprise.objects.select_for_update(no_key=True).only("pk").get(pk=place.enterprise_id)
    form = PlanForm(posted(request), instance=_of_team(place))
    if request.method == "POST" and form.is_valid():
        form.write(request.user, timezone.now())
        messages.success(request, f"已保存“{place.enterprise}”在“{place.campaign}”的方案。")
        return redirect(place.enterprise)
    context = {
        "title": "包联方案",
        "form": form,
        "enterprise": place.enterprise,
        "campaign": place.campaign,
        "changes": of_row(form.instance) if form.instance.pk else [],
    }
    return render(request, "enterprises/plan_form.html", context, status=422 if form.errors else 200)


def _of_team(place: Assignment) -> Plan:
    found = Plan.objects.filter(enterprise=place.enterprise, campaign=place.campaign).first()
    return found or Plan(
        enterprise=place.enterprise, campaign=place.campaign, starts_on=timezone.localdate(), version=0
    )
