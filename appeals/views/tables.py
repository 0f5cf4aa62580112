"""Limits, terms of orders and categories as the system administrator keeps them.

They hold for what comes; what runs keeps its limit.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from appeals.forms.tables import CategoryForm, LimitForm, NewLimitForm, ReplyTermForm
from appeals.models import Category, Limit, ReplyTerm
from cadres.administration import ONLY_CITY, ONLY_SYSADMIN, configure, note
from cadres.changes import of_table
from cadres.http import CadreRequest, posted
from cadres.locking import locked_or_404
from cadres.models import Cadre
from cadres.rights import require

LIMITS: Final = "appeals.change_limit"
CATEGORIES: Final = "appeals.change_category"
REPLY_TERMS: Final = "appeals.change_replyterm"


def _of(cadre: Cadre) -> QuerySet[Limit]:
    """The city's limits, and those of the administrator's own districts."""
    return Limit.objects.filter(Q(region=None) | Q(region__path__startswith=cadre.administered_path))


@require_safe
def limits(request: CadreRequest) -> HttpResponse:
    require(request.user, LIMITS, ONLY_SYSADMIN)
    rows = _of(request.user).select_related("region").order_by("region__path", "pk")
    context = {
        "title": "办理时限",
        "rows": sorted(rows, key=lambda row: row.region is not None),
        "terms": ReplyTerm.objects.all(),
        "administers_all": request.user.administers_all,
        "changes": of_table(Limit),
        "term_changes": of_table(ReplyTerm),
    }
    return render(request, "appeals/limit_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_limit(request: CadreRequest) -> HttpResponse:
    require(request.user, LIMITS, ONLY_SYSADMIN)
    form = NewLimitForm(posted(request), cadre=request.user)
    crumb = ("办理时限", "appeals:limits")
    return configure(request, form, title="区县另定时限", back=reverse("appeals:limits"), crumb=crumb)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def limit(request: CadreRequest, pk: int) -> HttpResponse:
    row = _own(request, pk)
    facts = [("紧急程度", row.get_urgency_display()), ("适用", row.region or "全市")]
    return configure(
        request,
        LimitForm(posted(request), instance=row),
        title=f"编辑{row.get_urgency_display()}时限",
        back=reverse("appeals:limits"),
        row=row,
        template="appeals/limit_form.html",
        limit=row,
        facts=facts,
        crumb=("办理时限", "appeals:limits"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def remove_limit(request: CadreRequest, pk: int) -> HttpResponse:
    """A district gives its own limit up; the city's are never without."""
    row = _own(request, pk)
    if row.region is None:
        raise PermissionDenied("全市时限不能删除，请编辑。")
    if request.method == "POST":
        note(request, row, [], "删除")
        row.delete()
        return redirect("appeals:limits")
    context = {
        "title": f"删除{row.region}的{row.get_urgency_display()}时限",
        "question": f"删除后，{row.region}新转办的{row.get_urgency_display()}诉求按全市时限办理，已转办的不变。",
        "verb": "确认删除",
        "cancel_url": reverse("appeals:limits"),
    }
    return render(request, "layouts/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def reply_term(request: CadreRequest, pk: int) -> HttpResponse:
    """By when orders of a colour are answered; those that are issued already keep their date."""
    _require_city(request, REPLY_TERMS)
    row = get_object_or_404(ReplyTerm.objects.select_for_update(), pk=pk)
    return configure(
        request,
        ReplyTermForm(posted(request), instance=row),
        title=f"编辑{row}反馈时限",
        back=reverse("appeals:limits"),
        row=row,
        crumb=("办理时限", "appeals:limits"),
    )


@require_safe
def categories(request: CadreRequest) -> HttpResponse:
    require(request.user, CATEGORIES, ONLY_SYSADMIN)
    context = {
        "title": "诉求类别",
        "rows": Category.objects.all(),
        "administers_all": request.user.administers_all,
        "changes": of_table(Category),
    }
    return render(request, "appeals/category_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def new_category(request: CadreRequest) -> HttpResponse:
    _require_city(request, CATEGORIES)
    form = CategoryForm(posted(request))
    crumb = ("诉求类别", "appeals:categories")
    return configure(request, form, title="新增类别", back=reverse("appeals:categories"), crumb=crumb)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def category(request: CadreRequest, pk: int) -> HttpResponse:
    _require_city(request, CATEGORIES)
    row = get_object_or_404(Category.objects.select_for_update(), pk=pk)
    form, crumb = CategoryForm(posted(request), instance=row), ("诉求类别", "appeals:categories")
    return configure(request, form, title=f"编辑类别 {row}", back=reverse("appeals:categories"), row=row, crumb=crumb)


def _own(request: CadreRequest, pk: int) -> Limit:
    require(request.user, LIMITS, ONLY_SYSADMIN)
    row = locked_or_404(_of(request.user), pk)
    if row.region is None:
        _require_city(request, LIMITS)
    return row


def _require_city(request: CadreRequest, right: str) -> None:
    require(request.user, right, ONLY_SYSADMIN)
    if not request.user.administers_all:
        raise PermissionDenied(ONLY_CITY)
