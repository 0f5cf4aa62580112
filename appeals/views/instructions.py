"""Leaders' instructions: their list, the page of one, its paper, giving one, and what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from appeals import instructionfile
from appeals.demand_filters import InstructionFilter
from appeals.forms.instructions import EnterForm, InstructForm
from appeals.instructing import rules
from appeals.instructing.acting import INSTRUCTIONS, series_of
from appeals.models import Instruction
from appeals.views.cases import visible
from appeals.views.demands import SORTS, light_up, offers_of, tabs_of, take
from cadres.http import CadreRequest, posted, uploaded
from cadres.listing import build
from cadres.rights import require

if TYPE_CHECKING:
    from django.http import HttpResponse

    from appeals.models.instructions import InstructionQuerySet
    from cadres.models import Cadre

RIGHT: Final = "appeals.view_instruction"
NOT_FOR_YOU: Final = "批示由领导、督查、助企办和承办单位查看。"


@require_safe
def instruction_list(request: CadreRequest) -> HttpResponse:
    require(request.user, RIGHT, NOT_FOR_YOU)
    now = timezone.now()
    scope = rows_of(request.user)
    form = InstructionFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope, form, sorts=SORTS, default_sort="urgent")
    light_up(listing.rows, now)
    context = {
        "title": "批示",
        "tabs": tabs_of(listing, scope, request.user),
        "empty_text": "没有批示",
        "empty_hint": "领导在诉求页点“批示”，或由助企办按批示件代录",
    }
    return listing.render("appeals/instruction_list.html", context)


def rows_of(cadre: Cadre) -> InstructionQuerySet:
    """Instructions of a cadre's scope as the rows of a list show them."""
    related = ("appeal__enterprise", "appeal__region__parent", "department", "answering", "leader", "leader_deputy")
    shown = Instruction.objects.visible_to(cadre).select_related(*related)
    return shown.defer("appeal__description", "appeal__reply")


@require_safe
def instruction(request: CadreRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    context = {
        "title": f"批示 {found.number}",
        "instruction": found,
        "light": found.light_at(timezone.now()),
        "facts": instructionfile.facts(found),
        "entries": instructionfile.entries(found),
        "evidence": found.evidence.select_related("uploaded_by", "uploaded_by_deputy"),
        "offers": offers_of(INSTRUCTIONS, found, request.user),
    }
    return render(request, "appeals/instruction_detail.html", context)


@require_safe
def paper(request: CadreRequest, pk: int) -> HttpResponse:
    """The instruction as it is printed, signed and filed."""
    found = _visible(request, pk)
    context = {
        "title": f"批示 {found.number}",
        "instruction": found,
        "appeal": found.appeal,
        "opinions": instructionfile.opinions(found),
    }
    return render(request, "appeals/instruction_paper.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def instruct(request: CadreRequest, pk: int) -> HttpResponse:
    """A leader gives an instruction on a case, or the office enters one that was given on paper."""
    appeal, now = visible(request, pk), timezone.now()
    if refused := rules.give_refusal(request.user, appeal):
        raise PermissionDenied(refused)
    is_own = rules.gives(request.user, appeal)
    sent = (posted(request), uploaded(request))
    form = (InstructForm if is_own else EnterForm)(*sent, appeal=appeal, by=request.user, now=now)
    if form.is_bound and form.is_valid() and (made := form.give(now)):
        messages.success(request, f"{'已批示' if is_own else '已代录批示'}，编号 {made.number}")
        return redirect(made)
    context = {
        "title": "批示" if is_own else "代录批示",
        "form": form,
        "appeal": appeal,
        "is_own": is_own,
        "series": series_of(appeal, now),
        "cancel_url": appeal.get_absolute_url(),
    }
    return render(request, "appeals/instruction_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: CadreRequest, pk: int, name: str) -> HttpResponse:
    """Answer, accept, return or revoke."""
    return take(request, INSTRUCTIONS, _visible(request, pk), name)


def _visible(request: CadreRequest, pk: int) -> Instruction:
    """The instruction with what its page shows; not found where its case lies outside the reader's scope."""
    require(request.user, RIGHT, NOT_FOR_YOU)
    scope = Instruction.objects.visible_to(request.user).select_related(*instructionfile.RELATED)
    return get_object_or_404(scope, pk=pk)
