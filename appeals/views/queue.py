"""The supervisor's queue: what the ladder has raised, most urgent first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef
from django.utils import timezone

from appeals import escalation
from appeals.filters import ENDED, EVERY, SUPERVISED, EscalationFilter
from appeals.instructing.rules import GIVE
from appeals.models import Event, Instruction, Order
from appeals.models.queries import LOWEST_FIRST
from appeals.views.bulk import ORDER, REASSIGN, URGE, may
from appeals.views.lists import rows_of
from appeals.workflow import OPEN
from cadres import counting
from cadres.counting import Along, Count
from cadres.listing import COUNTED_TO, Tab, build
from cadres.roles import REGIONAL

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from appeals.models import Appeal, AppealQuerySet
    from cadres.http import CadreRequest
    from cadres.listing import Listing
    from cadres.models import Cadre

SORTS: Final = {
    "level": LOWEST_FIRST,
    "due": (F("due_at").asc(nulls_last=True),),
}
# What a row shows of the order in force, of which there is at most one.
ORDERS_IN_FORCE: Final = Along(
    Order.objects.in_force().filter(appeal=OuterRef("pk")), "id", "number", "colour", "status"
)
NOT_FOR_YOU: Final = "升级督办由督查、领导和助企办查看。"


def escalations(request: CadreRequest) -> HttpResponse:
    if not request.user.holds(*REGIONAL):
        raise PermissionDenied(NOT_FOR_YOU)
    now = timezone.now()
    scope = rows_of(request.user, now).escalated(now).annotate(orders_in_force=ORDERS_IN_FORCE)
    form = EscalationFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope, form, sorts=SORTS, default_sort="-level")
    _tell_what_happened(listing.rows, now)
    may_urge, may_reassign, may_order = (may(request.user, act) for act in (URGE, REASSIGN, ORDER))
    context = {
        "title": "升级督办",
        "now": now,
        "tabs": listing.tabs("status", _tabs(listing, scope, request.user)),
        "may_urge": may_urge,
        "may_reassign": may_reassign,
        "may_order": may_order,
        "may_instruct": request.user.has_perm(GIVE),
        "may_pick": may_urge or may_reassign or may_order,
        "query": request.GET.urlencode(),
        "empty_text": "没有升级督办的诉求",
        "empty_hint": "超期、久拖不办的诉求会自动出现在这里",
    }
    return listing.render("appeals/appeal_escalations.html", context, toolbar=True)


def _tell_what_happened(rows: list[Appeal], now: datetime) -> None:
    """Set on each row what happened on each rung, what comes next, and what was said. Five queries."""
    instructions: defaultdict[int, list[Instruction]] = defaultdict(list)
    for one in Instruction.objects.in_force().filter(appeal__in=[row.pk for row in rows]):
        instructions[one.appeal_id].append(one)
    seen = escalation.outlooks(rows, now, [one for some in instructions.values() for one in some])
    urges: defaultdict[int, list[Event]] = defaultdict(list)
    said = Event.objects.filter(appeal__in=[row.pk for row in rows], step="urge").select_related("on_behalf_of")
    for event in said.order_by("pk"):
        urges[event.appeal_id].append(event)
    for row in rows:
        row.outlook, row.urges = seen[row.pk], urges[row.pk]  # type: ignore[attr-defined]
        row.order_in_force = next(iter(row.orders_in_force), None)  # type: ignore[attr-defined]
        row.instructed = instructions[row.pk]  # type: ignore[attr-defined]
        row.is_open = row.status in OPEN  # type: ignore[attr-defined]


def _tabs(listing: Listing, scope: AppealQuerySet, cadre: Cadre) -> list[Tab]:
    if listing.complaints:
        return [Tab("", "待处理"), Tab(SUPERVISED, "我已督办"), Tab(ENDED, "已办结"), Tab(EVERY, "全部")]
    found = listing.form.narrow_but_status(scope, listing.form.cleaned_data)  # type: ignore[attr-defined]
    open_ones = found.watched()
    shown = {"": open_ones, SUPERVISED: open_ones.supervised_by(cadre), ENDED: found.unwatched()}
    current = listing.form.cleaned_data["status"]
    asked = {tab: Count(rows, to=COUNTED_TO + 1) for tab, rows in shown.items() if tab != current}
    counts = counting.ask(cadre, asked) | {current: listing.counted}
    return [
        Tab("", "待处理", counts[""], hot=True),
        Tab(SUPERVISED, "我已督办", counts[SUPERVISED]),
        Tab(ENDED, "已办结", counts[ENDED]),
        Tab(EVERY, "全部", min(counts[""] + counts[ENDED], COUNTED_TO + 1)),
    ]
