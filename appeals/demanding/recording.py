"""What the history of a case tells of its demands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from appeals.models import Event
from cadres.inserting import Mould
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models.demands import Demand

MOMENTS_KEPT: Final = 1000


def event_of(
    demand: Demand, step: str, *, by: Actor, now: datetime, note: str = "", changes: dict[str, Any] | None = None
) -> Event:
    """What the case's history tells of the demand, still to be saved; it names the demand by its number."""
    return shaped(mould_of(step, by=by, now=now), demand, note, changes or {})


def mould_of(step: str, *, by: Actor, now: datetime) -> Mould[Event]:
    """For the events of many demands with which the same is done at once."""
    return Mould(Event, step=step, at=now, **Event.actor_columns(by))


def shaped(mould: Mould[Event], demand: Demand, note: str, changes: dict[str, Any]) -> Event:
    """One of them, as event_of() has it."""
    status = demand.appeal.status
    event = mould.row(before=status, after=status, note=note, changes={demand.kind(): ["", str(demand)], **changes})
    event.appeal = demand.appeal
    return event


def events_of(demand: Demand) -> list[Event]:
    """What happened to a demand, in order, read from the history of its case."""
    kind = demand.kind()
    told = demand.appeal.events.select_related("cadre__department", "on_behalf_of__department")
    found = told.filter(changes__has_key=kind).order_by("pk")
    return [event for event in found if any(words.endswith(demand.number) for words in event.changes[kind])]


@lru_cache(MOMENTS_KEPT)
def moment(at: datetime) -> str:
    """2026-11-18 10:00; of thousands of cases the same few deadlines are told."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def last_said(demand: Demand) -> str:
    """Who was first: 张三已于 11-18 10:00 办理“认可督办反馈”，"""
    last = events_of(demand)[-1]
    return f"{last.who}已于 {timezone.localtime(last.at):%m-%d %H:%M} 办理“{last.label}”，"
