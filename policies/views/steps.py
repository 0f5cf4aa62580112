"""Taking a step: its form as a page, or as part of the fulfilment's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget, trigger_client_event

from cadres.http import CadreRequest, posted
from policies import rules
from policies.forms import STEP_FORMS, form_for
from policies.views.cases import PAGE, context_of, panel_of, visible
from policies.workflow import STEPS

if TYPE_CHECKING:
    from django.http import HttpResponse

    from policies.forms import StepForm
    from policies.models import Fulfilment

PANEL: Final = "workflow"


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: CadreRequest, pk: int, name: str) -> HttpResponse:
    """Show the form of a step, or take it."""
    if name not in STEP_FORMS:
        raise Http404
    row = visible(request, pk)
    _require_right(request, name, row)
    if request.method != "POST" and (late := _too_late(request, name, row)):
        return late
    form = form_for(name, posted(request), fulfilment=row, by=request.user)
    if form.is_bound and form.is_valid() and form.take(timezone.now()):
        return _taken(request, form)
    return _show(request, form, status=422 if form.is_bound else 200)


def _require_right(request: CadreRequest, name: str, row: Fulfilment) -> None:
    """403 without the right. Where only the status is in the way, somebody was quicker, which take() tells."""
    reason = rules.refusal(request.user, name, row)
    if reason and (row.status in STEPS[name].sources or not rules.has_right(request.user, name)):
        raise PermissionDenied(reason)


def _too_late(request: CadreRequest, name: str, row: Fulfilment) -> HttpResponse | None:
    """Why there is no form any more; None where there is."""
    possible = row.status in STEPS[name].sources
    sentence = rules.unfit(name, row) if possible else f"该记录现为“{row.status_label}”，不能再办理这一步。"
    if not sentence:
        return None
    if _is_part(request):
        return render(request, "policies/_workflow.html", {**panel_of(row, request.user), "complaint": sentence})
    messages.warning(request, sentence)
    return redirect(row)


def _show(request: CadreRequest, form: StepForm, status: int) -> HttpResponse:
    """The form inside the row's page, or as a page of its own; a button that was refused says why."""
    row = form.fulfilment
    context = {**panel_of(row, request.user), "title": f"{form.label}：{row.item.name}"}
    context["is_possible"] = row.status in STEPS[form.name].sources
    if _is_part(request) and form.is_bound and form.is_bare:
        context["complaint"] = "".join(str(error) for error in form.non_field_errors())
    else:
        context["form"] = form
    template = "policies/_workflow.html" if _is_part(request) else "policies/fulfilment_step.html"
    return render(request, template, context, status=status)


def _taken(request: CadreRequest, form: StepForm) -> HttpResponse:
    """The row as it now stands. No step takes it out of the reader's scope."""
    row, sentence = form.fulfilment, f"已办理“{form.label}”：{form.fulfilment.item.name}"
    if _is_part(request):
        context = context_of(visible(request, row.pk), request)
        response = render(request, f"{PAGE}#case", {**context, "is_part": True})
        trigger_client_event(response, "toast", {"text": sentence, "kind": "success"})
        return reswap(retarget(response, "#case"), "outerHTML")
    messages.success(request, sentence)
    return redirect(row)


def _is_part(request: CadreRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == PANEL
