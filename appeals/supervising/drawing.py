"""Drawing up orders: by the ladder, by a supervisor, for one case or for two thousand, always in one way.

A case has at most one order in force, which a database constraint keeps. A graver one takes the place of the one in
force, which ends as 已升级 and stays in the history; where one as grave is in force, no other is drawn up. So of rungs
that were missed while nothing ran, only the gravest draws its order; the others are recorded without one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import F
from django.utils import timezone

from appeals.demand_workflow import State
from appeals.demanding.addressing import addressees
from appeals.demanding.recording import event_of, moment
from appeals.demanding.terms import Terms
from appeals.models import Event, Order
from appeals.supervising import telling
from cadres.inserting import insert_many
from cadres.models import Region
from workflow.models import Counter, OrderColour
from workflow.steps import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from appeals.models import Appeal


# What the system asks for.
DEMANDS: Final = {
    OrderColour.BLUE: "请抓紧办理，按期反馈目前进展和办结时间。",
    OrderColour.YELLOW: "请立即组织办理，按期反馈超期原因、目前进展、办理措施和办结时间。",
    OrderColour.RED: "现挂牌督办，请单位主要负责人牵头办理，按期反馈超期原因、责任人、办理措施和办结时间。",
}


class Draft(NamedTuple):
    """An order that is to be drawn up; without a date it is answered by the table of terms.

    `escalation` is the key of the rung that draws it.
    """

    appeal: Appeal
    colour: str
    demand: str
    reply_due_at: datetime | None = None
    escalation: int | None = None


def draw_up(drafts: Sequence[Draft], *, by: Actor, now: datetime, client_id: UUID | None = None) -> list[Order]:
    """Draw up these orders, at most one a case, whose rows the caller has locked; those drawn up, told and recorded.

    Where an order as grave is in force, nothing happens. The cases' enterprises are loaded. As many statements for
    two thousand as for two, save one for each region and day.
    """
    standing = in_force(draft.appeal.pk for draft in drafts)
    wanted = [draft for draft in drafts if outranks(draft.colour, standing.get(draft.appeal.pk))]
    if not wanted:
        return []
    former = [standing[draft.appeal.pk] for draft in wanted if draft.appeal.pk in standing]
    Order.objects.filter(pk__in=[order.pk for order in former]).update(
        status=State.RAISED, ended_at=now, version=F("version") + 1
    )
    orders = _made(wanted, standing, by=by, now=now, client_id=client_id)
    insert_many(orders)
    events = [_event(order, by, now) for order in orders]
    insert_many(events)
    telling.tell_of_issue(orders, events, by=by, now=now)
    return orders


def in_force(appeals: Iterable[int]) -> dict[int, Order]:
    """The order in force of each of these appeals that has one."""
    return {order.appeal_id: order for order in Order.objects.in_force().filter(appeal__in=list(appeals))}


def outranks(colour: str, standing: Order | None) -> bool:
    """Whether an order of this colour is drawn up beside the one that is in force."""
    return standing is None or OrderColour(colour).rank > OrderColour(standing.colour).rank


def _made(
    drafts: Sequence[Draft], standing: dict[int, Order], *, by: Actor, now: datetime, client_id: UUID | None
) -> list[Order]:
    numbers, terms = _numbers(drafts, now), Terms.load()
    to = addressees(draft.appeal for draft in drafts)
    issuer: dict[str, Any] = {"issued_by": by.cadre, "issued_for": by.on_behalf_of, "issued_label": by.label}
    return [
        Order(
            appeal=draft.appeal,
            round=draft.appeal.round,
            colour=draft.colour,
            number=numbers[draft.appeal.pk],
            escalation_id=draft.escalation,
            follows=standing.get(draft.appeal.pk),
            department_id=to[draft.appeal.pk],
            answering_id=to[draft.appeal.pk],
            demand=draft.demand,
            issued_at=now,
            reply_due_at=draft.reply_due_at or terms.due_at(draft.appeal, draft.colour, now),
            client_id=client_id,
            **issuer,
        )
        for draft in drafts
    ]


def _numbers(drafts: Sequence[Draft], now: datetime) -> dict[int, str]:
    """Number: DB, the region's 6 digits, the day, and the running number of the region's day.

    The series are taken in one order by everybody, so that no two wait for each other.
    """
    regions = Region.objects.in_bulk({draft.appeal.region_id for draft in drafts})
    series: defaultdict[str, list[int]] = defaultdict(list)
    for draft in drafts:
        series[series_of(regions[draft.appeal.region_id], now)].append(draft.appeal.pk)
    numbers: dict[int, str] = {}
    for name in sorted(series):
        first = Counter.take(name, len(series[name]))
        numbers |= {pk: f"{name}{first + place:04d}" for place, pk in enumerate(series[name])}
    return numbers


def series_of(region: Region, now: datetime) -> str:
    return f"DB{region.short_code}{timezone.localdate(now):%Y%m%d}"


def _event(order: Order, by: Actor, now: datetime) -> Event:
    changes = {"order": [str(order.follows or ""), str(order)], "reply_due_at": ["", moment(order.reply_due_at)]}
    return event_of(order, "order", by=by, now=now, note=order.demand, changes=changes)
