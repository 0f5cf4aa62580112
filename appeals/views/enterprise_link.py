"""What an enterprise sees behind its signed link: its own appeals, and the way to say what it thinks of an answer.

The pages are open to the internet. They tell nothing to who has not both the token and a contact's last four digits,
and one sentence to who has a token that is none, has run out, was revoked or leads elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from appeals import links, progress
from appeals.forms.links import ANSWER_FORMS, DigitsForm
from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Department
from cadres.roles import Role
from enterprises.models import Contact
from workflow.links import Verdict
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appeals.forms.links import AnswerForm
    from appeals.models import AppealQuerySet, EnterpriseLink

SHOWN: Final = 50
SALT: Final = "appeals.link"
TRY_AGAIN: Final = "与登记的联系人电话不符，请核对后再试。多次不符会暂时锁定。"
LOCKED: Final = "多次不符，链接已暂时锁定，请一小时后再试，或联系你的驻企特派专员。"
NOT_FOR_OFFICIALS: Final = "你已登录为工作人员，只能查看，不能替企业答复。请由企业联系人在自己的手机上打开。"


@dataclass(frozen=True)
class Guest:
    """Who came by a link: a contact of the enterprise, or an official who looks at what it sees."""

    link: EnterpriseLink
    contact: Contact
    token: str
    now: datetime
    is_official: bool


def by_link(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for guests of a link that is good, who are asked once per browser whose link it is."""

    @login_not_required  # enterprises have no account: token and digits are what lets them in
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(page)
    def view(request: HttpRequest, token: str, **words: Any) -> HttpResponse:
        now = timezone.now()
        link = links.find(token, address=request.META["REMOTE_ADDR"], now=now)
        if link is None:
            return _kept_private(_gone(request))
        contact = _recognised(request, link)
        if contact is None:
            return _kept_private(_ask(request, link, now))
        guest = Guest(link, contact, token, now, request.user.is_authenticated)
        return _kept_private(page(request, guest, **words))

    return view


@by_link
def enterprise_page(request: HttpRequest, guest: Guest) -> HttpResponse:
    _note_opening(request, guest)
    rows = list(_appeals(guest).select_related("lead").defer("description", "reply").order_by("-pk")[: SHOWN + 1])
    for row in rows:
        row.words = progress.status_words(row)  # type: ignore[attr-defined]
    waiting = [row for row in rows if row.status == Status.CONFIRMING]
    context = {
        "guest": guest,
        "waiting": waiting,
        "others": [row for row in rows[:SHOWN] if row.status != Status.CONFIRMING],
        "has_more": len(rows) > SHOWN,
    }
    return render(request, "appeals/link_page.html", context)


@by_link
def enterprise_appeal(request: HttpRequest, guest: Guest, pk: int) -> HttpResponse:
    """One appeal, and while it waits for the enterprise's word the forms for it."""
    appeal = _appeals(guest).select_related("lead", "category").filter(pk=pk).first()
    if appeal is None:
        return _gone(request)
    if request.method == "POST":
        return _answer(request, guest, appeal)
    _note_opening(request, guest)
    return _show(request, guest, appeal)


def _answer(request: HttpRequest, guest: Guest, appeal: Appeal) -> HttpResponse:
    if guest.is_official:
        return _show(request, guest, appeal, complaint=NOT_FOR_OFFICIALS, status=403)
    kind = ANSWER_FORMS.get(request.POST.get("act", ""))
    if kind is None:
        return _show(request, guest, appeal, status=422)
    form = kind(request.POST, appeal=appeal)
    if not form.is_valid():
        return _show(request, guest, appeal, refused=form, status=422)
    try:
        links.answer(guest.link, appeal, form.name, contact=guest.contact, now=guest.now, **form.cleaned_data)
    except links.NoLongerValidError:
        return _gone(request)
    except IllegalStepError:
        appeal.refresh_from_db()
        return _show(request, guest, appeal, complaint=links.why_not(appeal), status=409)
    return redirect("appeals:enterprise_appeal", guest.token, appeal.pk)


