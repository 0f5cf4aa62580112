"""The list of appeals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import F
from django.utils import timezone

from appeals.filters import WAITING, AppealFilter
from appeals.models import Appeal
from appeals.models.queries import MOST_URGENT_FIRST
from appeals.workflow import UNENDED, Status
from cadres import counting
from cadres.counting import Count, CountEach
from cadres.listing import COUNTED_TO, Tab, build
from cadres.rights import require

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from appeals.models import AppealQuerySet
    from cadres.http import CadreRequest
    from cadres.listing import Listing
    from cadres.models import Cadre

SORTS: Final = {
    "urgent": MOST_URGENT_FIRST,
    "due": (F("due_at").asc(nulls_last=True),),
    "submitted": (F("submitted_at").asc(nulls_first=True),),
    "level": ("level", F("due_at").desc(nulls_first=True)),
}
COUNTED: Final = sorted(UNENDED)
BY_STATUS: Final = "by_status"
WITHOUT_COUNT: Final = (Status.CLOSED, Status.DECLINED, Status.WITHDRAWN)
NOT_FOR_YOU: Final = "查看诉求需要业务角色，请联系本单位安全管理员。"


def appeal_list(request: CadreRequest) -> HttpResponse:
    require(request.user, "appeals.view_appeal", NOT_FOR_YOU)
    now = timezone.now()
    scope = rows_of(request.user, now)
    form = AppealFilter(request.GET, cadre=request.user, now=now)
    listing = build(request, scope, form, sorts=SORTS)
    mark_turns(listing.rows, request.user)
    may_register = request.user.has_perm("appeals.submit_appeal")
    context = {
        "title": "诉求清单",
        "tabs": listing.tabs("status", _tabs(listing, scope, request.user)),
        "may_register": may_register,
        "empty_text": "还没有诉求",
        "empty_hint": "登记后在这里看到办理进度" if may_register else "",
    }
    return listing.render("appeals/appeal_list.html", context)


def rows_of(cadre: Cadre, now: datetime) -> AppealQuerySet:
    """Appeals of a cadre's scope as the rows of a list show them."""
    related = ("enterprise", "region__parent", "category", "lead__region", "handler")
    shown = Appeal.objects.visible_to(cadre).with_light(now).select_related(*related)
    return shown.defer("description", "reply")


def mark_turns(rows: list[Appeal], cadre: Cadre) -> None:
    """Set `is_my_turn` on each row: whether it waits for this cadre. One query."""
    waiting = Appeal.objects.awaiting(cadre).filter(pk__in=[row.pk for row in rows])
    keys = set(waiting.values_list("pk", flat=True))
    for row in rows:
        row.is_my_turn = row.pk in keys  # type: ignore[attr-defined]


def _tabs(listing: Listing, scope: AppealQuerySet, cadre: Cadre) -> list[Tab]:
    """A tab for each status; those of open appeals with their count under the other filters."""
    counts = {} if listing.complaints else _counts(listing, scope, cadre)
    tabs = [Tab("", "全部"), Tab(WAITING, "待我办理", counts.get(WAITING), hot=True)]
    shown = [status for status in Status if status != Status.DRAFT or counts.get(Status.DRAFT)]
    return tabs + [
        Tab(status, status.label, None if status in WITHOUT_COUNT else counts.get(status, 0)) for status in shown
    ]


def _counts(listing: Listing, scope: AppealQuerySet, cadre: Cadre) -> dict[str, int]:
    """How many wait for the cadre, and how many open ones and own drafts are in each status, under the other filters.

    Grouping reads all of them once, which is cheap where a department or filters leave few. A region's unfiltered ones
    are many more than anybody counts, and so are those with a word that titles have in common; then each status is
    counted for itself, no further than that. One query.
    """
    form: Any = listing.form
    found = form.narrow_but_status(scope, form.cleaned_data)
    if (form.set_count and not form.goes_through) or not cadre.region_scope:
        return _grouped(found.filter(status__in=UNENDED), cadre)
    waiting = Count(found.awaiting(cadre, by_lead=form.goes_through), to=COUNTED_TO + 1)
    each = CountEach(found, "status", COUNTED, to=COUNTED_TO + 1)
    told = counting.ask(cadre, {WAITING: waiting, BY_STATUS: each})
    return {WAITING: told[WAITING], **dict(zip(COUNTED, told[BY_STATUS], strict=True))}


def _grouped(unended: AppealQuerySet, cadre: Cadre) -> dict[str, int]:
    """How many are in each status, and how many of all wait for the cadre. One query, which reads them once."""
    waits = models.Count("pk", filter=Appeal.objects.turns_of(cadre))
    rows = unended.order_by().values("status").annotate(n=models.Count("pk"), waits=waits)
    counted = list(rows.values_list("status", "n", "waits"))
    return {WAITING: sum(waits for _, _, waits in counted), **{status: n for status, n, _ in counted}}
