"""What is awaited of somebody beside the case's own way, and watched by the ladder.

The opinions of co-departments, and the answers to leaders' instructions.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import SmallIntegerField, Value
from django.db.models.functions import Cast

from appeals.models import Instruction, Opinion
from appeals.workflow import OPEN, RUNNING
from cadres.among import among_these
from workflow.ladder import Start
from workflow.models import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from appeals.models import Appeal

COLUMNS: Final = ("appeal", "level", "trigger", "round", "subject", "occurrence", "due_at", "department")
NO_LEVEL: Final = Cast(Value(None), SmallIntegerField())


class Awaited(NamedTuple):
    """One thing that is due from a department; from the office where an instruction has none."""

    trigger: Trigger
    start: Start
    department: int | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from everything else that is awaited."""
        return (self.trigger, self.start.subject)

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Awaited:
        """Of the columns from the trigger on."""
        trigger, round_, subject, occurrence, at, department = row
        return cls(Trigger(trigger), Start(at, occurrence, subject, round_), department)


def of(appeals: Iterable[Appeal], instructed: Iterable[Instruction] | None = None) -> defaultdict[int, list[Awaited]]:
    """What these appeals wait for, by their keys. One query; none for appeals that are in no table yet.

    `instructed`: the instructions in force on them, where they are at hand.
    """
    found: defaultdict[int, list[Awaited]] = defaultdict(list)
    stored = [appeal for appeal in appeals if appeal.pk]
    for appeal, _, *row in rows_of(stored) if instructed is None else _opinions(stored):
        found[appeal].append(Awaited.of_row(row))
    under_way = {appeal.pk for appeal in stored if appeal.status in OPEN}
    for one in instructed or ():
        if one.is_owed and one.appeal_id in under_way:
            found[one.appeal_id].append(_instruction(one))
    return found


def rows_of(appeals: Iterable[Appeal]) -> QuerySet[Any, Any]:
    """What these stored appeals wait for, in the columns of COLUMNS; none of it has reached a level."""
    return _opinions(appeals).union(_instructions(appeals), all=True)


def among(appeal: Appeal, asked: Iterable[Opinion], instructed: Iterable[Instruction]) -> list[Awaited]:
    """What this appeal waits for, where the opinions that were asked for and the instructions are at hand."""
    found: list[Awaited] = []
    if appeal.status in RUNNING:
        owed = [one for one in asked if one.given_at is None and one.round == appeal.round]
        rows = ((Trigger.OPINION, one.round, one.pk, 0, one.due_at, one.department_id) for one in owed)
        found += map(Awaited.of_row, rows)
    if appeal.status in OPEN:
        found += [_instruction(one) for one in instructed if one.is_owed]
    return found


def _opinions(appeals: Iterable[Appeal]) -> QuerySet[Any, Any]:
    running = [appeal.pk for appeal in appeals if appeal.status in RUNNING]
    found = Opinion.objects.awaited().of_round_in_hand().filter(among_these("appeal", running)).order_by()
    trigger, first = Value(Trigger.OPINION), Value(0)
    return found.values_list("appeal", NO_LEVEL, trigger, "round", "pk", first, "due_at", "department")


def _instructions(appeals: Iterable[Appeal]) -> QuerySet[Any, Any]:
    under_way = [appeal.pk for appeal in appeals if appeal.status in OPEN]
    found = Instruction.objects.owed().filter(among_these("appeal", under_way)).order_by()
    trigger = Value(Trigger.INSTRUCTION)
    return found.values_list("appeal", NO_LEVEL, trigger, "round", "pk", "returns", "reply_due_at", "answering")


def _instruction(one: Instruction) -> Awaited:
    """Each date that is set is one occurrence, in the round in which the instruction was given."""
    row = (Trigger.INSTRUCTION, one.round, one.pk, one.returns, one.reply_due_at, one.answering_id)
    return Awaited.of_row(row)
