"""An appeal as its enterprise sees it: in plain words, units instead of officials, and nothing of what is internal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import SETTLED, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from appeals.models import Event

OFFICE: Final = "助企办"


class Milestone(NamedTuple):
    """One line of the way so far."""

    title: str
    when: datetime
    who: str
    text: str
    icon: str
    colour: str


def status_words(appeal: Appeal) -> str:
    """Where it stands, and what comes next."""
    unit = unit_of(appeal)
    due = f"，承诺 {_day(appeal.due_at)} 前办结" if appeal.due_at else ""
    return {
        Status.PENDING: f"已提交，{OFFICE}正在受理",
        Status.ASSIGNED: f"已转{unit}办理{due}",
        Status.HANDLING: f"{unit}正在办理{due}",
        Status.REVIEWING: f"{unit}正在审核答复{due}",
        Status.CONFIRMING: f"{unit}已答复，请您确认",
        Status.CLOSING: f"已办结，{OFFICE}正在核对归档",
        Status.CLOSED: "已办结",
        Status.DECLINED: "没有受理，原因见下",
        Status.WITHDRAWN: "已撤回",
    }.get(Status(appeal.status), appeal.status_label)


def unit_of(appeal: Appeal) -> str:
    return str(appeal.lead) if appeal.lead else OFFICE


def reply_of(appeal: Appeal) -> str:
    """The answer, once it was approved."""
    return appeal.reply if appeal.status in SETTLED else ""


def milestones(appeal: Appeal, events: Iterable[Event]) -> list[Milestone]:
    """What was done, the latest first. Steps that only concern officials are not among them."""
    found = [milestone for event in events if (milestone := _milestone(appeal, event))]
    return found[::-1]


def _milestone(appeal: Appeal, event: Event) -> Milestone | None:
    if event.step not in TITLES:
        return None
    title, icon, colour = TITLES[event.step]
    return Milestone(title, event.at, _who(appeal, event), _text(appeal, event), icon, colour)


def _who(appeal: Appeal, event: Event) -> str:
    """A unit, or the enterprise itself."""
    if event.step in {"confirm", "dispute"}:
        return "企业"
    return event.unit


def _text(appeal: Appeal, event: Event) -> str:
    if event.step in {"assign", "reassign"}:
        return f"由{event.changes.get('lead', ['', ''])[1] or unit_of(appeal)}办理"
    if event.step == "confirm":
        solved, rating = (event.changes.get(field, ["", ""])[1] for field in ("solved", "rating"))
        return "，".join(part for part in (solved, rating, event.note) if part)
    if event.step == "decline":
        return f"{appeal.get_decline_ground_display()}。{event.note}"
    return event.note if event.step == "dispute" else ""


def _day(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d}" if at else ""


# Said to the enterprise: step → title, icon, colour.
TITLES: Final = {
    "submit": ("已提交", "send", ""),
    "assign": ("已转办", "arrows-exchange", ""),
    "sign": ("开始办理", "briefcase", ""),
    "reassign": ("已改派", "arrows-exchange", ""),
    "approve": ("已答复", "message-circle", "green"),
    "answer": ("已答复", "message-circle", "green"),
    "settle": ("现场办结", "circle-check", "green"),
    "confirm": ("已确认", "circle-check", "green"),
    "dispute": ("要求重新办理", "refresh", "red"),
    "close": ("办结归档", "flag", "green"),
    "decline": ("没有受理", "ban", "red"),
    "withdraw": ("已撤回", "arrow-back-up", ""),
}
