"""The indicators of a region, and the rows that each figure was counted from."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from cadres.listing import Tab, build
from cadres.rights import require
from reports import bases, figures
from reports.filters import RowsFilter, ScopeFilter
from reports.indicators import (
    BASE,
    CASES,
    INDICATORS,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    Figure,
    Indicator,
    Scope,
    tally,
)
from reports.models import BaseEntry
from reports.wording import below, points

MAY_VIEW: Final = "只有办公室、督查和领导可以查看指标。"
CHANGES_SHOWN: Final = 50
ENTERPRISE_SORTS: Final = {"name": ("enterprise__name",), "region": ("region__path",)}
CASE_SORTS: Final = {"due": ("last_due_at",), "number": ("number",)}


@require_safe
def indicators(request: CadreRequest) -> HttpResponse:
    """The figures of a day and region; what the filters ask for is answered by the figures alone."""
    _require_right(request)
    now = timezone.now()
    form = ScopeFilter(request.GET, cadre=request.user)
    context = {
        "title": "指标",
        "filter": form,
        "complaints": form.complaints(),
        "now": now,
        "indicators": INDICATORS.values(),
    }
    if not context["complaints"]:
        context |= _figures(form.scope(now))
    htmx = request.htmx
    is_part = bool(htmx) and htmx.target == "list" and not htmx.history_restore_request
    response = render(request, f"reports/indicators.html{'#figures' if is_part else ''}", context)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


@require_safe
def rows(request: CadreRequest, code: str) -> HttpResponse:
    """The rows behind one figure: counting them gives its numerator or its denominator."""
    _require_right(request)
    indicator, now = INDICATORS.get(code), timezone.now()
    if indicator is None:
        raise Http404
    form = RowsFilter(request.GET, cadre=request.user, indicator=indicator, now=now)
    is_of_cases = indicator.population is CASES
    listing = build(request, BaseEntry.objects.none(), form, sorts=CASE_SORTS if is_of_cases else ENTERPRISE_SORTS)
    context: dict[str, Any] = {"title": indicator.label, "indicator": indicator}
    if not listing.complaints:
        scope = form.scope(now)
        figure = tally(indicator.population, scope).figure(indicator)
        context |= {"scope": scope, "figure": figure, "tabs": listing.tabs("part", _tabs(indicator, figure))}
        context["back"] = f"?{_query(scope)}"
    template = "indicator_cases.html" if is_of_cases else "indicator_enterprises.html"
    return listing.render(f"reports/{template}", context)


def _figures(scope: Scope) -> dict[str, Any]:
    overview, changes = figures.overview(scope), bases.changes(scope.region, scope.day)
    return {
        "scope": scope,
        "overview": overview,
        "below": below(scope.region.kind),
        "cards": _cards(overview.total, scope),
        "changes": changes[:CHANGES_SHOWN],
        "change_count": len(changes),
        "query": _query(scope),
    }


class Card(NamedTuple):
    """One large figure, which leads to its rows."""

    label: str
    value: str | int
    unit: str
    note: str
    url: str


def _cards(total: figures.Figures, scope: Scope) -> list[Card]:
    resumed, reported, in_time = total.resumption, total.reporting, total.timeliness
    against = points(total.points) or "没有前一日数据"
    return [
        _card(RESUMPTION, resumed.text, f"{resumed.numerator} / {resumed.denominator} 家，{against}", scope),
        _card(BASE, total.base, f"沿用近 3 日状况 {total.carried} 家", scope),
        _card(REPORTING, reported.text, f"{reported.numerator} / {reported.denominator} 家", scope),
        _card(TIMELINESS, in_time.text, f"{in_time.numerator} / {in_time.denominator} 件", scope),
    ]


def _card(indicator: Indicator, value: str | int, note: str, scope: Scope) -> Card:
    part = "numerator" if indicator.is_rate else "denominator"
    url = f"{reverse('reports:rows', args=(indicator.code,))}?part={part}&region={scope.region.code}&{_query(scope)}"
    return Card(indicator.label, value, "" if indicator.is_rate else indicator.unit, note, url)


def _tabs(indicator: Indicator, figure: Figure) -> list[Tab]:
    below = Tab("denominator", indicator.below_label, figure.denominator)
    return [Tab("numerator", indicator.above_label, figure.numerator), below] if indicator.is_rate else [below]


def _require_right(request: CadreRequest) -> None:
    """Figures are for those who see a whole region."""
    require(request.user, "reports.view_indicators", MAY_VIEW)
    if not request.user.region_scope:
        raise PermissionDenied(MAY_VIEW)


def _query(scope: Scope) -> str:
    """What leads from a figure to its rows, without the region."""
    return urlencode({"day": scope.day.isoformat(), "since": timezone.localdate(scope.since).isoformat()})
