"""Signed links as officials handle them: the list of an enterprise's, making, renewing and revoking one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import segno
from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from appeals import links
from appeals.forms.links import MakeLinkForm
from appeals.models import EnterpriseLink
from cadres.http import CadreRequest, posted
from cadres.rights import require
from enterprises.models import Enterprise
from workflow.links import STATE_COLOURS, State

if TYPE_CHECKING:
    from django.http import HttpResponse


NOT_FOR_YOU: Final = "企业链接由驻企特派专员或助企办生成和撤销。"
SHOWN: Final = 50
RENEWED_FOR: Final = 90


@require_http_methods(["GET", "HEAD", "POST"])
def link_list(request: CadreRequest, pk: int) -> HttpResponse:
    """The enterprise's links, and the form for a new one, whose address is shown in the answer and never again."""
    enterprise = _enterprise(request, pk)
    form = MakeLinkForm(posted(request))
    if form.is_bound and form.is_valid():
        try:
            link, token = links.make(enterprise, by=request.user, now=timezone.now(), **form.cleaned_data)
        except links.LinkError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _made(request, link, token)
    context = {
        "title": "企业链接",
        "enterprise": enterprise,
        "form": form,
        "contacts": links.contacts_of(enterprise),
        "rows": _rows(enterprise),
    }
    return render(request, "appeals/link_list.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: CadreRequest, pk: int) -> HttpResponse:
    link = _link(request, pk)
    if links.revoke(link, by=request.user, now=timezone.now()):
        messages.success(request, "链接已撤销，这个地址和二维码不能再打开")
    else:
        messages.info(request, "链接早已撤销")
    return redirect("appeals:links", link.enterprise_id)


@require_POST
def renew(request: CadreRequest, pk: int) -> HttpResponse:
    link = _link(request, pk)
    try:
        links.renew(link, days=RENEWED_FOR, by=request.user, now=timezone.now())
    except links.LinkError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已延期 {RENEWED_FOR} 天，地址和二维码不变")
    return redirect("appeals:links", link.enterprise_id)


def _made(request: CadreRequest, link: EnterpriseLink, token: str) -> HttpResponse:
    """The sheet to print or to send on. The picture is part of the page: nobody can fetch it again."""
    path = reverse("appeals:enterprise_page", args=(token,))
    address = f"{settings.PUBLIC_ADDRESS}{path}" if settings.HTTPS else request.build_absolute_uri(path)
    picture = segno.make(address, error="m").svg_data_uri(scale=6, border=2)
    context = {"title": "企业诉求进度查询", "link": link, "address": address, "picture": picture}
    response = render(request, "appeals/link_made.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _rows(enterprise: Enterprise) -> list[EnterpriseLink]:
    """Each with `state`, its words, and its colour."""
    now = timezone.now()
    rows = list(
        EnterpriseLink.objects.filter(enterprise=enterprise).select_related(
            "made_by", "made_by_deputy", "revoked_by", "revoked_by_deputy"
        )[:SHOWN]
    )
    for row in rows:
        state = row.state_at(now)
        row.state, row.colour = state.label, STATE_COLOURS[state]
        row.is_over = state is State.REVOKED
    return rows


def _enterprise(request: CadreRequest, pk: int) -> Enterprise:
    enterprise = get_object_or_404(Enterprise.objects.visible_to(request.user), pk=pk)
    require(request.user, "appeals.make_link", NOT_FOR_YOU)
    return enterprise


def _link(request: CadreRequest, pk: int) -> EnterpriseLink:
    scope = EnterpriseLink.objects.visible_to(request.user).select_related("enterprise")
    link: EnterpriseLink = get_object_or_404(scope, pk=pk)
    require(request.user, "appeals.make_link", NOT_FOR_YOU)
    return link
