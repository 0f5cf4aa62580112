"""The ladder: from what is known of a case, which rungs come when.

A case is described by the instants at which its triggers began; `climb` turns them into dated rungs. Nothing here
reads or writes cases: the app that owns them does, and passes `now`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from workflow.models import Rung, Trigger, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from workflow.worktime import WorkCalendar

# An overdue case that nobody settles for years still has a next rung; one sweep looks at no more repeats than this.
MOST_REPEATS = 400
IN_TIME: Final = attrgetter("at", "level")


class Start(NamedTuple):
    """When a trigger began for a case; `occurrence` tells one stay in a status from the next.

    `subject` is the key of what is late where that is not the case itself (an opinion, an instruction), and `round` the
    round of the case in which it was asked for.
    """

    at: datetime
    occurrence: int = 0
    subject: int = 0
    round: int | None = None


class Reached(NamedTuple):
    """A rung with the instant at which it comes."""

    at: datetime
    trigger: str
    level: int
    occurrence: int
    rung: Rung
    subject: int = 0
    round: int | None = None


@dataclass(frozen=True)
class Ladder:
    """The rungs as they stand now, by trigger, for ordinary and for critical (特急) cases.

    Thousands of cases have the same few deadlines, so what comes of a start is kept for as long as the ladder is.
    """

    rungs: Mapping[tuple[str, bool], tuple[Rung, ...]]
    _climbed: dict[tuple[Any, ...], list[Reached]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls) -> Ladder:
        rungs: dict[tuple[str, bool], list[Rung]] = {}
        for rung in Rung.objects.all():
            rungs.setdefault((rung.trigger, rung.critical), []).append(rung)
        return cls({key: tuple(some) for key, some in rungs.items()})

    def climb(
        self, starts: Iterable[tuple[Trigger, Start]], *, critical: bool, calendar: WorkCalendar, until: datetime
    ) -> list[Reached]:
        """All rungs of these triggers up to `until`, and the first one after it of each, in order of time."""
        reached: list[Reached] = []
        for trigger, start in starts:
            key = (trigger, start, critical, calendar, until)
            if (climbed := self._climbed.get(key)) is None:
                rungs = self.rungs.get((trigger, critical), ())
                climbed = [one for rung in rungs for one in _instants(rung, start, calendar, until)]
                self._climbed[key] = climbed
            reached += climbed
        reached.sort(key=IN_TIME)
        return reached


def _instants(rung: Rung, start: Start, calendar: WorkCalendar, until: datetime) -> Iterator[Reached]:
    at = calendar.limit(start.at, rung.amount, rung.unit)
    yield Reached(at, rung.trigger, rung.level, start.occurrence, rung, start.subject, start.round)
    for repeat in range(1, MOST_REPEATS if rung.repeat_days else 0):
        if at > until:
            return
        at = calendar.limit(at, rung.repeat_days, Unit.WORKING_DAYS)
        occurrence = start.occurrence + repeat
        yield Reached(at, rung.trigger, rung.level, occurrence, rung, start.subject, start.round)
