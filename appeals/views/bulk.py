"""Urging, reassigning and ordering many appeals of the queue: one page that names how many, then what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from appeals import bulk
from appeals.bulk import MOST
from appeals.demand_workflow import SUPERVISE
from appeals.filters import EscalationFilter
from appeals.forms.bulk import OrderManyForm, ReassignManyForm, UrgeManyForm
from appeals.models import Appeal
from appeals.supervising.rules import NOT_SUPERVISING
from cadres.roles import REGIONAL

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from appeals.bulk import Done
    from cadres.http import CadreRequest
    from cadres.models import Cadre

SHOWN: Final = 10
REFUSALS_SHOWN: Final = 100
LONGEST_KEY: Final = 18

ManyForm = UrgeManyForm | ReassignManyForm | OrderManyForm


class Act(NamedTuple):
    """One step on many: its name in the table of steps, the rights of which one is needed, its form, and its word."""

    name: str
    rights: tuple[str, ...]
    form: type[ManyForm]
    verb: str
    not_for_you: str


URGE: Final = Act("urge", ("appeals.urge_appeal",), UrgeManyForm, "催办", "批量催办由督查办理。")
REASSIGN: Final = Act(
    "reassign",
    ("appeals.triage_appeal", "appeals.supervise_appeal"),
    ReassignManyForm,
    "改派",
    "批量改派由助企办或督查办理。",
)
ORDER: Final = Act("order", (SUPERVISE,), OrderManyForm, "下达督办单", NOT_SUPERVISING)


@require_POST
def urge_many(request: CadreRequest) -> HttpResponse:
    return _act(request, URGE)


@require_POST
def reassign_many(request: CadreRequest) -> HttpResponse:
    return _act(request, REASSIGN)


@require_POST
def order_many(request: CadreRequest) -> HttpResponse:
    return _act(request, ORDER)


def may(cadre: Cadre, act: Act) -> bool:
    return cadre.holds(*REGIONAL) and any(cadre.has_perm(right) for right in act.rights)


def _act(request: CadreRequest, act: Act) -> HttpResponse:
    """First which ones and how many; then, with what is to be said, the act."""
    if not may(request.user, act):
        raise PermissionDenied(act.not_for_you)
    now = timezone.now()
    if "picked" not in request.POST:
        return _ask(request, act, _chosen(request, now))
    seen = _read(request.POST["picked"])
    form = act.form(request.POST, by=request.user)
    if not seen or not form.is_valid():
        return _ask(request, act, list(_rows(request.user).filter(pk__in=seen)), form)
    return _told(request, act, _take(act, seen, form.cleaned_data, request.user, now))


def _take(act: Act, seen: dict[int, int], said: dict[str, Any], by: Cadre, now: datetime) -> Done:
    if act is URGE:
        return bulk.urge_all(seen, by=by, now=now, note=said["note"], asked_at=said["asked_at"])
    if act is ORDER:
        sent = {"by": by, "now": now, "client_id": said["client_id"]}
        return bulk.order_all(seen, said["colour"], said["demand"], **sent)
    return bulk.reassign_all(seen, said["lead"], by=by, now=now, note=said["note"])


def _chosen(request: CadreRequest, now: datetime) -> list[Appeal] | str:
    """The ticked rows, or all that the filters of the queue find; or the sentence that says what is wrong."""
    if "every" not in request.POST:
        keys = [int(key) for key in request.POST.getlist("pk") if key.isascii() and key.isdecimal()][: MOST + 1]
        return list(_rows(request.user).filter(pk__in=[key for key in keys if key < 10**LONGEST_KEY]))
    form = EscalationFilter(QueryDict(request.POST["every"]), cadre=request.user, now=now)
    if complaints := form.complaints():
        return "；".join(complaints)
    found = form.narrow(_rows(request.user).escalated(now), form.cleaned_data)
    return list(found[: MOST + 1])


def _rows(cadre: Cadre) -> Any:
    shown = Appeal.objects.visible_to(cadre).select_related("enterprise", "lead").defer("description", "reply")
    return shown.order_by("-level", "due_at", "pk")


def _ask(request: CadreRequest, act: Act, chosen: list[Appeal] | str, form: ManyForm | None = None) -> HttpResponse:
    if isinstance(chosen, str) or not chosen or len(chosen) > MOST:
        too_many = f"一次最多{act.verb} {MOST} 件，请用筛选缩小范围。"
        messages.warning(request, chosen if isinstance(chosen, str) else too_many if chosen else "请先勾选诉求。")
        return _back(request)
    able, refused = bulk.sort_out(act.name, chosen, request.user)
    context = {
        "title": f"批量{act.verb}",
        "act": act,
        "form": form or act.form(by=request.user),
        "count": len(able),
        "rows": able[:SHOWN],
        "more": max(len(able) - SHOWN, 0),
        "refused": refused[:REFUSALS_SHOWN],
        "refused_count": len(refused),
        "picked": ",".join(f"{appeal.pk}-{appeal.version}" for appeal in able),
        "queue": _queue(request),
        "back": request.POST.get("back", ""),
    }
    return render(request, "appeals/appeal_bulk.html", context, status=422 if form else 200)


def _told(request: CadreRequest, act: Act, done: Done) -> HttpResponse:
    """Back to the queue; where something was left alone, a page that names it."""
    sentence = f"已{act.verb} {done.done} 件"
    if not done.refused:
        messages.success(request, sentence)
        return _back(request)
    context = {
        "title": f"批量{act.verb}结果",
        "sentence": sentence,
        "done": done.done,
        "verb": act.verb,
        "refused": done.refused[:REFUSALS_SHOWN],
        "refused_count": len(done.refused),
        "more": max(len(done.refused) - REFUSALS_SHOWN, 0),
        "queue": _queue(request),
    }
    return render(request, "appeals/appeal_bulk_done.html", context)


def _read(picked: str) -> dict[int, int]:
    """Keys and versions as the page before wrote them; {} for anything else."""
    pairs = [pair.partition("-")[::2] for pair in picked.split(",")[: MOST + 1]]
    plain = all(f"{key}{version}".isascii() and key.isdecimal() and version.isdecimal() for key, version in pairs)
    if not plain or len(pairs) > MOST or any(len(part) > LONGEST_KEY for pair in pairs for part in pair):
        return {}
    return {int(key): int(version) for key, version in pairs}


def _queue(request: CadreRequest) -> str:
    """The address of the queue with the filters that it was left with."""
    query = QueryDict(request.POST.get("back", "")).urlencode()
    return reverse("appeals:escalations") + (f"?{query}" if query else "")


def _back(request: CadreRequest) -> HttpResponseRedirect:
    return redirect(_queue(request))
