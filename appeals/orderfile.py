"""What the page of one supervision order shows, on the screen and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from appeals import casefile
from appeals.demanding.recording import events_of
from appeals.models import Order
from cadres import audience
from cadres.models import Cadre
from cadres.roles import Role
from cadres.templatetags.ui import words_for

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Department

Fact = tuple[str, str] | tuple[str, str, str]

# What the paper says of a judgement.
JUDGEMENTS: Final = {"order_accept": "认可。", "order_return": "退回重报：", "order_revoke": "撤销："}

RELATED: Final = (
    *("appeal__enterprise", "appeal__region__parent", "appeal__category", "appeal__lead__region", "appeal__handler"),
    *("department__leader_in_charge", "answering", "issued_by__department", "issued_for__department", "replied_by"),
    *("escalation", "follows"),
)


def facts(order: Order) -> list[Fact]:
    appeal = order.appeal
    shown: list[Fact] = [
        ("诉求", f"{appeal.number} {appeal.title}", appeal.get_absolute_url()),
        ("企业", appeal.enterprise.name),
        ("所属区域", appeal.place),
        ("主办单位", str(order.department or "尚无主办单位")),
        ("下达人", issuer(order)),
        ("下达时间", _moment(order.issued_at)),
        ("要求反馈", _moment(order.reply_due_at)),
        ("办理时限", _moment(appeal.due_at)),
        ("诉求状态", appeal.status_label),
    ]
    if order.answering_id != order.department_id:
        shown.insert(4, ("现反馈单位", str(order.answering or "尚无主办单位")))
    if order.escalation:
        shown.append(("触发条件", f"{order.escalation.get_trigger_display()}（{order.escalation.level} 级）"))
    if order.follows:
        shown.append(("接续", str(order.follows), order.follows.get_absolute_url()))
    if follower := Order.objects.filter(follows=order).first():
        shown.append(("已升级为", str(follower), follower.get_absolute_url()))
    if order.ended_at:
        shown.append(("办结时间", _moment(order.ended_at)))
    return shown


def issuer(order: Order) -> str:
    cadre = order.issued_for or order.issued_by
    unit = cadre.department if cadre else None
    return f"{order.issuer} {unit or ''}".strip()


def entries(order: Order) -> list[casefile.Entry]:
    """Its history, the latest first, as the case tells it."""
    return casefile.entries(events_of(order), ())


def opinions(order: Order) -> list[str]:
    """What the supervisor said to its answers, in order."""
    judged = [event for event in events_of(order) if event.step in JUDGEMENTS]
    return [f"{JUDGEMENTS[one.step]}{one.note}（{one.who} {_moment(one.at)}）" for one in judged]


def issuing_department(order: Order) -> Department | None:
    """Whose name stands at the head of the paper: the issuer's; where the system issued it, the supervisors'."""
    cadre = order.issued_for or order.issued_by
    if cadre and cadre.department:
        return cadre.department
    holders = Cadre.objects.filter(pk__in=audience.holders(Role.SUPERVISOR, order.appeal.region))
    first = holders.exclude(department=None).select_related("department").order_by("pk").first()
    return first.department if first else None


def lateness(order: Order) -> str:
    """How long the case was overdue when the order was issued: 超期 2天4小时; "" where it was not."""
    due = order.appeal.due_at
    if due is None or due >= order.issued_at:
        return ""
    return words_for((due - order.issued_at).total_seconds())


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
