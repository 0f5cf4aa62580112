"""An enterprise's contacts: new, edited, ended, and shown in full to those who may see personal data."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from cadres.http import CadreRequest, posted
from cadres.rights import require
from enterprises import contacts
from enterprises.forms import ContactForm
from enterprises.models import Contact, Enterprise

EDITS: Final = "enterprises.change_contact"
WHO_EDITS: Final = "只有办公室、专员和包联领导可以维护联系人。"
UNMASKS: Final = "enterprises.unmask_contact"
WHO_UNMASKS: Final = "你的角色不能查看完整的联系方式，请联系该企业的专员或办公室。"


@require_http_methods(["GET", "HEAD", "POST"])
def new_contact(request: CadreRequest, pk: int) -> HttpResponse:
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.user), pk=pk)
    require(request.user, EDITS, WHO_EDITS)
    form = ContactForm(posted(request), enterprise=enterprise)
    if request.method == "POST" and form.is_valid():
        form.keep()
        messages.success(request, f"已为“{enterprise}”新增联系人。")
        return redirect(enterprise)
    return _form_page(request, form, "新增联系人")


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def edit_contact(request: CadreRequest, pk: int) -> HttpResponse:
    scope = Contact.objects.visible_to(request.user).current().select_related("enterprise")
    contact = get_object_or_404(scope, pk=pk)
    require(request.user, EDITS, WHO_EDITS)
    if request.method == "POST":
        contacts.lock(contact.enterprise)
        contact = get_object_or_404(scope, pk=pk)
    form = ContactForm(posted(request), instance=contact, enterprise=contact.enterprise)
    if request.method == "POST" and form.is_valid():
        form.keep()
        messages.success(request, f"已保存“{contact.enterprise}”的联系人。")
        return redirect(contact.enterprise)
    return _form_page(request, form, "编辑联系人")


@require_http_methods(["GET", "HEAD", "POST"])
def end_contact(request: CadreRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("enterprise"), pk=pk)
    require(request.user, EDITS, WHO_EDITS)
    if request.method == "POST":
        if contacts.end(contact, timezone.localdate()):
            messages.success(request, f"已停用联系人{contact.masked_name or contact.masked_phone}。")
        else:
            messages.warning(request, "该联系人已由他人停用。")
        return redirect(contact.enterprise)
    context = {
        "title": "停用联系人",
        "question": f"停用“{contact.enterprise}”的联系人 {contact.masked}？停用后仍保留在历史中。",
        "verb": "确认停用",
        "cancel_url": contact.enterprise.get_absolute_url(),
        "is_dangerous": True,
    }
    return render(request, "layouts/confirm.html", context)


@require_POST
def reveal_contact(request: CadreRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("enterprise"), pk=pk)
    require(request.user, UNMASKS, WHO_UNMASKS)
    return _reveal(request, contact.enterprise, contact)


@require_POST
def reveal_representative(request: CadreRequest, pk: int) -> HttpResponse:
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.user), pk=pk)
    require(request.user, UNMASKS, WHO_UNMASKS)
    return _reveal(request, enterprise, None)


def _reveal(request: CadreRequest, enterprise: Enterprise, contact: Contact | None) -> HttpResponse:
    """In place for htmx; without scripts a page that says the same."""
    shown = contacts.reveal(request, enterprise, contact)
    context = {"title": "完整联系方式", "enterprise": enterprise, "contact": contact, "shown": shown}
    page = "_contact_revealed" if request.htmx else "contact_revealed"
    return render(request, f"enterprises/{page}.html", context)


def _form_page(request: CadreRequest, form: ContactForm, title: str) -> HttpResponse:
    context = {"title": title, "form": form, "enterprise": form.instance.enterprise}
    return render(request, "enterprises/contact_form.html", context, status=422 if form.errors else 200)
