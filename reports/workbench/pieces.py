"""What a workbench is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from cadres.counting import Count
from cadres.listing import COUNTED_TO, count_text, cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

SHOWN: Final = 8
WHOLE: Final = 1_000  # so many rows at most, where all are asked for

# Until which hour of the day one greets how.
GREETINGS: Final = ((5, "晚上好"), (9, "早上好"), (12, "上午好"), (14, "中午好"), (18, "下午好"), (24, "晚上好"))


@dataclass(frozen=True)
class Stat:
    """A number that leads to the rows it counts."""

    label: str
    number: int
    unit: str
    url: str
    icon: str
    colour: str

    @property
    def value(self) -> str:
        return count_text(self.number)


@dataclass(frozen=True)
class Task:
    """One thing to do: what kind, about whom, why, until when, and where it is done."""

    kind: str
    colour: str
    title: str
    url: str
    why: str
    verb: str
    verb_url: str
    due_at: datetime | None = None

    def when(self, now: datetime) -> str:
        """已超期, 14:30 of today, 11-21 of another day; 今天 where nothing presses."""
        if self.due_at is None:
            return "今天"
        if self.due_at < now:
            return "已超期"
        local = timezone.localtime(self.due_at)
        return f"{local:%H:%M}" if local.date() == timezone.localdate(now) else f"{local:%m-%d}"


@dataclass(frozen=True)
class Tasks:
    """The first of the things to do, with how many there are."""

    rows: list[tuple[str, Task]]
    total: int

    @classmethod
    def of(cls, found: list[Task], total: int, *, now: datetime, shown: int) -> Tasks:
        """The most urgent of those that were read, which are the most urgent of each kind."""
        urgent = sorted(found, key=lambda task: (task.due_at is None, task.due_at or now))
        return cls([(task.when(now), task) for task in urgent[:shown]], total)

    @property
    def count(self) -> str:
        return count_text(self.total)

    @property
    def has_more(self) -> bool:
        return self.total > len(self.rows)


class Source(Protocol):
    """Things to do of one kind. Their number is counted with that of all others; what it is shows `count`."""

    @property
    def column(self) -> Combinable:
        """What the statement that counts asks for."""

    def count(self, counted: Any) -> int:
        """How many things to do those are, once the column was answered; beyond 1,000 nobody counts."""

    def first(self, counted: Any, most: int) -> list[Task]:
        """The most urgent of them."""


@dataclass(frozen=True)
class Rows:
    """A task for each row. The rows come most urgent first; none are read where none were counted."""

    rows: QuerySet[Any]
    task: Callable[[Any], Task]

    @property
    def column(self) -> Combinable:
        return Count(self.rows, to=COUNTED_TO + 1)

    def count(self, counted: int) -> int:
        return counted

    def first(self, counted: int, most: int) -> list[Task]:
        return [self.task(row) for row in cut(self.rows, 0, most)] if counted else []


@dataclass(frozen=True)
class Told:
    """Tasks for which no row is read: all that they say is told by the statement that counts."""

    column: Combinable
    tasks: Callable[[Any], list[Task]]

    def count(self, told: Any) -> int:
        return len(self.tasks(told))

    def first(self, told: Any, most: int) -> list[Task]:
        return self.tasks(told)[:most]


def greeting(now: datetime) -> str:
    hour = timezone.localtime(now).hour
    return next(words for until, words in GREETINGS if hour < until)


def address(name: str, *args: Any, **query: str) -> str:
    return reverse(name, args=args) + (f"?{urlencode(query)}" if query else "")


def end_of(day: date) -> datetime:
    """The last moment of a day."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(microseconds=1)
