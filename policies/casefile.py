"""What the page of one fulfilment shows: facts, the way it has gone, its history newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from enterprises.models import Assignment
from policies.models import Item
from policies.workflow import OPEN, UNDECLARED, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from policies.models import Event, Fulfilment

Fact = tuple[str, str] | tuple[str, str, str]

# The way of a fulfilment: what each stage is called, and the statuses in which it is.
MONEY_STAGES: Final = (
    ("核实", frozenset({Status.UNVERIFIED})),
    ("申报", frozenset({Status.ENTITLED, Status.RETURNED})),
    ("受理", frozenset({Status.DECLARED})),
    ("审核", frozenset({Status.REVIEWING})),
    ("公示", frozenset({Status.PUBLICISED})),
    ("拨付", frozenset({Status.PAYING})),
    ("兑现", frozenset({Status.PAID})),
)
RIGHT_STAGES: Final = (*MONEY_STAGES[:4], ("享受", frozenset({Status.ENJOYED})))

# Icon and colour of a step in the history.
LOOKS: Final = {
    "entitle": ("circle-check", "green"),
    "exclude": ("ban", "red"),
    "heard": ("message-circle", ""),
    "declare": ("send", ""),
    "accept": ("writing-sign", ""),
    "return": ("arrow-back-up", "yellow"),
    "reject": ("circle-x", "red"),
    "approve": ("circle-check", "green"),
    "publicise": ("eye", ""),
    "release": ("check", ""),
    "pay": ("coin", "green"),
    "complete": ("check", "green"),
    "void": ("arrow-back-up", "red"),
    "enjoy": ("star", "green"),
    "received": ("message-circle", "green"),
    "waive": ("x", ""),
    "block": ("hand-stop", "red"),
    "unblock": ("circle-check", "green"),
    "lapse": ("clock-exclamation", "red"),
    "reopen": ("refresh", ""),
    "amend": ("edit", ""),
    "recover": ("arrow-back-up", "red"),
}
# What the enterprise's team does while nobody has applied.
TEAM_WORDS: Final = {
    Status.UNVERIFIED: "核实是否符合条件",
    Status.ENTITLED: "帮企业申报",
    Status.RETURNED: "帮企业补正后再申报",
}
FIELD_LABELS: Final = {
    "amount_due": "应享金额",
    "amount_approved": "核定金额",
    "amount_recovered": "追回金额",
    "heard_on": "知晓日期",
    "declared_on": "申报日期",
    "enjoyed_on": "享受日期",
    "received_on": "收到日期",
    "closes_on": "截止日期",
    "reason": "原因",
    "waived_by": "谁说的",
    "block": "堵点",
}


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    title: str
    when: datetime
    who: str
    text: str
    icon: str
    colour: str


@dataclass(frozen=True)
class Stage:
    """One stage of the way."""

    label: str
    note: str
    state: str


def money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f} 元"


def facts(row: Fulfilment) -> list[Fact]:
    item, enterprise = row.item, row.enterprise
    shown: list[Fact] = [
        ("企业", enterprise.name, enterprise.get_absolute_url()),
        ("政策", item.policy.title, item.policy.get_absolute_url()),
        ("事项", item.name),
        ("责任部门", str(item.department)),
        ("兑现方式", item.get_granting_display()),
        ("期次", row.period_words),
        ("应享金额", money(row.amount_due) if item.pays_money or row.amount_due else "不拨付资金"),
        ("截止日期", _day(row.closes_on) or "长期"),
        ("申报日期", _day(row.declared_on)),
    ]
    if row.amount_approved is not None:
        shown += [("核定金额", money(row.amount_approved)), ("已拨付", money(row.amount_paid))]
    optional = (
        ("追回金额", money(row.amount_recovered) if row.amount_recovered else ""),
        ("享受日期", _day(row.enjoyed_on)),
        ("企业知晓", _day(row.heard_on)),
        ("企业反映收到", _day(row.received_on)),
        ("未享原因", row.reason),
        ("谁说放弃", row.waived_by),
    )
    return [*shown, *((label, value) for label, value in optional if value)]


def stages(row: Fulfilment, events: Sequence[Event]) -> list[Stage]:
    """The way with the last time and person of each stage that is behind; a row that ended early stops there."""
    way = MONEY_STAGES if row.item.pays_money else RIGHT_STAGES
    here = next((place for place, (_, statuses) in enumerate(way) if row.status in statuses), None)
    if here is None:
        passed = {event.before for event in events if event.before != event.after}
        behind = max((place for place, (_, statuses) in enumerate(way) if statuses & passed), default=-1) + 1
        end = next((event for event in reversed(events) if event.after == row.status), None)
        return [*_behind(way[:behind], events), Stage(row.status_label, _who_and_when(end), "current")]
    done = here == len(way) - 1
    note = f"{timezone.localtime(row.status_since):%m-%d %H:%M} 起"
    last = events[-1] if events else None
    current = Stage(way[here][0], _who_and_when(last) if done else note, "done" if done else "current")
    return [*_behind(way[:here], events), current, *(Stage(label, "", "todo") for label, _ in way[here + 1 :])]


def _behind(way: Iterable[tuple[str, frozenset[Status]]], events: Sequence[Event]) -> list[Stage]:
    found = []
    for label, statuses in way:
        left = [event for event in events if event.before in statuses and event.after not in statuses]
        found.append(Stage(label, _who_and_when(left[-1] if left else None), "done"))
    return found


def _who_and_when(event: Event | None) -> str:
    return f"{timezone.localtime(event.at):%m-%d %H:%M} {event.who}" if event else ""


def entries(row: Fulfilment, events: Iterable[Event]) -> list[Entry]:
    """Newest first, down to the making of the row."""
    made = Entry("建立台账", row.created_at, str(row.created_by or "系统"), "", "plus", "")
    return [*[_entry(event) for event in events][::-1], made]


def _entry(event: Event) -> Entry:
    icon, colour = LOOKS[event.step]
    lines = [*_changes(event), event.note]
    return Entry(
        event.label, event.at, f"{event.who} {event.unit}".strip(), "\n".join(filter(None, lines)), icon, colour
    )


def _changes(event: Event) -> list[str]:
    """What the step set, in words: 应享金额：100,000.00 元."""
    lines = []
    for field in sorted(event.changes, key=list(FIELD_LABELS).index):
        before, after = event.changes[field]
        was = f"{before} → " if before and after else ""
        lines.append(f"{FIELD_LABELS[field]}：{was}{after or f'{before}（已解除）'}")
    return lines


def whose_turn(row: Fulfilment) -> str:
    """Who has to act now, in words; "" where nobody has."""
    department = row.item.department
    if row.status not in OPEN:
        return ""
    if row.status == Status.ENTITLED and row.item.granting == Item.Granting.AUTOMATIC:
        return f"免申即享，待{department}受理"
    if row.status in UNDECLARED:
        return f"待{_specialists(row)}{TEAM_WORDS[Status(row.status)]}"
    return {
        Status.DECLARED: f"待{department}受理",
        Status.REVIEWING: f"{department}审核中",
        Status.PUBLICISED: f"{department}公示中",
        Status.PAYING: f"待{department}拨付",
    }[Status(row.status)]


def _specialists(row: Fulfilment) -> str:
    team = Assignment.objects.active(timezone.localdate()).specialists().filter(enterprise=row.enterprise_id)
    names = list(dict.fromkeys(team.order_by("pk").values_list("cadre__name", flat=True)))
    return f"驻企专员{'、'.join(names)}" if names else "助企办（企业没有专员）"


def _day(value: date | None) -> str:
    return f"{value:%Y-%m-%d}" if value else ""
