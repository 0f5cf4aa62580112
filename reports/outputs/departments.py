"""Tables by who is responsible: the key projects, and how far the policies have come."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from reports.outputs.tables import Column, Kind, Table, TableRow, by_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.snapshot import PolicyLine, Snapshot

PROGRESS: Final = (
    Column("应享企业", Kind.COUNT),
    Column("应享条数", Kind.COUNT),
    Column("已申报", Kind.COUNT),
    Column("已兑现", Kind.COUNT),
    Column("应享未享", Kind.COUNT),
    Column("政策覆盖率", Kind.RATE),
    Column("应享（万元）", Kind.AMOUNT),
    Column("核定（万元）", Kind.AMOUNT),
    Column("拨付（万元）", Kind.AMOUNT),
    Column("兑现率", Kind.RATE),
)


def projects(snapshot: Snapshot) -> Table:
    """Key projects by responsible department, and all of them."""
    total = snapshot.projects_total if snapshot.projects else None
    return by_line("重点工程", "责任部门", snapshot.projects, total)


def policies(snapshot: Snapshot) -> Table:
    """By item."""
    rows = [TableRow((line.name, line.department, *_progress(line))) for line in snapshot.policies]
    rows += [TableRow(("合计", "", *_progress(snapshot.policies_total)), "total")] if rows else []
    columns = (Column("政策事项", Kind.TEXT), Column("责任部门", Kind.TEXT), *PROGRESS)
    return Table("政策兑现", columns, rows)


def policy_departments(snapshot: Snapshot) -> Table:
    """By responsible department; an enterprise that two of them serve is one enterprise of each."""
    rows = [TableRow((line.name, line.items, *_progress(line))) for line in snapshot.policy_departments]
    columns = (Column("责任部门", Kind.TEXT), Column("事项数", Kind.COUNT), *PROGRESS)
    return Table("政策兑现按责任部门", columns, rows)


def _progress(line: PolicyLine) -> Iterable[Any]:
    return (
        line.enterprises,
        line.entitled,
        line.declared,
        line.granted,
        line.outstanding,
        line.coverage,
        _wan(line.due),
        _wan(line.approved),
        _wan(line.paid),
        line.payout,
    )


def _wan(yuan: str) -> Decimal | None:
    return Decimal(yuan) / 10_000 if yuan else None
