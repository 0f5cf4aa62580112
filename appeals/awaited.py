"""What is awaited of somebody beside the case's own way, and watched by the ladder.

The opinions of co-departments, and the answers to leaders' instructions.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from appeals.models import Instruction, Opinion
from appeals.workflow import OPEN, RUNNING
from workflow.ladder import Start
from workflow.models import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appeals.models import Appeal


class Awaited(NamedTuple):
    """One thing that is due from a department; from the office where an instruction has none."""

    trigger: Trigger
    start: Start
    department: int | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from everything else that is awaited."""
        return (self.trigger, self.start.subject)


def of(appeals: Iterable[Appeal]) -> defaultdict[int, list[Awaited]]:
    """What these appeals wait for, by their keys. Two queries; none for appeals that are in no table yet."""
    found: defaultdict[int, list[Awaited]] = defaultdict(list)
    stored = [appeal for appeal in appeals if appeal.pk]
    if running := [appeal.pk for appeal in stored if appeal.status in RUNNING]:
        _add_opinions(found, running)
    if under_way := [appeal.pk for appeal in stored if appeal.status in OPEN]:
        _add_instructions(found, under_way)
    return found


def _add_opinions(found: defaultdict[int, list[Awaited]], appeals: list[int]) -> None:
    opinions = Opinion.objects.awaited().of_round_in_hand().filter(appeal__in=appeals)
    for pk, appeal, round_, department, due_at in opinions.values_list("pk", "appeal", "round", "department", "due_at"):
        start = Start(due_at, subject=pk, round=round_)
        found[appeal].append(Awaited(Trigger.OPINION, start, department))


def _add_instructions(found: defaultdict[int, list[Awaited]], appeals: list[int]) -> None:
    """Each date that is set is one occurrence, in the round in which the instruction was given."""
    owed = Instruction.objects.owed().filter(appeal__in=appeals)
    columns = ("pk", "appeal", "round", "returns", "answering", "reply_due_at")
    for pk, appeal, round_, returns, department, due_at in owed.values_list(*columns):
        start = Start(due_at, occurrence=returns, subject=pk, round=round_)
        found[appeal].append(Awaited(Trigger.INSTRUCTION, start, department))
