"""What is awaited of somebody beside the case's own way, and watched by the ladder.

The opinions of co-departments, and the answers to leaders' instructions.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from appeals.models import Instruction, Opinion
from appeals.workflow import OPEN, RUNNING
from workflow.ladder import Start
from workflow.models import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appeals.models import Appeal

INSTRUCTION_COLUMNS: Final = ("appeal", "status", "round", "returns", "answering", "reply_due_at")


class Awaited(NamedTuple):
    """One thing that is due from a department; from the office where an instruction has none."""

    trigger: Trigger
    start: Start
    department: int | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from everything else that is awaited."""
        return (self.trigger, self.start.subject)


def of(appeals: Iterable[Appeal], instructed: Iterable[Instruction] | None = None) -> defaultdict[int, list[Awaited]]:
    """What these appeals wait for, by their keys. Two queries; none for appeals that are in no table yet.

    `instructed`: the instructions in force on them, where they are at hand.
    """
    found: defaultdict[int, list[Awaited]] = defaultdict(list)
    stored = [appeal for appeal in appeals if appeal.pk]
    if running := [appeal.pk for appeal in stored if appeal.status in RUNNING]:
        _add_opinions(found, running)
    if under_way := [appeal.pk for appeal in stored if appeal.status in OPEN]:
        if instructed is None:
            instructed = Instruction.objects.owed().filter(appeal__in=under_way).only(*INSTRUCTION_COLUMNS)
        for one in instructed:
            if one.is_owed and one.appeal_id in under_way:
                found[one.appeal_id].append(_instruction(one))
    return found


def among(appeal: Appeal, asked: Iterable[Opinion], instructed: Iterable[Instruction]) -> list[Awaited]:
    """What this appeal waits for, where the opinions that were asked for and the instructions are at hand."""
    found = []
    if appeal.status in RUNNING:
        owed = [one for one in asked if one.given_at is None and one.round == appeal.round]
        starts = [(one, Start(one.due_at, subject=one.pk, round=one.round)) for one in owed]
        found += [Awaited(Trigger.OPINION, start, one.department_id) for one, start in starts]
    if appeal.status in OPEN:
        found += [_instruction(one) for one in instructed if one.is_owed]
    return found


def _add_opinions(found: defaultdict[int, list[Awaited]], appeals: list[int]) -> None:
    opinions = Opinion.objects.awaited().of_round_in_hand().filter(appeal__in=appeals)
    for pk, appeal, round_, department, due_at in opinions.values_list("pk", "appeal", "round", "department", "due_at"):
        start = Start(due_at, subject=pk, round=round_)
        found[appeal].append(Awaited(Trigger.OPINION, start, department))


def _instruction(one: Instruction) -> Awaited:
    """Each date that is set is one occurrence, in the round in which the instruction was given."""
    start = Start(one.reply_due_at, occurrence=one.returns, subject=one.pk, round=one.round)
    return Awaited(Trigger.INSTRUCTION, start, one.answering_id)
