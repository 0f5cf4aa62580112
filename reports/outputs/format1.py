"""The tables of the first format, which knew no people, capacity, electricity and risk levels.

Bulletins that were made with it are shown as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reports.outputs.tables import Column, Kind, Table, TableRow, listed, rank_of
from reports.wording import below, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.snapshot import Line, Snapshot

COUNTS: Final = (
    Column("应复工", Kind.COUNT),
    Column("累计复工", Kind.COUNT),
    Column("全面复工", Kind.COUNT),
    Column("当日新增", Kind.COUNT),
    Column("当日减少", Kind.COUNT),
    Column("复工率", Kind.RATE),
    Column("较前一日（百分点）", Kind.POINTS),
    Column("当日上报", Kind.COUNT),
    Column("上报率", Kind.RATE),
    Column("沿用", Kind.COUNT),
    Column("未报", Kind.COUNT),
)


def overview(snapshot: Snapshot) -> Table:
    """All of the region, then its statistical groups."""
    name = whole(snapshot.region_kind, snapshot.region_name)
    rows = [TableRow((name, *_counts(snapshot.total)), "total")]
    rows += [TableRow((line.name, *_counts(line))) for line in snapshot.groups]
    return Table("总览", (Column("统计类别", Kind.TEXT), *COUNTS), rows)


def places(snapshot: Snapshot) -> Table:
    """The ranking, what may not be ranked, the parks beside it, and the sum of the regions."""
    rows = [TableRow((rank_of(line), line.name, *_counts(line))) for line in snapshot.places]
    rows += [TableRow(("", f"其中：{line.name}", *_counts(line)), "aside") for line in snapshot.parks]
    rows += [TableRow(("", "合计", *_counts(snapshot.total)), "total")]
    columns = (Column("排名", Kind.COUNT), Column("区域", Kind.TEXT), *COUNTS)
    return Table(below(snapshot.region_kind), columns, rows)


def not_resumed(snapshot: Snapshot) -> Table:
    """Those known not to have resumed and those of which nothing is known, in one list."""
    return listed("未复工", snapshot.not_resumed, snapshot)


def _counts(line: Line) -> Iterable[Any]:
    return (
        line.base,
        line.resumed,
        line.full,
        line.added,
        line.lost,
        line.resumption,
        line.points,
        line.reported,
        line.reporting,
        line.carried,
        line.silent,
    )
