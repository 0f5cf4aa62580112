"""E-mail: each cadre's own choice and address, and for the system administrator how the sending goes."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages as notes
from django.core import signing
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadres import addresses, audit
from cadres import mail as mailing
from cadres.acting import own
from cadres.hints import hint
from cadres.http import CadreRequest, posted
from cadres.listing import FilterForm, build
from cadres.models import AuditRow, Cadre, Mail, MailManner
from cadres.rights import require
from cadres.tasks import send_mail

NOT_FOR_YOU: Final = "只有系统管理员可以查看邮件发送情况。"


class MannerForm(forms.ModelForm[Cadre]):
    """Which notices come by e-mail; the inbox gets all of them anyway."""

    mail_manner = forms.ChoiceField(label="发到邮箱的消息", choices=MailManner.choices)

    class Meta:
        model = Cadre
        fields = ("mail_manner",)


class AddressForm(forms.Form):
    """A new address of one's own, which counts once the mail that goes there has been answered."""

    email = forms.EmailField(label="新邮箱", max_length=254, help_text="确认邮件会发到这个邮箱，打开其中的地址后生效")

    def __init__(self, *args: Any, cadre: Cadre, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cadre = cadre

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if email == self.cadre.email:
            raise forms.ValidationError("这就是你现在的邮箱")
        if addresses.asked_too_often(self.cadre, timezone.now()):
            raise forms.ValidationError("确认邮件发得太多，请一小时后再试")
        return email


@own
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: CadreRequest) -> HttpResponse:
    """Two forms: how, and where to."""
    asks_address = "email" in request.POST
    data = posted(request)
    form = MannerForm(None if asks_address else data, instance=request.user)
    address = AddressForm(data if asks_address else None, cadre=request.user)
    if address.is_bound and mailing.is_on() and address.is_valid():
        addresses.ask(request.user, address.cleaned_data["email"], now=timezone.now())
        notes.success(request, f"确认邮件将发到 {address.cleaned_data['email']}，请在 1 小时内打开")
        return redirect("cadres:mail_settings")
    if form.is_bound and form.is_valid():
        form.save()
        notes.success(request, "邮件提醒已保存")
        return redirect("cadres:mail_settings")
    context = {"title": "邮件提醒", "form": form, "address_form": address, "is_on": mailing.is_on()}
    refused = form.errors or address.errors
    return render(request, "cadres/mail_settings.html", context, status=422 if refused else 200)


@own
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: CadreRequest, signed: str) -> HttpResponse:
    """The answer to the mail: shown first, so that a mail scanner that follows links changes nothing."""
    try:
        email = addresses.read(signed, of=request.user)
    except signing.BadSignature:
        notes.error(request, "确认链接已失效或不是发给你的，请重新填写邮箱。")
        return redirect("cadres:mail_settings")
    if request.method == "POST":
        addresses.change(request.user, email)
        audit.record(AuditRow.Action.ADDRESS, cadre=request.user, request=request)
        notes.success(request, f"邮箱已改为 {email}")
        return redirect("cadres:mail_settings")
    question = f"把你的邮箱改为 {email}？"
    context = {"title": "确认邮箱", "question": question, "verb": "确认", "cancel_url": reverse("cadres:mail_settings")}
    return render(request, "layouts/confirm.html", context)


class MailFilter(FilterForm):
    dates = "产生日期"
    q = forms.CharField(label="收件人", max_length=60)
    state = forms.ChoiceField(label="状态", choices=[("", "全部"), *Mail.State.choices])
    kind = forms.ChoiceField(label="类型", choices=[("", "全部"), *Mail.Kind.choices])

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if wanted := values["q"].strip():
            queryset = queryset.filter(Q(recipient__name__icontains=wanted) | Q(recipient__username__icontains=wanted))
        for field in ("state", "kind"):
            if values[field]:
                queryset = queryset.filter(**{field: values[field]})
        if values["from"]:
            queryset = queryset.filter(made_at__date__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(made_at__date__lte=values["to"])
        return queryset


@require_safe
def mails(request: CadreRequest) -> HttpResponse:
    require(request.user, "cadres.view_mail", NOT_FOR_YOU)
    rows = Mail.objects.visible_to(request.user).select_related("recipient__department")
    form = MailFilter(request.GET, cadre=request.user)
    listing = build(request, rows, form, sorts={"made": ("made_at", "pk")}, default_sort="-made")
    context = {"title": "邮件发送", "is_on": mailing.is_on(), "empty_text": "还没有邮件"}
    return listing.render("cadres/mails.html", context)


@require_POST
def retry(request: CadreRequest, pk: int) -> HttpResponse:
    """Try a failed mail once more, from the beginning."""
    require(request.user, "cadres.view_mail", NOT_FOR_YOU)
    mail = get_object_or_404(Mail.objects.visible_to(request.user), pk=pk)
    failed = Mail.objects.filter(pk=mail.pk, state=Mail.State.FAILED)
    if failed.update(state=Mail.State.WAITING, attempts=0, due_at=timezone.now()):
        hint(send_mail)
        notes.success(request, f"将重新发给 {mail.recipient}")
    else:
        notes.info(request, "这封邮件不需要重发")
    return redirect("cadres:mails")
