"""Taking a step: its form as a page, or as part of the appeal's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

from appeals import rules
from appeals.forms import form_for
from appeals.models import Appeal
from appeals.views.cases import PAGE, context_of, panel_of, visible
from appeals.workflow import STEPS
from cadres.http import CadreRequest, posted, uploaded

if TYPE_CHECKING:
    from django.http import HttpResponse

    from appeals.forms import StepForm

PANEL: Final = "workflow"


@require_http_methods(["GET", "POST"])
def step(request: CadreRequest, pk: int, name: str) -> HttpResponse:
    """Show the form of a step, or take it."""
    if name not in STEPS:
        raise Http404
    appeal = visible(request, pk)
    _require_right(request, name, appeal)
    if request.method == "GET" and appeal.status not in STEPS[name].sources:
        return _too_late(request, appeal)
    sent = (posted(request), uploaded(request))
    form = form_for(name, *sent, appeal=appeal, by=request.user)
    if form.is_bound and form.is_valid() and form.take(timezone.now()):
        return _taken(request, form)
    return _show(request, form, status=422 if form.is_bound else 200)


def _require_right(request: CadreRequest, name: str, appeal: Appeal) -> None:
    """403 without the right. Where only the status is in the way, somebody was quicker, which take() tells."""
    reason = rules.refusal(request.user, name, appeal)
    if reason and (appeal.status in STEPS[name].sources or not rules.has_right(request.user, name, appeal)):
        raise PermissionDenied(reason)


def _too_late(request: CadreRequest, appeal: Appeal) -> HttpResponse:
    sentence = f"该诉求现为“{appeal.status_label}”，不能再办理这一步。"
    if _is_part(request):
        return render(request, "appeals/_workflow.html", {**panel_of(appeal, request.user), "complaint": sentence})
    messages.warning(request, sentence)
    return redirect(appeal)


def _show(request: CadreRequest, form: StepForm, status: int) -> HttpResponse:
    """The form inside the appeal's page, or as a page of its own; a button that was refused says why."""
    appeal = form.appeal
    context = {**panel_of(appeal, request.user), "title": f"{form.label}：{appeal.title}"}
    context["is_possible"] = appeal.status in STEPS[form.name].sources
    if _is_part(request) and form.is_bound and form.is_bare:
        context["complaint"] = "".join(str(error) for error in form.non_field_errors())
    else:
        context["form"] = form
    template = "appeals/_workflow.html" if _is_part(request) else "appeals/appeal_step.html"
    return render(request, template, context, status=status)


def _taken(request: CadreRequest, form: StepForm) -> HttpResponse:
    """The appeal as it now stands; the list where the step has taken it out of the reader's scope."""
    appeal, sentence = form.appeal, f"已办理“{form.label}”：{form.appeal.title}"
    is_still_visible = Appeal.objects.visible_to(request.user).filter(pk=appeal.pk).exists()
    if _is_part(request) and is_still_visible:
        context = context_of(visible(request, appeal.pk), request.user, timezone.now())
        response = render(request, f"{PAGE}#case", {**context, "is_part": True})
        trigger_client_event(response, "toast", {"text": sentence, "kind": "success"})
        return reswap(retarget(response, "#case"), "outerHTML")
    messages.success(request, sentence)
    there = redirect(appeal if is_still_visible else "appeals:list")
    return HttpResponseClientRedirect(there.url) if _is_part(request) else there


def _is_part(request: CadreRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == PANEL
