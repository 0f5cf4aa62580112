"""Registering an appeal: choosing the enterprise, the form, changing a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from appeals import papers, registration
from appeals.forms import AppealForm
from appeals.models import Attachment
from appeals.views.cases import visible
from appeals.workflow import Status
from cadres.http import CadreRequest, posted, uploaded
from cadres.rights import require
from enterprises.models import Enterprise
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from django.http import HttpResponse

    from appeals.models import Appeal

NOT_FOR_YOU: Final = "登记诉求由驻企特派专员、包联领导或助企办办理。"
SHOWN: Final = 20
LONGEST_KEY: Final = 18


def new(request: CadreRequest) -> HttpResponse:
    """Without an enterprise, the choice of one; with it, the form."""
    require(request.user, "appeals.submit_appeal", NOT_FOR_YOU)
    enterprise = _enterprise(request)
    if enterprise is None:
        return _choose(request)
    form = AppealForm(*_sent(request))
    if form.is_bound and form.is_valid():
        return _registered(request, enterprise, form)
    context = {"title": "登记诉求", "form": form, "enterprise": enterprise, "draft_object": f"new-{enterprise.pk}"}
    return render(request, "appeals/appeal_form.html", context, status=422 if form.is_bound else 200)


def edit(request: CadreRequest, pk: int) -> HttpResponse:
    """Change one's own draft, or submit it."""
    draft = visible(request, pk)
    if draft.registered_by_id != request.user.pk:
        raise PermissionDenied("只有登记人可以修改自己的草稿。")
    if draft.status != Status.DRAFT:
        messages.info(request, f"这份草稿已提交，现为“{draft.status_label}”，不能再改。")
        return redirect(draft)
    form = AppealForm(*_sent(request), draft=draft)
    if form.is_bound and form.is_valid() and _revise(request, draft, form):
        return redirect(draft)
    context = {
        "title": "修改草稿",
        "form": form,
        "enterprise": draft.enterprise,
        "draft_object": draft.pk,
        "draft": draft,
    }
    return render(request, "appeals/appeal_form.html", context, status=422 if form.is_bound else 200)


def _sent(request: CadreRequest) -> tuple[Any, Any]:
    return (posted(request), uploaded(request))


def _enterprise(request: CadreRequest) -> Enterprise | None:
    """The enterprise that the address or the form names; not found outside the scope."""
    asked = request.POST.get("enterprise") or request.GET.get("enterprise")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) < LONGEST_KEY):
        raise Http404
    scope = Enterprise.objects.visible_to(request.user).select_related("region__parent")
    return get_object_or_404(scope, pk=int(asked))


def _choose(request: CadreRequest) -> HttpResponse:
    """A search box over the scope; before anything is typed, who waits longest for a visit."""
    asked = request.GET.get("q", "").strip()[:60]
    scope = Enterprise.objects.visible_to(request.user).select_related("region__parent")
    found = scope.search(asked) if asked else scope
    rows = list(found.order_by(F("last_contact_on").asc(nulls_first=True), "pk")[: SHOWN + 1])
    own = "辖区" if request.user.region_scope else "你负责的企业"
    context = {"title": "登记诉求", "q": asked, "rows": rows[:SHOWN], "has_more": len(rows) > SHOWN, "own": own}
    part = bool(request.htmx) and request.htmx.target == "found" and not request.htmx.history_restore_request
    return render(request, "appeals/appeal_choose.html#found" if part else "appeals/appeal_choose.html", context)


def _registered(request: CadreRequest, enterprise: Enterprise, form: AppealForm) -> HttpResponse:
    appeal = registration.register(
        enterprise,
        by=request.user,
        now=timezone.now(),
        submit=not form.is_draft,
        client_id=form.cleaned_data["client_id"],
        **form.columns,
    )
    _attach(request, appeal, form)
    messages.success(request, f"已提交，编号 {appeal.number}" if appeal.number else "草稿已保存")
    return redirect(appeal)


def _attach(request: CadreRequest, appeal: Appeal, form: AppealForm) -> None:
    given_with = Attachment.With.REGISTRATION
    papers.attach(appeal, form.cleaned_data["uploads"], by=request.user, now=timezone.now(), given_with=given_with)


def _revise(request: CadreRequest, draft: Appeal, form: AppealForm) -> bool:
    """Save the draft, and submit it unless it is to stay one; False with the reason among the form's errors."""
    try:
        registration.revise(draft, by=request.user, version=form.cleaned_data["version"], **form.columns)
        if not form.is_draft:
            draft.take("submit", by=Actor.of(request.user), now=timezone.now())
    except IllegalStepError as refusal:
        form.add_error(None, str(refusal))
        return False
    _attach(request, draft, form)
    messages.success(request, f"已提交，编号 {draft.number}" if draft.number else "草稿已保存")
    return True
