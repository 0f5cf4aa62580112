"""Drawing up orders: by the ladder, by a supervisor, for one case or for two thousand, always in one way.

A case has at most one order in force, which a database constraint keeps. A graver one takes the place of the one in
force, which ends as 已升级 and stays in the history; where one as grave is in force, no other is drawn up. So of rungs
that were missed while nothing ran, only the gravest draws its order; the others are recorded without one.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils import timezone

from appeals.demand_workflow import IN_FORCE, State
from appeals.demanding.addressing import Offices, addressees
from appeals.demanding.recording import moment, mould_of, shaped
from appeals.demanding.terms import Terms
from appeals.models import Event, Order
from appeals.supervising import telling
from cadres import notices as outbox
from cadres.inserting import Mould, give_keys
from workflow.models import Counter, OrderColour
from workflow.steps import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from appeals.models import Appeal, Escalation


# What the system asks for.
DEMANDS: Final = {
    OrderColour.BLUE: "请抓紧办理，按期反馈目前进展和办结时间。",
    OrderColour.YELLOW: "请立即组织办理，按期反馈超期原因、目前进展、办理措施和办结时间。",
    OrderColour.RED: "现挂牌督办，请单位主要负责人牵头办理，按期反馈超期原因、责任人、办理措施和办结时间。",
}


class Draft(NamedTuple):
    """An order that is to be drawn up; without a date it is answered by the table of terms.

    `escalation` is the rung that draws it.
    """

    appeal: Appeal
    colour: str
    demand: str
    reply_due_at: datetime | None = None
    escalation: Escalation | None = None


class Tables:
    """What orders are drawn up by, looked up once, when it is first asked for, for as many as there are."""

    def __init__(self) -> None:
        self.offices = Offices()

    @cached_property
    def terms(self) -> Terms:
        return Terms.load()


class Drawn(NamedTuple):
    """Orders drawn up, each with the event of its case; still to be inserted."""

    orders: list[Order]
    events: list[Event]


def draw_up(drafts: Sequence[Draft], *, by: Actor, now: datetime, client_id: UUID | None = None) -> list[Order]:
    """Draw up these orders, at most one a case, whose rows the caller has locked; those drawn up, told and recorded.

    Where an order as grave is in force, nothing happens. The cases' enterprises are loaded. As many statements for
    two thousand as for two.
    """
    drawn = prepare(drafts, Tables(), by=by, now=now, client_id=client_id)
    if drawn.orders:
        give_keys(*drawn)
        outbox.write(telling.of_issue(drawn, by=by, now=now), beside=drawn)
    return drawn.orders


def prepare(
    drafts: Sequence[Draft], tables: Tables, *, by: Actor, now: datetime, client_id: UUID | None = None
) -> Drawn:
    """As draw_up(), but what is new is left to the caller: to give it its keys, to insert it, and to tell of it."""
    if not drafts:
        return Drawn([], [])
    standing = _raise_milder(drafts, now)
    wanted = [draft for draft in drafts if outranks(draft.colour, standing.get(draft.appeal.pk))]
    if not wanted:
        return Drawn([], [])
    orders = _made(wanted, standing, tables, by=by, now=now, client_id=client_id)
    mould = mould_of("order", by=by, now=now)
    return Drawn(orders, [_event(mould, order) for order in orders])


def in_force(appeals: Iterable[int]) -> dict[int, Order]:
    """The order in force of each of these appeals that has one."""
    return {order.appeal_id: order for order in Order.objects.in_force().filter(appeal__in=list(appeals))}


def outranks(colour: str, standing: Order | None) -> bool:
    """Whether an order of this colour is drawn up beside the one that is in force."""
    return standing is None or OrderColour(colour).rank > OrderColour(standing.colour).rank


def _raise_milder(drafts: Sequence[Draft], now: datetime) -> dict[int, Order]:
    """End what these outrank as 已升级. The orders that were in force before, by their appeals; with one statement."""
    appeals, states = [draft.appeal.pk for draft in drafts], sorted(IN_FORCE)
    found = Order.objects.raw(
        "WITH raised AS (UPDATE appeals_order o SET status = %s, ended_at = %s, version = version + 1"
        " FROM unnest(%s::bigint[], %s::text[]) AS n (appeal, colour)"
        " WHERE o.appeal_id = n.appeal AND o.status = ANY(%s)"
        " AND array_position(%s, o.colour::text) < array_position(%s, n.colour))"
        " SELECT id, appeal_id, colour, number FROM appeals_order WHERE appeal_id = ANY(%s) AND status = ANY(%s)",
        [
            *(State.RAISED, now, appeals, [draft.colour for draft in drafts], states),
            *(OrderColour.values, OrderColour.values, appeals, states),
        ],
    )
    return {order.appeal_id: order for order in found}


def _made(
    drafts: Sequence[Draft],
    standing: dict[int, Order],
    tables: Tables,
    *,
    by: Actor,
    now: datetime,
    client_id: UUID | None,
) -> list[Order]:
    numbers = _numbers(drafts, now)
    to = addressees((draft.appeal for draft in drafts), tables.offices)
    issuer: dict[str, Any] = {"issued_by": by.cadre, "issued_for": by.on_behalf_of, "issued_label": by.label}
    mould = Mould(Order, issued_at=now, client_id=client_id, **issuer)
    orders = []
    for draft in drafts:
        appeal, key = draft.appeal, draft.appeal.pk
        order = mould.row(
            round=appeal.round,
            colour=draft.colour,
            number=numbers[key],
            department_id=to[key],
            answering_id=to[key],
            demand=draft.demand,
            reply_due_at=draft.reply_due_at or tables.terms.due_at(appeal, draft.colour, now),
        )
        order.appeal, order.escalation, order.follows = appeal, draft.escalation, standing.get(key)
        orders.append(order)
    return orders


def _numbers(drafts: Sequence[Draft], now: datetime) -> dict[int, str]:
    """Number: DB, the region's 6 digits, the day, and the running number of the region's day."""
    series: defaultdict[str, list[int]] = defaultdict(list)
    today = _today(now)
    for draft in drafts:
        series[_series(draft.appeal, today)].append(draft.appeal.pk)
    firsts = Counter.take_all({name: len(appeals) for name, appeals in series.items()})
    return {
        pk: f"{name}{number:04d}"
        for name, appeals in series.items()
        for number, pk in enumerate(appeals, start=firsts[name])
    }


def series_of(appeal: Appeal, now: datetime) -> str:
    return _series(appeal, _today(now))


def _series(appeal: Appeal, today: str) -> str:
    region = appeal.region_path.rstrip("/").rpartition("/")[2]
    return f"DB{region[:6]}{today}"


def _today(now: datetime) -> str:
    return f"{timezone.localdate(now):%Y%m%d}"


def _event(mould: Mould[Event], order: Order) -> Event:
    changes = {"order": [str(order.follows or ""), str(order)], "reply_due_at": ["", moment(order.reply_due_at)]}
    return shaped(mould, order, order.demand, changes)