def _show(
    request: HttpRequest,
    guest: Guest,
    appeal: Appeal,
    *,
    refused: AnswerForm | None = None,
    complaint: str = "",
    status: int = 200,
) -> HttpResponse:
    forms: dict[str, AnswerForm] = {}
    if appeal.status == Status.CONFIRMING and not guest.is_official:
        forms = {name: kind(appeal=appeal) for name, kind in ANSWER_FORMS.items()}
    if refused and forms:
        forms[refused.name] = refused
    events = appeal.events.select_related("cadre__department", "on_behalf_of__department")
    context = {
        "guest": guest,
        "appeal": appeal,
        "words": progress.status_words(appeal),
        "unit": progress.unit_of(appeal),
        "reply": progress.reply_of(appeal),
        "entries": progress.milestones(appeal, events),
        "forms": forms,
        "refused": refused,
        "complaint": complaint or (NOT_FOR_OFFICIALS if guest.is_official else ""),
    }
    return render(request, "appeals/link_appeal.html", context, status=status)


def _appeals(guest: Guest) -> AppealQuerySet:
    """The enterprise's own, once they were submitted."""
    return Appeal.objects.submitted().filter(enterprise=guest.link.enterprise)


def _note_opening(request: HttpRequest, guest: Guest) -> None:
    if request.method == "GET" and not guest.is_official:
        links.note_opening(guest.link, guest.now)


def _ask(request: HttpRequest, link: EnterpriseLink, now: datetime) -> HttpResponse:
    """Ask for the digits, a few times. What is asked for is not said before it was given."""
    form = DigitsForm(request.POST if "digits" in request.POST else None)
    complaint, status = "", 200
    if form.is_bound and form.is_valid():
        found = links.recognise(link, form.cleaned_data["digits"], request=request, now=now)
        if isinstance(found, Contact):
            return _remember(redirect(request.path), link, found, now)
        if found is Verdict.GONE:
            return _gone(request)
        complaint, status = (LOCKED, 429) if found is Verdict.LOCKED else (TRY_AGAIN, 422)
    context = {"form": form, "complaint": complaint, "can_ask": bool(links.contacts_of(link.enterprise))}
    return render(request, "appeals/link_digits.html", context, status=422 if form.errors else status)


def _remember(response: HttpResponse, link: EnterpriseLink, contact: Contact, now: datetime) -> HttpResponse:
    """For as long as the link lasts, this browser is not asked again. The cookie does not hold the token."""
    response.set_cookie(
        _cookie(link),
        signing.dumps([link.pk, contact.pk, _fingerprint(contact)], salt=SALT),
        max_age=link.expires_at - now,
        path="/",  # as the prefix of its name demands
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _recognised(request: HttpRequest, link: EnterpriseLink) -> Contact | None:
    """The contact whom this browser was recognised as, if they are one still and have the same number."""
    try:
        link_pk, contact_pk, fingerprint = signing.loads(request.COOKIES.get(_cookie(link), ""), salt=SALT)
    except signing.BadSignature:
        return None
    contact = next((one for one in links.contacts_of(link.enterprise) if one.pk == contact_pk), None)
    is_same = contact is not None and link_pk == link.pk and _fingerprint(contact) == fingerprint
    return contact if is_same else None


def _cookie(link: EnterpriseLink) -> str:
    return f"{settings.COOKIE_PREFIX}enterprise-link-{link.pk}"


def _fingerprint(contact: Contact) -> str:
    return salted_hmac(SALT, contact.phone).hexdigest()[:16]


def _gone(request: HttpRequest) -> HttpResponse:
    """One page for whatever is wrong with a token, so that nothing is learnt from trying."""
    offices = Department.objects.current().filter(region__parent=None).exclude(duty_phone="")
    office = offices.filter(cadres__groups__name=Role.OFFICE).order_by("pk").first()
    return render(request, "appeals/link_gone.html", {"office": office}, status=404)


def _kept_private(response: HttpResponse) -> HttpResponse:
    """In no cache, in no search engine, and the address in no log of what the page loads.

    Not no-referrer: with it browsers say `Origin: null` of a form, which the protection against forgery refuses.
    """
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "strict-origin"
    return response
