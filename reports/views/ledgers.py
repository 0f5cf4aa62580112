"""Ledgers: ask for one from a list, watch it being made, take it away."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cadres.hints import hint
from cadres.http import CadreRequest
from cadres.listing import Sorts, Tab, build
from cadres.rights import require
from cadres.uploads.serving import serve
from reports import progress, tasks
from reports.ledgers import asking, making
from reports.ledgers.filters import LedgerFilter
from reports.ledgers.kinds import kind_named
from reports.models import Ledger

SORTS: Final[Sorts] = {"at": ("asked_at",), "kind": ("kind",)}
SCOPE_CHANGED: Final = "你的单位或角色在生成之后有变动，这份台账不能再下载，请重新导出。"

State = Ledger.State


@require_safe
def ledger_list(request: CadreRequest) -> HttpResponse:
    require(request.user, asking.RIGHT, asking.NO_RIGHT)
    scope = Ledger.objects.visible_to(request.user)
    listing = build(request, scope, LedgerFilter(request.GET, cadre=request.user), sorts=SORTS, default_sort="-at")
    tabs = [Tab("", "全部"), *(Tab(str(state), str(label)) for state, label in State.choices)]
    context = {
        "title": "台账下载",
        "tabs": listing.tabs("status", tabs),
        "empty_text": "还没有导出过台账",
        "empty_hint": "在诉求清单、走访记录、包联台账等列表上按“导出 Excel”",
    }
    return listing.render("reports/ledger_list.html", context)


@require_POST
def ask(request: CadreRequest, kind: str) -> HttpResponse:
    """Ask for what a list shows: `filter` is the query of its address."""
    if kind not in Ledger.Kind.values:
        raise Http404
    found, query = kind_named(kind), request.POST.get("filter", "")
    require(request.user, asking.RIGHT, asking.NO_RIGHT)
    require(request.user, found.right, found.refusal)
    try:
        ledger = asking.ask(kind, query, by=request.user, now=timezone.now())
    except asking.FilterError as error:
        messages.error(request, f"没有导出：{error}")
        return redirect(reverse(found.list_name))
    hint(tasks.make_ledgers)
    return redirect(ledger)


@require_safe
def detail(request: CadreRequest, pk: int) -> HttpResponse:
    """The ledger as it stands: how far it is, or what came of it."""
    ledger = _own(request, pk)
    if request.htmx and request.htmx.target == "progress":
        return _how_far(request, ledger)
    context = {
        "title": str(ledger),
        "job": ledger,
        "facts": _facts(ledger),
        "is_barred": ledger.is_done and ledger.scope != making.scope_of(request.user),
        "barred_because": SCOPE_CHANGED,
        "list_url": reverse(kind_named(ledger.kind).list_name),
        **_progress(ledger, progress.FIRST_LOOK),
    }
    return render(request, "reports/ledger_detail.html", context)


def _how_far(request: CadreRequest, ledger: Ledger) -> HttpResponse:
    """The running bar again, to be asked for a little later each time; the whole page once the ledger is there."""
    if not ledger.is_waiting:
        return HttpResponse(headers={"HX-Refresh": "true"})
    looked = progress.looking_after(request.GET.get("after", ""))
    return render(request, "reports/_job_progress.html", {"job": ledger, **_progress(ledger, looked)})


def _progress(ledger: Ledger, seconds: int) -> dict[str, Any]:
    return progress.shown(ledger, seconds) if ledger.is_waiting else {}


def _facts(ledger: Ledger) -> list[tuple[str, str]]:
    facts = [("筛选条件", ledger.filter_words), ("导出时间", _moment(ledger.asked_at))]
    if ledger.as_of and ledger.sha256:
        facts += [("数据时间", _moment(ledger.as_of)), ("行数", f"{ledger.rows} 行")]
        facts += [("保留至", _moment(ledger.expires_at)), ("校验值（SHA-256）", ledger.sha256)]
    return facts


@require_safe
def download(request: CadreRequest, pk: int) -> HttpResponseBase:
    """One's own file, as long as one's unit and roles are those it was made for; each download is logged."""
    ledger = _own(request, pk)
    if not ledger.is_done:
        raise Http404
    if ledger.scope != making.scope_of(request.user):
        raise PermissionDenied(SCOPE_CHANGED)
    found = kind_named(ledger.kind)
    require(request.user, found.right, found.refusal)
    making.record(ledger.kind, ledger, by=request.user, request=request)
    return serve(request, ledger, as_attachment=True)  # type: ignore[arg-type] # all that serve() asks of an upload


def _own(request: CadreRequest, pk: int) -> Ledger:
    ledger = get_object_or_404(Ledger.objects.visible_to(request.user), pk=pk)
    require(request.user, asking.RIGHT, asking.NO_RIGHT)
    return ledger


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
