"""Who holds which roles, and what a role may do: the security administrator's pages."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cadres.administration import ONLY_SECADMIN
from cadres.audit import Action, record
from cadres.changes import of_row
from cadres.forms import GrantForm
from cadres.http import CadreRequest, posted
from cadres.listing import build
from cadres.locking import locked_or_404
from cadres.models import Cadre
from cadres.rights import require
from cadres.roles import ADMINISTRATORS, Role
from cadres.safety import second_factor
from cadres.views.people import SORTS, CadreFilter

RIGHT: Final = "cadres.grant_role"
# What Django calls its own rights, which every model has.
VERBS: Final = {"view": "查看", "add": "新增", "change": "编辑", "delete": "删除"}


@require_safe
def role_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SECADMIN)
    scope = Cadre.objects.administered_by(request.user).select_related("department__region").prefetch_related("groups")
    listing = build(request, scope, CadreFilter(request.GET, cadre=request.user), sorts=SORTS)
    return listing.render("cadres/role_list.html", {"title": "角色授权", "empty_text": "还没有干部"})


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def grant(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SECADMIN)
    row = locked_or_404(Cadre.objects.administered_by(request.user), pk)
    if row == request.user:
        raise PermissionDenied("不能更改自己的角色，请由另一位安全管理员办理。")
    form, before = GrantForm(posted(request), instance=row), row.roles
    if request.method == "POST" and form.is_valid():
        form.save()
        _note(request, row, before, frozenset(form.cleaned_data["roles"]))
        return redirect("cadres:roles")
    context = {
        "title": f"{row} 的角色",
        "form": form,
        "facts": [("用户名", row.username), ("单位", row.department), ("职务", row.title)],
        "crumb": ("角色授权", "cadres:roles"),
        "cancel_url": reverse("cadres:roles"),
        "submit_label": "保存",
        "changes": of_row(row),
        "has_second_factor": second_factor.is_on(row),
    }
    return render(request, "cadres/grant_form.html", context, status=422 if form.errors else 200)


def _note(request: CadreRequest, row: Cadre, before: frozenset[Role], after: frozenset[Role]) -> None:
    given, taken = after - before, before - after
    detail = {"授予": _words(given), "收回": _words(taken)}
    subject = f"{row}（{row.username}）"
    said = {verb: words for verb, words in detail.items() if words}
    record(Action.GRANT, cadre=request.user, subject=subject, detail=said, request=request)
    messages.success(request, f"已保存 {row} 的角色。")


@require_safe
def rights(request: CadreRequest) -> HttpResponse:
    """What each role may do, and how many hold it in the administrator's scope."""
    require(request.user, RIGHT, ONLY_SECADMIN)
    mine = Cadre.objects.administered_by(request.user).active()
    held = dict(
        Group.objects.annotate(people=Count("user", filter=Q(user__in=mine.values("pk")))).values_list("name", "people")
    )
    may: dict[str, list[str]] = {role: [] for role in Role}
    permissions = Permission.objects.filter(group__name__in=Role.values).select_related("content_type")
    for permission in permissions.prefetch_related("group_set").distinct():
        for group in permission.group_set.all():
            may.setdefault(group.name, []).append(_right(permission))
    rows = [(role, role in ADMINISTRATORS, held.get(role, 0), may[role]) for role in Role]
    return render(request, "cadres/role_rights.html", {"title": "角色权限", "rows": rows})


def _right(permission: Permission) -> str:
    verb, _, _ = permission.codename.partition("_")
    model = permission.content_type.model_class()
    standard = permission.name.startswith("Can ") and model is not None and verb in VERBS
    return f"{VERBS[verb]}{model._meta.verbose_name}" if standard and model else permission.name.removeprefix("可以")


def _words(roles: frozenset[Role]) -> str:
    return "、".join(role.label for role in Role if role in roles)
