"""The security administrator lets people in again: lifts lock-outs, takes away the second factor of a lost phone."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadres.administration import ONLY_SECADMIN
from cadres.http import CadreRequest
from cadres.models import Cadre
from cadres.rights import require
from cadres.safety import lockout, second_factor

RIGHT: Final = "cadres.grant_role"


@require_safe
def locks(request: CadreRequest) -> HttpResponse:
    """Who is locked out now, and until when."""
    require(request.user, RIGHT, ONLY_SECADMIN)
    rows = lockout.visible_to(request.user, timezone.now())
    return render(request, "cadres/locks.html", {"title": "登录锁定", "rows": rows})


@require_POST
def unlock(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, ONLY_SECADMIN)
    username = request.POST.get("username", "")
    if username not in {row.username for row in lockout.visible_to(request.user, timezone.now())}:
        messages.info(request, "这个账号没有被锁定，或已自动解锁。")
    elif lockout.unlock(username, by=request.user, request=request):
        messages.success(request, f"已解锁“{username}”，可以马上登录。")
    return redirect("cadres:locks")


@require_http_methods(["GET", "HEAD", "POST"])
def reset_second_factor(request: CadreRequest, pk: int) -> HttpResponse:
    """Ask first; the cadre then signs in with the password alone, and an administrator must set up a new one."""
    require(request.user, RIGHT, ONLY_SECADMIN)
    row = get_object_or_404(Cadre.objects.administered_by(request.user), pk=pk)
    if row == request.user:
        raise PermissionDenied("不能重置自己的第二因素，请由另一位安全管理员办理。")
    if request.method == "POST":
        was_on = second_factor.switch_off(row, by=request.user, request=request)
        done = f"已重置 {row} 的第二因素。" if was_on else f"{row} 没有启用第二因素，无需重置。"
        messages.success(request, done)
        return redirect("cadres:grant", pk=row.pk)
    context = {
        "title": f"重置 {row} 的第二因素",
        "question": f"{row}（{row.username}）的验证器和恢复码立即作废。请先当面或电话核实确是本人。",
        "verb": "确认重置",
        "cancel_url": reverse("cadres:grant", args=(row.pk,)),
    }
    return render(request, "cadres/second_factor_reset.html", context)
