"""What is awaited of somebody beside the case's own way, and watched by the ladder: the opinions of co-departments."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from appeals.models import Opinion
from appeals.workflow import RUNNING
from workflow.ladder import Start
from workflow.models import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appeals.models import Appeal


class Awaited(NamedTuple):
    """One thing that is due from a department."""

    trigger: Trigger
    start: Start
    department: int


def of(appeals: Iterable[Appeal]) -> defaultdict[int, list[Awaited]]:
    """What these appeals wait for, by their keys. One query; none for appeals that are in no table yet."""
    found: defaultdict[int, list[Awaited]] = defaultdict(list)
    running = [appeal.pk for appeal in appeals if appeal.pk and appeal.status in RUNNING]
    if not running:
        return found
    opinions = Opinion.objects.awaited().of_round_in_hand().filter(appeal__in=running)
    for pk, appeal, round_, department, due_at in opinions.values_list("pk", "appeal", "round", "department", "due_at"):
        start = Start(due_at, subject=pk, round=round_)
        found[appeal].append(Awaited(Trigger.OPINION, start, department))
    return found
