"""Drafts of visits: saved while typing, taken up again, given up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cadres.http import CadreRequest
from visits.client_ids import ForeignClientIdError
from visits.drafts import AlreadyLoggedError, save_draft
from visits.photos import give_up
from visits.rights import require_logging
from visits.typed import Typed
from visits.views.entry import as_uuid, drafts_of, visible_enterprise


@require_safe
def drafts(request: CadreRequest) -> HttpResponse:
    require_logging(request.user)
    return render(request, "visits/draft_list.html", {"title": "未提交的草稿", "drafts": drafts_of(request.user)})


@require_POST
def save(request: CadreRequest) -> HttpResponse:
    """Keep the whole form as far as it is typed; 409 where its visit is stored already."""
    require_logging(request.user)
    typed = Typed.sent(request.POST)
    enterprise = visible_enterprise(request.user, typed.fields.get("enterprise", ""))
    if typed.client_id is None:
        return HttpResponseBadRequest()
    try:
        save_draft(typed.client_id, typed, enterprise, by=request.user, now=timezone.now())
    except (AlreadyLoggedError, ForeignClientIdError):
        return HttpResponse(status=409)
    return HttpResponse(status=204)


@require_POST
def discard(request: CadreRequest) -> HttpResponse:
    require_logging(request.user)
    draft = get_object_or_404(drafts_of(request.user), client_id=as_uuid(request.POST.get("client_id", "")))
    give_up(draft)
    messages.success(request, "草稿已放弃")
    if request.POST.get("then") == "form":
        return redirect(f"{reverse('visits:new')}?enterprise={draft.enterprise_id}")
    return redirect("visits:list")
