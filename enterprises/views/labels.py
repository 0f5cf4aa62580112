"""Key lists and tags for many enterprises at once: the ticked ones, or all that a filter finds."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cadres.http import CadreRequest, posted
from cadres.rights import require
from enterprises.filters import EnterpriseFilter
from enterprises.forms import LabelForm
from enterprises.models import Enterprise, EnterpriseQuerySet

NAMED: Final = 20
LONGEST_KEY: Final = 18
LONGEST_FILTER: Final = 2_000


@require_http_methods(["GET", "HEAD", "POST"])
def label_many(request: CadreRequest) -> HttpResponse:
    """Step one is the list's POST of ticked rows, which leads to this page's address; step two its own form."""
    require(request.user, "enterprises.change_enterprise", "只有办公室可以批量维护标签和重点名单。")
    if request.method == "POST" and "act" not in request.POST:
        return redirect(f"{reverse('enterprises:label_many')}?{_ticked(request.POST)}")
    asked = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(request, asked)
    form = LabelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        changed = form.label(chosen)
        messages.success(request, f"已为 {changed} 家企业{form.words}，其余没有变化。")
        return redirect(f"{reverse('enterprises:list')}?{asked.get('filter', '')}".rstrip("?"))
    context = {
        "title": "批量维护标签和重点名单",
        "form": form,
        "total": chosen.count(),
        "named": chosen.order_by("initials", "pk")[:NAMED],
        "keys": [] if "filter" in asked else asked.getlist("pk"),
        "filter_query": asked.get("filter"),
    }
    return render(request, "enterprises/label_form.html", context, status=422 if form.errors else 200)


def _chosen(request: CadreRequest, asked: QueryDict) -> EnterpriseQuerySet:
    """The ticked ones of the scope, or what the list's filter finds in it; nothing where the filter is malformed."""
    scope = Enterprise.objects.visible_to(request.user)
    if "filter" not in asked:
        keys = (key for key in asked.getlist("pk") if key.isascii() and key.isdecimal() and len(key) < LONGEST_KEY)
        return scope.filter(pk__in=list(keys))
    form = EnterpriseFilter(QueryDict(asked.get("filter", "")[:LONGEST_FILTER]), cadre=request.user)
    if form.complaints():
        return scope.none()
    found: EnterpriseQuerySet = form.narrow(scope, form.cleaned_data)
    return found


def _ticked(posted: QueryDict) -> str:
    query = QueryDict(mutable=True)
    query.setlist("pk", posted.getlist("pk"))
    return query.urlencode()
