"""What the page of one instruction shows, on the screen and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appeals import casefile
from appeals.demanding.recording import events_of, moment

if TYPE_CHECKING:
    from appeals.models import Instruction

Fact = tuple[str, str] | tuple[str, str, str]

# What the paper says of a judgement.
JUDGEMENTS: Final = {
    "instruction_accept": "认可。",
    "instruction_return": "退回重报：",
    "instruction_revoke": "撤销：",
}

RELATED: Final = (
    *("appeal__enterprise", "appeal__region__parent", "appeal__category", "appeal__lead__region", "appeal__handler"),
    *("department", "answering", "leader__department", "leader_deputy", "entered_by__department", "entered_by_deputy"),
    *("replied_by", "replied_by_deputy", "scan"),
)


def facts(instruction: Instruction) -> list[Fact]:
    appeal, leader = instruction.appeal, instruction.leader
    shown: list[Fact] = [
        ("诉求", f"{appeal.number} {appeal.title}", appeal.get_absolute_url()),
        ("企业", appeal.enterprise.name),
        ("所属区域", appeal.place),
        ("批示领导", f"{leader} {leader.department or ''}".strip()),
        ("批示日期", f"{instruction.instructed_on:%Y-%m-%d}"),
        ("交办单位", str(instruction.department or "尚无主办单位")),
        ("要求反馈", moment(instruction.reply_due_at)),
        ("办理时限", moment(appeal.due_at) if appeal.due_at else ""),
        ("诉求状态", appeal.status_label),
    ]
    if instruction.answering_id != instruction.department_id:
        shown.insert(6, ("现反馈单位", str(instruction.answering or "尚无主办单位")))
    if (entered_by := instruction.entered_by) is not None:
        unit = entered_by.department or ""
        shown.append(("代录", f"{entered_by} {unit} {moment(instruction.issued_at)}"))
    if instruction.returns:
        shown.append(("退回", f"{instruction.returns} 次"))
    if instruction.ended_at:
        shown.append(("办结时间", moment(instruction.ended_at)))
    return shown


def entries(instruction: Instruction) -> list[casefile.Entry]:
    """Its history, the latest first, as the case tells it."""
    return casefile.entries(events_of(instruction), ())


def opinions(instruction: Instruction) -> list[str]:
    """What was said to its answers, in order."""
    judged = [event for event in events_of(instruction) if event.step in JUDGEMENTS]
    return [f"{JUDGEMENTS[one.step]}{one.note}（{one.who} {moment(one.at)}）" for one in judged]
