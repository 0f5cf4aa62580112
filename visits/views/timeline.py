"""The timeline of an enterprise."""

from __future__ import annotations

from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from cadres.rights import require
from enterprises.models import Enterprise
from visits.timeline import LAST_PAGE, Kind, kinds_for, page_of


class KindTab(NamedTuple):
    query: str
    label: str
    current: bool


@require_safe
def timeline(request: CadreRequest, pk: int) -> HttpResponse:
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.user), pk=pk)
    require(request.user, "enterprises.view_enterprise", "企业时间线由能查看企业的人员查看。")
    kinds = kinds_for(request.user)
    chosen = _kind(request, kinds)
    page = page_of(enterprise, request.user, [chosen] if chosen else kinds, _number(request))
    context = {
        "title": "企业时间线",
        "enterprise": enterprise,
        "page": page,
        "kind": chosen or "",
        "tabs": [
            KindTab("?", "全部", chosen is None),
            *(KindTab(f"?kind={kind}", kind.label, kind is chosen) for kind in kinds),
        ],
    }
    return render(request, "visits/timeline.html", context)


def _kind(request: CadreRequest, kinds: list[Kind]) -> Kind | None:
    asked = request.GET.get("kind", "")
    if not asked:
        return None
    found = next((kind for kind in kinds if kind == asked), None)
    if found is None:
        raise Http404
    return found


def _number(request: CadreRequest) -> int:
    asked = request.GET.get("page", "1")
    if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked[:4]) <= LAST_PAGE):
        raise Http404
    return int(asked)
