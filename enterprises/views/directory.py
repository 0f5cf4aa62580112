"""The directory of enterprises: list, page, new, edit."""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cadres.changes import of_row
from cadres.http import CadreRequest, posted
from cadres.listing import Sorts, build
from cadres.masking import masked_name
from cadres.rights import require
from enterprises import profile
from enterprises.filters import EnterpriseFilter
from enterprises.forms import EnterpriseForm
from enterprises.models import Enterprise
from enterprises.panels import panels_for

SORTS: Final[Sorts] = {
    "contact": (F("last_contact_on").asc(nulls_first=True),),
    "name": ("initials", "name"),
}
APPEAL_NUMBER: Final = re.compile(r"SQ[0-9-]{4,}", re.IGNORECASE)
TAKEN_MEANWHILE: Final = "刚刚已有人登记了相同的统一社会信用代码或名称，请在企业名录中查找。"
OUT_OF_SCOPE: Final = "所选区域不在你的管辖范围内，请重新选择。"


@require_safe
def enterprise_list(request: CadreRequest) -> HttpResponse:
    require(request.user, "enterprises.view_enterprise", "查看企业名录需要业务角色，请联系本单位安全管理员。")
    today = timezone.localdate()
    scope = Enterprise.objects.visible_to(request.user).select_related("region", "region__parent")
    form = EnterpriseFilter(request.GET, cadre=request.user)
    listing = build(request, scope.with_team_of(today).with_status_of(today), form, sorts=SORTS)
    asked = request.GET.get("q", "").strip()
    context = {
        "title": "企业名录",
        "today": today,
        "number": asked.upper() if APPEAL_NUMBER.fullmatch(asked) else "",
        "empty_text": "还没有企业",
        **_rights(request),
    }
    return listing.render(
        "enterprises/enterprise_list.html", context, toolbar=request.user.has_perm("enterprises.change_enterprise")
    )


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    today = timezone.localdate()
    scope = Enterprise.objects.visible_to(request.user).select_related("region__parent", "park", "responsible")
    enterprise = get_object_or_404(scope.with_team_of(today), pk=pk)
    history = enterprise.assignments.select_related(
        "campaign", "cadre__department", "assigned_by", "assigned_by_deputy"
    )
    context = {
        "title": enterprise.name,
        "enterprise": enterprise,
        "today": today,
        "facts": profile.facts(enterprise),
        "labels": profile.labels(enterprise),
        "contacts": enterprise.contacts.main_first(),
        "representative": masked_name(enterprise.legal_representative),
        "days": profile.last_days(enterprise, today),
        "assignments": history.order_by("-campaign__starts_on", "campaign", "-starts_on", "role"),
        "teams": profile.teams(enterprise),
        "relocations": enterprise.relocations.select_related("from_region", "to_region", "by", "by_deputy"),
        "panels": panels_for(request, enterprise),
        **_rights(request),
    }
    return render(request, "enterprises/enterprise_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: CadreRequest) -> HttpResponse:
    require(request.user, "enterprises.change_enterprise", "只有办公室可以新增企业。")
    form = EnterpriseForm(posted(request), cadre=request.user)
    if request.method == "POST" and form.is_valid() and store(request, form):
        messages.success(request, f"已新增“{form.instance.name}”，规模{form.instance.size_display}。")
        return redirect(form.instance)
    return _form_page(request, form, {"title": "新增企业", "cancel_url": "enterprises:list"})


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def edit(request: CadreRequest, pk: int) -> HttpResponse:
    scope = Enterprise.objects.visible_to(request.user)
    if request.method == "POST":
        scope = scope.select_for_update(no_key=True)
    enterprise = get_object_or_404(scope, pk=pk)
    require(request.user, "enterprises.change_enterprise", "只有办公室可以编辑企业信息。")
    form = EnterpriseForm(posted(request), instance=enterprise, cadre=request.user)
    if request.method == "POST" and form.is_valid() and store(request, form):
        messages.success(request, f"已保存“{enterprise.name}”，规模{enterprise.size_display}。")
        return redirect(enterprise)
    shown = {"title": "编辑企业", "enterprise": Enterprise.objects.get(pk=pk), "changes": of_row(enterprise)}
    return _form_page(request, form, shown)


def store(request: CadreRequest, form: EnterpriseForm) -> bool:
    """Save, and look again whether the row is still in scope; if not, nothing is saved and the form says why."""
    try:
        with transaction.atomic():
            saved = form.save()
            if Enterprise.objects.visible_to(request.user).filter(pk=saved.pk).exists():
                return True
            form.add_error("region", OUT_OF_SCOPE)
            transaction.set_rollback(True)
    except IntegrityError:
        form.add_error(None, TAKEN_MEANWHILE)
    return False


def _form_page(request: CadreRequest, form: EnterpriseForm, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "enterprises/enterprise_form.html", {"form": form, **context}, status=status)


def _rights(request: CadreRequest) -> dict[str, bool]:
    """Which actions the page offers; every one asks again for its right."""
    may = request.user.has_perm
    return {
        "may_edit": may("enterprises.change_enterprise"),
        "may_assign": may("enterprises.assign_enterprise"),
        "may_report": may("enterprises.report_status"),
        "may_visit": may("visits.log_visit"),
        "may_raise": may("appeals.submit_appeal"),
        "may_edit_contacts": may("enterprises.change_contact"),
        "may_plan": may("enterprises.change_plan"),
        "may_unmask": may("enterprises.unmask_contact"),
    }
