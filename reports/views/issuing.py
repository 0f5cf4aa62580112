"""What the office does with a bulletin besides signing: edit its text, issue it, correct it, keep its recipients."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from cadres.http import CadreRequest, posted
from cadres.models import Region, signed
from cadres.rights import require
from reports import briefing, correcting, issuing, redaction
from reports.briefing_forms import CorrectionForm, RecipientForm, TextForm
from reports.models import Briefing, Recipient
from reports.views.briefings import MAY_SIGN, own


@require_http_methods(["GET", "HEAD", "POST"])
def edit_text(request: CadreRequest, pk: int) -> HttpResponse:
    """The text that was made stands beside the one that is edited; who comes second sees what the first wrote."""
    issue = own(request, pk)
    if issue.is_signed:
        messages.error(request, "通报已经签发，正文不能再改。")
        return redirect(issue)
    form = TextForm(issue, issue.edit, posted(request))
    others = None
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, issue, form)
        except briefing.SigningError as error:
            messages.error(request, str(error))
            return redirect(issue)
        except redaction.EditedMeanwhileError as error:
            form.add_error(None, str(error))
            others = issue.edit
            form.show(others)
        else:
            messages.success(request, "正文已保存")
            return redirect(issue)
    context = {
        "title": "修改正文",
        "form": form,
        "briefing": issue,
        "others": others,
        "submit_label": "保存正文",
        "cancel_url": issue.get_absolute_url(),
    }
    return render(request, "reports/briefing_text.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: CadreRequest, pk: int) -> HttpResponse:
    """GET shows to whom it goes; POST sends it, once."""
    found = own(request, pk)
    if request.method == "POST":
        try:
            issuing.issue(found, now=timezone.now(), by=request.user)
        except issuing.IssuingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"已印发给 {found.receipts.count()} 人，Excel 随邮件发送")
        return redirect(found)
    context = {
        "title": "印发通报",
        "question": f"确认印发《{found}》？只能印发一次。",
        "verb": "确认印发",
        "cancel_url": found.get_absolute_url(),
        "briefing": found,
        "cadres": issuing.recipients(found.region),
    }
    return render(request, "reports/briefing_issue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: CadreRequest, pk: int) -> HttpResponse:
    """Draw up a further version of a signed bulletin, counted as it is known now."""
    found = own(request, pk)
    form = CorrectionForm(found, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            draft = correcting.correct(found, **form.cleaned_data, now=timezone.now(), by=request.user)
        except briefing.SigningError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "更正稿已生成，请核对后签发")
            return redirect(draft)
    context = {
        "title": "更正通报",
        "form": form,
        "briefing": found,
        "submit_label": "生成更正稿",
        "cancel_url": found.get_absolute_url(),
    }
    return render(request, "reports/briefing_correct.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def recipients(request: CadreRequest) -> HttpResponse:
    """To whom the bulletins of the office's own region are issued."""
    region = _own_region(request)
    form = RecipientForm(request.user, posted(request))
    if request.method == "POST" and form.is_valid():
        cadre = form.cleaned_data["who"]
        values = {"added_by": request.user, "added_at": timezone.now()}
        Recipient.objects.get_or_create(region=region, cadre=cadre, removed_at=None, defaults=values)
        messages.success(request, f"已将{cadre}列入发送名单")
        return redirect("reports:recipients")
    context = {
        "title": "通报发送名单",
        "form": form,
        "region": region,
        "listed": Recipient.objects.current(region),
        "cadres": issuing.recipients(region),
    }
    return render(request, "reports/recipients.html", context, status=422 if form.errors else 200)


@require_POST
def remove_recipient(request: CadreRequest, pk: int) -> HttpResponse:
    region = _own_region(request)
    found = get_object_or_404(Recipient.objects.current(region), pk=pk)
    removed = {"removed_at": timezone.now(), **signed("removed_by", request.user)}
    Recipient.objects.filter(pk=found.pk, removed_at=None).update(**removed)
    messages.success(request, f"已将{found.cadre}移出发送名单")
    return redirect("reports:recipients")


def _own_region(request: CadreRequest) -> Region:
    require(request.user, briefing.SIGN, MAY_SIGN)
    if request.user.region is None:
        raise PermissionDenied(MAY_SIGN)
    return request.user.region


def _save(request: CadreRequest, issue: Briefing, form: TextForm) -> None:
    values = form.cleaned_data
    redaction.edit(
        issue,
        values["text"],
        seen=values["seen"],
        seen_at=values["seen_at"],
        figures=values["figures"],
        now=timezone.now(),
        by=request.user,
    )
