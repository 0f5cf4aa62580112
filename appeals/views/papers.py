"""Comments and files of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appeals import papers
from appeals.forms.papers import CommentForm, VoidForm
from appeals.models import Attachment
from appeals.views.cases import PAGE, context_of, visible
from appeals.views.lists import NOT_FOR_YOU
from appeals.workflow import OPEN, Status
from cadres import audit
from cadres.http import CadreRequest, posted
from cadres.rights import require
from cadres.uploads import serve
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase


NO_COMMENT: Final = "留言由经办诉求的同志填写，诉求结束后不能再留言。"
NOT_YOURS: Final = "只有上传人可以作废附件，诉求结束后不能再作废；批示件不能作废，请撤销批示。"


@require_POST
def comment(request: CadreRequest, pk: int) -> HttpResponse:
    appeal = visible(request, pk)
    if not papers.may_comment(request.user, appeal):
        raise PermissionDenied(NO_COMMENT)
    form, now = CommentForm(request.POST, request.FILES), timezone.now()
    if form.is_valid():
        said = {"client_id": form.cleaned_data["client_id"], "files": form.cleaned_data["uploads"]}
        try:
            papers.comment(appeal, form.cleaned_data["text"], by=request.user, now=now, **said)
        except IllegalStepError as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, "已留言")
        return redirect(appeal)
    context = context_of(appeal, request.user, now) | {"comment_form": form}
    return render(request, PAGE, context, status=422)


@require_GET
def file(request: CadreRequest, pk: int) -> HttpResponseBase:
    """A file through the scope; what was declared void is not found. Who opens a leader's paper is on record."""
    require(request.user, "appeals.view_appeal", NOT_FOR_YOU)
    found = get_object_or_404(Attachment.objects.visible_to(request.user).valid(), pk=pk)
    if found.given_with == Attachment.With.INSTRUCTION:
        audit.record(audit.Action.DOWNLOAD, cadre=request.user, subject=f"批示件 {found.name}"[:200], request=request)
    return serve(request, found, as_attachment=False)


@require_http_methods(["GET", "POST"])
def void(request: CadreRequest, pk: int) -> HttpResponse:
    require(request.user, "appeals.view_appeal", NOT_FOR_YOU)
    scope = Attachment.objects.visible_to(request.user).valid().select_related("appeal")
    found = get_object_or_404(scope, pk=pk)
    if not may_void(found, request.user.pk):
        raise PermissionDenied(NOT_YOURS)
    form = VoidForm(posted(request))
    if form.is_bound and form.is_valid():
        found.void(form.cleaned_data["reason"], timezone.now())
        messages.success(request, f"已作废附件“{found.name}”")
        return redirect(found.appeal)
    context = {
        "title": f"作废附件“{found.name}”",
        "form": form,
        "submit_label": "作废附件",
        "cancel_url": found.appeal.get_absolute_url(),
    }
    return render(request, "appeals/attachment_void.html", context, status=422 if form.is_bound else 200)


def may_void(found: Attachment, cadre: int) -> bool:
    """Its uploader, while the case is under way; a leader's paper goes only with the instruction, by revoking it."""
    is_paper = found.given_with == Attachment.With.INSTRUCTION
    return not is_paper and found.uploaded_by_id == cadre and found.appeal.status in {*OPEN, Status.DRAFT}
