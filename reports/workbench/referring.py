"""Leads that were handed over to discipline, on the inspector's workbench."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Count
from django.utils import timezone

from appeals.models import Referral
from appeals.referral_workflow import State
from reports.workbench.pieces import WHOLE, Stat, Task, address

if TYPE_CHECKING:
    from cadres.models import Cadre

LOOKS: Final = {
    State.HANDED: ("inbox", "yellow"),
    State.ACCEPTED: ("briefcase", "blue"),
    State.CONCLUDED: ("circle-check", "green"),
}
VERBS: Final = {State.HANDED: "去受理", State.ACCEPTED: "去了结"}


def stats(cadre: Cadre) -> list[Stat]:
    mine = Referral.objects.handled_by(cadre).order_by()
    counts = dict(mine.values("status").annotate(n=Count("pk")).values_list("status", "n"))
    return [
        Stat(f"线索{state.label}", counts.get(state, 0), "件", address("appeals:referrals", status=state), *looks)
        for state, looks in LOOKS.items()
    ]


def tasks(cadre: Cadre) -> list[Task]:
    related = ("appeal__enterprise", "handed_by", "handed_by_deputy")
    waiting = Referral.objects.handled_by(cadre).open().select_related(*related)
    return [_task(one) for one in waiting.order_by("handed_at")[:WHOLE]]


def _task(one: Referral) -> Task:
    title, url = f"{one.appeal.title} · {one.appeal.enterprise.name}", one.get_absolute_url()
    why = f"{one.handed_by} {timezone.localtime(one.handed_at):%m-%d %H:%M} 移交，{one.number}"
    return Task("线索", one.state_colour, title, url, why, VERBS[State(one.status)], url)
