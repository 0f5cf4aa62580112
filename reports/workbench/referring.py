"""Leads that were handed over to discipline, on the inspector's workbench."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count
from django.db.models.functions import JSONObject
from django.utils import timezone

from appeals.models import Referral
from appeals.referral_workflow import State
from reports.workbench.pieces import Rows, Stat, Task, address

if TYPE_CHECKING:
    from typing import Any

    from cadres.models import Cadre

LOOKS: Final = {
    State.HANDED: ("inbox", "yellow"),
    State.ACCEPTED: ("briefcase", "blue"),
    State.CONCLUDED: ("circle-check", "green"),
}
VERBS: Final = {State.HANDED: "去受理", State.ACCEPTED: "去了结"}


def by_state(cadre: Cadre) -> ArraySubquery:
    """How many leads there are in each state; what `stats` shows."""
    counted = Referral.objects.handled_by(cadre).order_by().values("status").annotate(n=Count("pk"))
    return ArraySubquery(counted.values(counted=JSONObject(status="status", n="n")))


def stats(counted: list[dict[str, Any]] | None) -> list[Stat]:
    """`counted` is None where nothing can be in scope, and nobody is asked."""
    counts = {row["status"]: row["n"] for row in counted or ()}
    return [
        Stat(f"线索{state.label}", counts.get(state, 0), "件", address("appeals:referrals", status=state), *looks)
        for state, looks in LOOKS.items()
    ]


def source(cadre: Cadre) -> Rows:
    related = ("appeal__enterprise", "handed_by", "handed_by_deputy")
    waiting = Referral.objects.handled_by(cadre).open().select_related(*related)
    return Rows(waiting.order_by("handed_at", "pk"), _task)


def _task(one: Referral) -> Task:
    title, url = f"{one.appeal.title} · {one.appeal.enterprise.name}", one.get_absolute_url()
    why = f"{one.handed_by} {timezone.localtime(one.handed_at):%m-%d %H:%M} 移交，{one.number}"
    return Task("线索", one.state_colour, title, url, why, VERBS[State(one.status)], url)
