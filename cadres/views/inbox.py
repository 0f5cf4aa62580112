"""The inbox: what a cadre was told, newest first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cadres import acting
from cadres.acting import own
from cadres.http import CadreRequest
from cadres.listing import FilterForm, Tab, build
from cadres.models import Deputyship, Message

UNREAD, READ = "unread", "read"


class InboxFilter(FilterForm):
    dates = "收到日期"
    q = forms.CharField(label="关键词", max_length=60)
    status = forms.ChoiceField(
        choices=[("", "全部"), (UNREAD, "未读"), (READ, "已读")], label="状态", widget=forms.HiddenInput
    )

    def narrow(self, queryset: Any, values: dict[str, Any]) -> Any:
        if values["q"]:
            queryset = queryset.filter(outbox__subject__icontains=values["q"])
        if values["status"]:
            queryset = queryset.filter(read_at__isnull=values["status"] == UNREAD)
        if values["from"]:
            queryset = queryset.filter(at__date__gte=values["from"])
        if values["to"]:
            queryset = queryset.filter(at__date__lte=values["to"])
        return queryset


@own
@require_safe
def inbox(request: CadreRequest) -> HttpResponse:
    mine = Message.objects.visible_to(request.user)
    rows = mine.select_related("outbox", "mail", "on_behalf_of")
    form = InboxFilter(request.GET, cadre=request.user)
    listing = build(request, rows, form, sorts={"at": ("-at", "-pk")}, default_sort="at")
    unread = mine.unread()[:1000].count()
    tabs = listing.tabs("status", [Tab("", "全部"), Tab(UNREAD, "未读", unread, hot=True), Tab(READ, "已读")])
    context = {"title": "消息", "tabs": tabs, "unread": unread, "empty_text": "没有消息"}
    return listing.render("cadres/inbox.html", context)


@own
@require_safe
def message(request: CadreRequest, pk: int) -> HttpResponse:
    """Open a message: it is read from now on, and leads to what it is about."""
    mine = Message.objects.visible_to(request.user).select_related("outbox", "on_behalf_of")
    found = get_object_or_404(mine, pk=pk)
    Message.objects.filter(pk=found.pk, read_at=None).update(read_at=timezone.now())
    if found.on_behalf_of is None or not found.outbox.url or acting.capacity(request) == found.on_behalf_of:
        return redirect(found.outbox.url or "cadres:inbox")
    return _offer_to_act(request, found)


def _offer_to_act(request: CadreRequest, found: Message) -> HttpResponse:
    """A deputy opens what is the principal's: that is seen while acting for the principal."""
    running = Deputyship.objects.in_force(timezone.localdate()).select_related("principal")
    row = running.filter(principal=found.on_behalf_of, deputy=request.user).first()
    if row is None:
        notes.warning(request, f"你代理{found.on_behalf_of}的期限已过，不能再打开这条消息所说的内容。")
        return redirect("cadres:inbox")
    context = {"title": found.subject, "text": found.outbox.body, "row": row, "next": found.outbox.url}
    return render(request, "cadres/message_of_principal.html", context)


@own
@require_POST
def read_all(request: CadreRequest) -> HttpResponse:
    count = Message.objects.visible_to(request.user).unread().update(read_at=timezone.now())
    notes.success(request, f"已将 {count} 条消息标为已读")
    return redirect("cadres:inbox")
