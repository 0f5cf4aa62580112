"""Who is told of an instruction, and in which words.

The inbox has it at once. By e-mail it goes out at once as well, but outside of working hours only about 特急 cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appeals.demanding.telling import answering, case_of, supervisors
from appeals.models.tables import Urgency
from cadres import audience
from cadres import notices as outbox
from cadres.models.notices import MAILED_AT_ONCE_FROM_LEVEL

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import Event, Instruction
    from cadres.audience import Target

JUDGED: Final = {
    "instruction_accept": "批示反馈已认可",
    "instruction_return": "批示反馈被退回，请重新反馈",
    "instruction_revoke": "批示已撤销",
}


def tell_of_giving(instruction: Instruction, event: Event, due: str, now: datetime) -> None:
    """Who has to answer; the supervisors, who will judge the answer; the leader, where the office entered it."""
    said = f"{instruction.leader}：{instruction.demand}\n请在 {due} 前反馈。"
    _tell(instruction, event, answering(instruction), "领导批示，请办理并反馈", said, now)
    _tell(
        instruction, event, supervisors(instruction), "领导作出批示，请跟踪督办", said, now, key="supervisors", level=0
    )
    if instruction.entered_by is not None:
        _tell(instruction, event, _leader(instruction), "已代录你的批示", said, now, key="leader", level=0)


def tell_of_answer(instruction: Instruction, event: Event, now: datetime) -> None:
    """The supervisors judge the answer, the leader reads it."""
    _tell(instruction, event, supervisors(instruction), "批示已反馈，请认可或退回", event.note, now)
    _tell(instruction, event, _leader(instruction), "你的批示已有反馈", event.note, now, key="leader")


def tell_of_judgement(instruction: Instruction, event: Event, now: datetime) -> None:
    """The department in any case; the leader, unless another answer is to come."""
    people = answering(instruction) + ([] if event.step == "instruction_return" else _leader(instruction))
    _tell(instruction, event, people, JUDGED[event.step], event.note, now)


def _tell(
    instruction: Instruction,
    event: Event,
    to: list[Target],
    words: str,
    said: str,
    now: datetime,
    *,
    key: str = "",
    level: int = MAILED_AT_ONCE_FROM_LEVEL,
) -> None:
    appeal = instruction.appeal
    critical = appeal.urgency == Urgency.CRITICAL
    outbox.tell(
        f"instruction:{event.pk}:{key}".rstrip(":"),
        to,
        f"{words}：{appeal.title}",
        now=now,
        body="\n".join(filter(None, (case_of(instruction), said))),
        url=instruction.get_absolute_url(),
        level=level,
        at_once=critical,
        in_working_hours=not critical,
        actor=event.capacity,
    )


def _leader(instruction: Instruction) -> list[Target]:
    return [audience.cadre(instruction.leader_id)]
