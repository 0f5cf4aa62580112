"""Cadres as the system administrator keeps them: data, department, account. What they may do is not decided here."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from cadres.administration import ONLY_SYSADMIN, configure, note
from cadres.audit import Action, record
from cadres.fields import RegionField
from cadres.forms import CadreForm, NewCadreForm
from cadres.http import CadreRequest, posted
from cadres.listing import FilterForm, Sorts, build
from cadres.locking import locked_or_404
from cadres.models import Cadre, Region
from cadres.rights import require
from cadres.roles import ADMINISTRATORS, Role

RIGHT: Final = "cadres.change_cadre"
SORTS: Final[Sorts] = {
    "name": ("initials", "name"),
    "username": ("username",),
    "unit": ("department__region__path", "initials", "name"),
}
LIST: Final = ("干部", "cadres:cadres")
# Without the letters and digits that are taken for each other when read out.
LETTERS: Final = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class CadreFilter(FilterForm):
    q = forms.CharField(label="姓名", max_length=60, widget=forms.TextInput(attrs={"placeholder": "姓名、用户名"}))
    region = RegionField(label="区域", empty_label="全部")
    role = forms.ChoiceField(label="角色", choices=[("", "全部"), *Role.choices, ("none", "没有角色")])
    state = forms.ChoiceField(label="账号", choices=[("", "全部"), ("active", "启用"), ("ended", "停用")])

    def limit(self) -> None:
        field = self.fields["region"]
        field.queryset = Region.objects.administered_by(self.cadre).order_by("path")  # type: ignore[attr-defined]

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if text := values["q"].strip():
            queryset = queryset.named(text)
        if values["region"]:
            queryset = queryset.filter(department__region__path__startswith=values["region"].path)
        if values["role"] == "none":
            queryset = queryset.without_role()
        elif values["role"]:
            queryset = queryset.with_role(Role(values["role"]))
        return queryset.filter(is_active=values["state"] == "active") if values["state"] else queryset


@require_safe
def cadre_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    scope = Cadre.objects.administered_by(request.user).select_related("department__region").prefetch_related("groups")
    listing = build(request, scope, CadreFilter(request.GET, cadre=request.user), sorts=SORTS)
    return listing.render("cadres/cadre_list.html", {"title": "干部", "empty_text": "还没有干部"})


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_cadre(request: CadreRequest) -> HttpResponse:
    """A new account can sign in with the password that is shown here once, and do nothing until it is given a role."""
    require(request.user, RIGHT, ONLY_SYSADMIN)
    form = NewCadreForm(posted(request), cadre=request.user)
    if request.method == "POST" and form.is_valid():
        added = form.save()
        note(request, added, form.changed_data, "新增")
        return _with_new_password(request, added)
    return configure(request, form, title="新增干部", back=reverse("cadres:cadres"), crumb=LIST)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def cadre(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SYSADMIN)
    scope = Cadre.objects.administered_by(request.user)
    row = locked_or_404(scope, pk)
    form = CadreForm(posted(request), instance=row, cadre=request.user)
    return configure(
        request,
        form,
        title=f"编辑干部 {row}",
        back=reverse("cadres:cadres"),
        row=row,
        template="cadres/cadre_form.html",
        facts=[("用户名", row.username), ("角色", row.roles_display)],
        crumb=LIST,
        cadre=row,
        may_reset=_may_reset(request.user, row),
        may_have_deputy=not row.holds(*ADMINISTRATORS),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def reset_password(request: CadreRequest, pk: int) -> HttpResponse:
    """Ask first; then set a password that is shown once. Whoever is signed in with the old one is signed out."""
    require(request.user, RIGHT, ONLY_SYSADMIN)
    row = locked_or_404(Cadre.objects.administered_by(request.user), pk)
    if not _may_reset(request.user, row):
        raise PermissionDenied("不能在这里重置自己或其他管理员的密码，请由运维人员用命令重置。")
    if request.method == "POST":
        return _with_new_password(request, row)
    context = {
        "title": f"重置 {row} 的密码",
        "question": f"将为 {row}（{row.username}）生成一个新密码，原密码立即失效，已登录的设备全部退出。",
        "verb": "确认重置",
        "cancel_url": reverse("cadres:cadre", args=(row.pk,)),
    }
    return render(request, "cadres/cadre_reset.html", context)


def _may_reset(administrator: Cadre, cadre: Cadre) -> bool:
    """Who could sign in as another administrator would hold two of their roles."""
    return cadre != administrator and not cadre.holds(*ADMINISTRATORS) and not cadre.is_superuser


@sensitive_variables("password")
def _with_new_password(request: CadreRequest, row: Cadre) -> HttpResponse:
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    row.set_password(password)
    row.must_change_password = True
    row.save(update_fields=["password", "must_change_password"])
    record(Action.PASSWORD, cadre=request.user, subject=f"{row}（{row.username}）", request=request)
    context = {"title": f"{row} 的初始密码", "cadre": row, "password": password}
    return render(request, "cadres/cadre_password.html", context)
