"""The pages of the three administrators: who may come, and one manner of adding and editing a row of the configuration.

Each edit leaves its line in the audit log, beside the history of the row itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import redirect, render

from cadres.audit import Action, record
from cadres.changes import of_row

if TYPE_CHECKING:
    from django.db.models import Model
    from django.forms import ModelForm
    from django.http import HttpResponse

    from cadres.http import CadreRequest

ONLY_SYSADMIN: Final = "只有系统管理员可以维护系统配置。"
ONLY_SECADMIN: Final = "只有安全管理员可以管理角色和权限。"
ONLY_CITY: Final = "这项配置全市通用，只有市级系统管理员可以修改。"


def configure(
    request: CadreRequest,
    form: ModelForm[Any],
    *,
    title: str,
    back: str,
    row: Model | None = None,
    template: str = "cadres/config_form.html",
    **context: Any,
) -> HttpResponse:
    """Show the form, or store what it holds and go `back`. `row` is what is being edited, locked by the caller."""
    if request.method == "POST" and form.is_valid():
        stored = form.save()
        note(request, stored, form.changed_data, "修改" if row else "新增")
        return redirect(back)
    shown = {
        "title": title,
        "form": form,
        "cancel_url": back,
        "submit_label": "保存",
        "changes": of_row(row) if row else None,
        **context,
    }
    return render(request, template, shown, status=422 if form.errors else 200)


def note(request: CadreRequest, row: Model, fields: list[str], verb: str) -> None:
    """Write an edit of the configuration into the audit log, and say that it is done."""
    kind = row._meta.verbose_name
    labels = [str(one.verbose_name) for one in row._meta.fields if one.name in fields]
    detail = {verb: "、".join(labels)} if labels else {}
    record(Action.CONFIGURE, cadre=request.user, subject=f"{verb}{kind} {row}", detail=detail, request=request)
    messages.success(request, f"已{verb}{kind}“{row}”。")
