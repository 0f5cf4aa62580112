"""What passes through an import: rows as read, what is wrong with them, and what is to become of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import date, datetime

    from cadres.models import Cadre
    from reports.imports.cells import Column


class Fault(NamedTuple):
    """One thing that is wrong: in which row of the sheet, in which column, and why."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"第 {self.row} 行 {self.column}：{self.reason}"


@dataclass
class Row:
    """A row of the sheet; `values` has those columns that the sheet has and that could be read."""

    number: int
    values: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def is_good(self) -> bool:
        return not self.faults

    def has_fault(self, column: Column) -> bool:
        return any(fault.column == column.header for fault in self.faults)

    def refuse(self, column: Column, reason: str) -> None:
        self.faults.append(Fault(self.number, column.header, reason))


class Verdict(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Change(NamedTuple):
    """One value that an update replaces, in words."""

    header: str
    before: str
    after: str


@dataclass
class Decision:
    """What is to become of a good row. `record` is what the kind needs for writing it."""

    row: Row
    verdict: Verdict
    subject: str
    changes: list[Change] = field(default_factory=list)
    record: Any = None


@dataclass(frozen=True)
class Situation:
    """Who imports, when, and whether it is meant. Without a cadre the system itself does, and may write anywhere.

    Only when `writing` are rows locked.
    """

    cadre: Cadre | None
    now: datetime
    today: date
    writing: bool = False

    def may_write(self, path: str) -> bool:
        """True if the region with this path lies in the importer's scope."""
        if self.cadre is None:
            return True
        scope = self.cadre.region_scope
        return bool(scope) and path.startswith(scope)


class Kind(Protocol):
    """How one kind of template is imported. An instance serves one file, batch by batch.

    `batch` is the number of rows decided at a time, None if rows depend on others anywhere in the file.
    """

    columns: ClassVar[tuple[Column, ...]]
    most_rows: ClassVar[int]
    batch: ClassVar[int | None]

    def __init__(self, situation: Situation) -> None: ...

    def decide(self, rows: list[Row]) -> list[Decision]:
        """What is to become of the good rows; those that turn out faulty get their faults."""
        ...

    def write(self, decisions: list[Decision]) -> None:
        """Write what was added and updated, with a bounded number of statements."""
        ...

    def remarks(self, added: int) -> list[str]:
        """What people should know after so many rows were added."""
        ...


class Seen:
    """Which row first had a key; keys may be anything hashable."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, int] = {}

    def before(self, key: Hashable, row: Row) -> int | None:
        """The number of an earlier row with this key, or None; then this row is the first."""
        first = self._rows.setdefault(key, row.number)
        return None if first == row.number else first


def compare(stored: object, wanted: dict[str, Any]) -> list[str]:
    """The attributes whose stored value isn't the wanted one."""
    return [name for name, value in wanted.items() if getattr(stored, name) != value]


def changes(stored: object, wanted: dict[str, Any], columns: Sequence[Column]) -> list[Change]:
    """The changes that people see: those of columns, in their order."""
    names = set(compare(stored, wanted))
    return [
        Change(column.header, column.words(getattr(stored, column.name)), column.words(wanted[column.name]))
        for column in columns
        if column.name in names
    ]
