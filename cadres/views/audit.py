"""The audit log, its chain and its keeping, for the audit administrator alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadres import tasks
from cadres.administration import ONLY_CITY, configure
from cadres.audit import chain, checking
from cadres.changes import of_table
from cadres.editing import VersionedForm
from cadres.hints import hint
from cadres.http import CadreRequest, posted
from cadres.listing import FilterForm, Sorts, build
from cadres.models import AuditCheck, AuditCut, AuditKeeping, AuditRow
from cadres.rights import require
from cadres.templatetags.ui import moment

if TYPE_CHECKING:
    from cadres.models.audit import AuditQuerySet

RIGHT: Final = "cadres.view_auditrow"
ONLY_AUDITADMIN: Final = "只有审计管理员可以查看审计记录。"
SORTS: Final[Sorts] = {"at": ("at", "pk")}
CHECKS_SHOWN: Final = 20


class AuditFilter(FilterForm):
    dates = "日期"
    q = forms.CharField(label="用户名", max_length=60)
    action = forms.ChoiceField(label="动作", choices=[("", "全部"), *AuditRow.Action.choices])

    def narrow(self, queryset: AuditQuerySet, values: dict[str, Any]) -> AuditQuerySet:
        if values["q"]:
            queryset = queryset.filter(username__icontains=values["q"].strip())
        if values["action"]:
            queryset = queryset.filter(action=values["action"])
        if values["from"]:
            queryset = queryset.filter(at__date__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(at__date__lte=values["to"])
        return queryset


class KeepingForm(VersionedForm[AuditKeeping]):
    class Meta:
        model = AuditKeeping
        fields = ("months",)
        help_texts: ClassVar[dict[str, str]] = {"months": "到期的记录自动清理，清理本身也留有记录；不能少于 6 个月"}


@require_safe
def audit(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_AUDITADMIN)
    rows = AuditRow.objects.visible_to(request.user).select_related("cadre__department", "on_behalf_of")
    form = AuditFilter(request.GET, cadre=request.user)
    listing = build(request, rows, form, sorts=SORTS, default_sort="-at")
    return listing.render("cadres/audit.html", {"title": "审计记录"})


@require_safe
def the_chain(request: CadreRequest) -> HttpResponse:
    """How far the log is sealed, what the last checks found, and how long it is kept."""
    require(request.user, RIGHT, ONLY_AUDITADMIN)
    context = {
        "title": "审计链校验",
        "facts": _facts(),
        "checks": AuditCheck.objects.select_related("asked_by")[:CHECKS_SHOWN],
        "changes": of_table(AuditKeeping),
    }
    return render(request, "cadres/audit_chain.html", context)


@require_POST
def check(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_AUDITADMIN)
    checking.ask(timezone.now(), request.user)
    hint(tasks.check_audit)
    messages.success(request, "已开始校验，完成后结果列在下面。")
    return redirect("cadres:audit_chain")


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def keeping(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_AUDITADMIN)
    if not request.user.administers_all:
        raise PermissionDenied(ONLY_CITY)
    row = AuditKeeping.objects.select_for_update().get()
    form = KeepingForm(posted(request), instance=row)
    back = "cadres:audit_chain"
    return configure(request, form, title="审计保存期限", back=reverse(back), row=row, crumb=("审计链校验", back))


def _facts() -> list[tuple[str, Any]]:
    head, cut = chain.head(), AuditCut.objects.first()
    oldest = AuditRow.objects.sealed().first()
    return [
        ("已封存", f"至第 {head.number} 条" if head.number else ""),
        ("待封存", f"{AuditRow.objects.unsealed().count()} 条"),
        ("最早一条", moment(oldest.at) if oldest else ""),
        ("保存期限", AuditKeeping.current()),
        ("最近清理", f"{moment(cut.at)}，{cut.rows} 条，至第 {cut.number} 条" if cut else ""),
        ("最后封存码", head.digest if head.number else ""),
    ]
