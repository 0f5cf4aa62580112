"""The manner of every edit that open cases follow: fill in, see what would move, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone

from cadres.audit import Action, record
from workflow import following
from workflow.models import RuleChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from cadres.http import CadreRequest


def change(
    request: CadreRequest,
    kind: RuleChange.Kind,
    apply: Callable[[], str],
    *,
    title: str,
    back: str,
    carried: dict[str, Any] | None = None,
) -> HttpResponse:
    """Apply the edit if it is confirmed, else show what it would move and ask. The caller holds the transaction.

    `carried` takes the place of what was posted where the page that asks can't repeat it, such as a file.
    """
    now = timezone.now()
    if request.POST.get("confirmed"):
        words = apply()
        following.announce(kind, by=request.user, words=words, now=now)
        record(Action.CONFIGURE, cadre=request.user, subject=f"{kind.label} {words}", request=request)
        messages.success(request, f"已{words}；受影响的未办结事项正在后台重算。")
        return redirect(back)
    effect = following.preview(kind, apply, now)
    context = {
        "title": title,
        "effect": effect,
        "question": f"将{effect.words}。确认后立即生效。",
        "verb": "确认修改",
        "cancel_url": back,
        "hidden": _repeated(request) if carried is None else list(carried.items()),
        "is_calendar": kind == RuleChange.Kind.CALENDAR,
    }
    return render(request, "workflow/rule_confirm.html", context)


def _repeated(request: CadreRequest) -> list[tuple[str, str]]:
    left_out = {"csrfmiddlewaretoken", "confirmed"}
    return [(name, one) for name, values in request.POST.lists() if name not in left_out for one in values]
