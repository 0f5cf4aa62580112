"""Which tables a bulletin has, in which order: the same for its page and for its workbook, by the snapshot's format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.outputs import departments, format1, tables

if TYPE_CHECKING:
    from reports.outputs.tables import Table
    from reports.snapshot import Snapshot


INDUSTRIES: Final = 4  # where they stand in the second format
NO_PROJECTS: Final = "应复工名单上没有重点工程"
NO_POLICIES: Final = "兑现台账中没有认定应享的记录"


@dataclass(frozen=True)
class Sheet:
    """One sheet of the workbook, one panel of the page.

    A chart shows 复工率 of its first `charted` rows. `is_list` marks lists of enterprises, which a page shows in part;
    `empty` is what stands there where nobody is on them. `below` are tables under it in the same sheet.
    """

    table: Table
    charted: int = 0
    is_list: bool = False
    empty: str = ""
    below: tuple[Table, ...] = ()


def sheets(snapshot: Snapshot) -> list[Sheet]:
    """By format: 1 and 2 are shown as they were."""
    if snapshot.schema == 1:
        return _first(snapshot)
    return _second(snapshot) if snapshot.schema == 2 else _current(snapshot)


def _current(snapshot: Snapshot) -> list[Sheet]:
    """The second format with key projects after the industries, and the policies at the end."""
    found = _second(snapshot)
    found.insert(
        INDUSTRIES + 1, Sheet(departments.projects(snapshot), charted=len(snapshot.projects), empty=NO_PROJECTS)
    )
    progress = departments.policies(snapshot)
    return [*found, Sheet(progress, empty=NO_POLICIES, below=_used(departments.policy_departments(snapshot)))]


def _second(snapshot: Snapshot) -> list[Sheet]:
    return [
        Sheet(tables.overview(snapshot)),
        Sheet(tables.places(snapshot), charted=len(snapshot.places)),
        Sheet(tables.reported(snapshot)),
        Sheet(tables.groups(snapshot), charted=len(snapshot.groups)),
        Sheet(tables.industries(snapshot), below=_used(tables.trades(snapshot))),
        Sheet(
            tables.not_resumed(snapshot),
            is_list=True,
            empty="没有未复工的企业",
            below=_used(tables.changes(snapshot)),
        ),
        Sheet(tables.silent(snapshot), is_list=True, empty="没有未报的企业"),
        _cases(snapshot),
    ]


def _first(snapshot: Snapshot) -> list[Sheet]:
    return [
        Sheet(format1.overview(snapshot)),
        Sheet(format1.places(snapshot), charted=len(snapshot.places)),
        Sheet(
            format1.not_resumed(snapshot),
            is_list=True,
            empty="没有未复工、未报的企业",
            below=_used(tables.changes(snapshot)),
        ),
        _cases(snapshot),
    ]


def _cases(snapshot: Snapshot) -> Sheet:
    return Sheet(tables.cases(snapshot), below=_used(tables.named(snapshot)))


def _used(*found: Table) -> tuple[Table, ...]:
    return tuple(table for table in found if table.rows)
