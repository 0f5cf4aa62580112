"""The ladder as the city's system administrator keeps it."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cadres.administration import ONLY_CITY, ONLY_SYSADMIN
from cadres.changes import of_row, of_table
from cadres.http import CadreRequest, posted
from cadres.rights import require
from workflow.changing import change
from workflow.forms import NewRungForm, RungForm
from workflow.models import RuleChange, Rung, Trigger

RIGHT: Final = "workflow.change_rung"
LADDER: Final = RuleChange.Kind.LADDER
CRUMB: Final = ("督办阶梯", "workflow:ladder")


@require_safe
def ladder(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    order = {trigger: place for place, trigger in enumerate(Trigger)}
    rungs = sorted(Rung.objects.all(), key=lambda rung: (rung.critical, order[Trigger(rung.trigger)], rung.level))
    context = {
        "title": "督办阶梯",
        "groups": [(critical, list(some)) for critical, some in groupby(rungs, key=lambda rung: rung.critical)],
        "may_edit": request.user.administers_all,
        "rule_changes": RuleChange.objects.filter(kind=LADDER).select_related("cadre")[:3],
        "changes": of_table(Rung),
    }
    return render(request, "workflow/ladder.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_rung(request: CadreRequest) -> HttpResponse:
    _require_city(request)
    form = NewRungForm(posted(request))
    if request.method == "POST" and form.is_valid():
        return change(
            request, LADDER, lambda: f"新增{form.save().words}", title="新增一级", back=reverse("workflow:ladder")
        )
    context = {
        "title": "新增一级",
        "form": form,
        "crumb": CRUMB,
        "cancel_url": reverse("workflow:ladder"),
        "submit_label": "下一步",
    }
    return render(request, "cadres/config_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def rung(request: CadreRequest, pk: int) -> HttpResponse:
    _require_city(request)
    row = get_object_or_404(Rung.objects.select_for_update(), pk=pk)
    form, title = RungForm(posted(request), instance=row), f"编辑 {row.words}"
    if request.method == "POST" and form.is_valid():
        return change(request, LADDER, lambda: f"修改{form.save().words}", title=title, back=reverse("workflow:ladder"))
    context = {
        "title": title,
        "form": form,
        "rung": row,
        "facts": [("触发条件", row.get_trigger_display()), ("适用", "特急诉求" if row.critical else "其他诉求")],
        "crumb": CRUMB,
        "cancel_url": reverse("workflow:ladder"),
        "submit_label": "下一步",
        "changes": of_row(row),
        "may_remove": _has_others(row),
    }
    return render(request, "workflow/rung_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def remove_rung(request: CadreRequest, pk: int) -> HttpResponse:
    """Every trigger keeps a rung, so that nothing open is without one."""
    _require_city(request)
    list(Rung.objects.select_for_update().order_by("pk"))
    row = get_object_or_404(Rung, pk=pk)
    if not _has_others(row):
        raise PermissionDenied(f"“{row.get_trigger_display()}”只剩这一级，删除后这类事项将无人督办，请先新增另一级。")

    def remove() -> str:
        Rung.objects.filter(pk=pk).delete()
        return f"删除{row.words}"

    return change(request, LADDER, remove, title=f"删除 {row.words}", back=reverse("workflow:ladder"))


def _has_others(row: Rung) -> bool:
    return Rung.objects.filter(trigger=row.trigger, critical=row.critical).exclude(pk=row.pk).exists()


def _require_city(request: CadreRequest) -> None:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    if not request.user.administers_all:
        raise PermissionDenied(ONLY_CITY)
