"""Moving an enterprise to another region (迁址)."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cadres.http import CadreRequest, posted
from cadres.rights import require
from enterprises.forms import MoveForm
from enterprises.models import Enterprise, Relocation
from enterprises.moving import MovingError

NAMESAKE: Final = "迁往的区域已有同名且无信用代码的市场主体，请核对是否重复登记。"


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def move(request: CadreRequest, pk: int) -> HttpResponse:
    scope = Enterprise.objects.visible_to(request.user)
    if request.method == "POST":
        scope = scope.select_for_update(no_key=True)
    enterprise = get_object_or_404(scope, pk=pk)
    require(request.user, "enterprises.change_enterprise", "只有办公室可以办理迁址。")
    form = MoveForm(posted(request), instance=enterprise, cadre=request.user)
    if request.method == "POST" and form.is_valid() and (moved := _try(form)):
        followed = f"{moved.consequences}。" if moved.consequences else ""
        messages.success(request, f"“{moved.enterprise}”已由{moved.from_region}迁往{moved.to_region}。{followed}")
        return redirect(moved.enterprise)
    context = {"title": "办理迁址", "form": form, "enterprise": form.here}
    return render(request, "enterprises/enterprise_move.html", context, status=422 if form.errors else 200)


def _try(form: MoveForm) -> Relocation | None:
    try:
        with transaction.atomic():
            return form.move(timezone.now())
    except MovingError as error:
        form.add_error("region", str(error))
    except IntegrityError:
        form.add_error("region", NAMESAKE)
    return None
