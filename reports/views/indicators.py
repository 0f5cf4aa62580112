"""The indicators of a region, and the rows that each figure was counted from."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from cadres.listing import Sorts, Tab, build
from cadres.rights import require
from reports import bases, figures
from reports.figures import Counts
from reports.filters import RowsFilter, ScopeFilter
from reports.indicators import (
    BENEFICIARIES,
    CASES,
    ENTERPRISES,
    FULFILMENTS,
    INDICATORS,
    MEASURED,
    TO_BE_COVERED,
    Figure,
    Indicator,
    Population,
    PowerIndex,
    Scope,
    Weighed,
    figure_of,
)
from reports.models import BaseEntry
from reports.views import figure_tables

MAY_VIEW: Final = "只有办公室、督查和领导可以查看指标。"
CHANGES_SHOWN: Final = 50
ENTERPRISE_SORTS: Final = {"name": ("enterprise__name",), "region": ("region__path",)}
# How the rows of a population are listed, and by what they are sorted.
LISTS: Final[dict[Population, tuple[str, Sorts]]] = {
    ENTERPRISES: ("enterprises", ENTERPRISE_SORTS),
    MEASURED: ("measured", ENTERPRISE_SORTS | {"below": ("below_line",), "above": ("above_line",)}),
    TO_BE_COVERED: ("covered", {"name": ("name",), "region": ("region_path",)}),
    BENEFICIARIES: ("beneficiaries", {"name": ("name",), "region": ("region_path",)}),
    FULFILMENTS: (
        "fulfilments",
        {"name": ("enterprise__name",), "region": ("region_path",), "due": ("amount_due",), "paid": ("paid",)},
    ),
    CASES: ("cases", {"due": ("last_due_at",), "number": ("number",)}),
}


@require_safe
def indicators(request: CadreRequest) -> HttpResponse:
    """The figures of a day and region; what the filters ask for is answered by the figures alone."""
    require_right(request)
    now = timezone.now()
    form = ScopeFilter(request.GET, cadre=request.user)
    context = {
        "title": "指标",
        "filter": form,
        "complaints": form.complaints(),
        "indicators": INDICATORS.values(),
    }
    if not context["complaints"]:
        context |= _figures(form.scope(now))
    return render_figures(request, "reports/indicators.html", context)


@require_safe
def rows(request: CadreRequest, code: str) -> HttpResponse:
    """The rows behind one figure: counting them gives its numerator or its denominator."""
    require_right(request)
    indicator, now = INDICATORS.get(code), timezone.now()
    if indicator is None:
        raise Http404
    form = RowsFilter(request.GET, cadre=request.user, indicator=indicator, now=now)
    template, sorts = LISTS[indicator.population]
    listing = build(request, BaseEntry.objects.none(), form, sorts=sorts)
    context: dict[str, Any] = {"title": indicator.label, "indicator": indicator}
    if not listing.complaints:
        scope = form.scope(now)
        figure = figure_of(indicator, scope)
        context |= {"scope": scope, "figure": figure, "tabs": listing.tabs("part", _tabs(indicator, figure))}
        context["back"] = f"?{urlencode(figure_tables.query_of(scope))}"
    return listing.render(f"reports/indicator_{template}.html", context)


def _figures(scope: Scope) -> dict[str, Any]:
    counts, changes = Counts(scope), bases.changes(scope.region, scope.day)
    overview = figures.overview(counts, counts.today, counts.cases, counts.covered)
    return {
        "scope": scope,
        "as_of": counts.as_of,
        "overview": overview,
        "under_way": figure_tables.under_way(overview, scope),
        "tables": figure_tables.tables(overview, scope),
        "cards": figure_tables.cards(overview.total, scope),
        "changes": changes[:CHANGES_SHOWN],
        "change_count": len(changes),
    }


def _tabs(indicator: Indicator | Weighed, figure: Figure | PowerIndex) -> list[Tab]:
    """Above and below the line, with their counts; one list where the same rows stand on both sides."""
    if isinstance(figure, PowerIndex):
        above, below = figure.resumed, figure.enterprises
    elif isinstance(indicator, Weighed):
        return [Tab("denominator", f"{indicator.below_label}、{indicator.above_label}")]
    else:
        above, below = int(figure.numerator), int(figure.denominator)
    last = Tab("denominator", indicator.below_label, below)
    return [Tab("numerator", indicator.above_label, above), last] if indicator.is_rate else [last]


def render_figures(request: CadreRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page, or its figures alone where only the filters were changed."""
    htmx = request.htmx
    is_part = bool(htmx) and htmx.target == "list" and not htmx.history_restore_request
    response = render(request, f"{template}{'#figures' if is_part else ''}", context)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def require_right(request: CadreRequest) -> None:
    """Figures are for those who see a whole region."""
    require(request.user, "reports.view_indicators", MAY_VIEW)
    if not request.user.region_scope:
        raise PermissionDenied(MAY_VIEW)
