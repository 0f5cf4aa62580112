"""The supervisor's queue: what the ladder has raised, most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.utils import timezone

from appeals import escalation
from appeals.filters import ENDED, EVERY, EscalationFilter
from appeals.views.lists import rows_of
from appeals.workflow import FINAL
from cadres.listing import COUNTED_TO, Tab, build
from cadres.roles import REGIONAL

if TYPE_CHECKING:
    from django.http import HttpResponse

    from appeals.models import AppealQuerySet
    from cadres.http import CadreRequest
    from cadres.listing import Listing

SORTS: Final = {
    "level": ("level", F("due_at").desc(nulls_first=True)),
    "due": (F("due_at").asc(nulls_last=True),),
}
NOT_FOR_YOU: Final = "升级督办由督查、领导和助企办查看。"


def escalations(request: CadreRequest) -> HttpResponse:
    if not request.user.holds(*REGIONAL):
        raise PermissionDenied(NOT_FOR_YOU)
    now = timezone.now()
    scope = rows_of(request.user, now).escalated(now)
    form = EscalationFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope, form, sorts=SORTS, default_sort="-level")
    seen = escalation.outlooks(listing.rows, now)
    for row in listing.rows:
        row.outlook = seen[row.pk]
    context = {
        "title": "升级督办",
        "now": now,
        "tabs": listing.tabs("status", _tabs(listing, scope)),
        "empty_text": "没有升级督办的诉求",
        "empty_hint": "超期、久拖不办的诉求会自动出现在这里",
    }
    return listing.render("appeals/appeal_escalations.html", context)


def _tabs(listing: Listing, scope: AppealQuerySet) -> list[Tab]:
    if listing.complaints:
        return [Tab("", "待处理"), Tab(ENDED, "已办结"), Tab(EVERY, "全部")]
    found = listing.form.narrow_but_status(scope, listing.form.cleaned_data).order_by()  # type: ignore[attr-defined]
    running = found.open()[: COUNTED_TO + 1].count()
    ended = found.filter(status__in=FINAL)[: COUNTED_TO + 1].count()
    return [
        Tab("", "待处理", running, hot=True),
        Tab(ENDED, "已办结", ended),
        Tab(EVERY, "全部", min(running + ended, COUNTED_TO + 1)),
    ]
