"""The tables of a bulletin. Page and workbook both show these, so they cannot differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from reports.indicators import DASH, Figure, rounded
from reports.models import RiskLevel
from reports.wording import below, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.snapshot import CaseLine, Line, NotResumed, Snapshot

UNRANKED: Final = "暂不排名"
RISKS: Final = {str(value): str(label) for value, label in RiskLevel.Colour.choices}


class Kind(Enum):
    """What stands in a column: how it is aligned, how wide it is, how a number is shown."""

    TEXT = "text"
    WORD = "word"
    NAME = "name"
    CODE = "code"
    COUNT = "count"
    RATE = "rate"
    POINTS = "points"
    INDEX = "index"
    CHANGE = "change"
    AMOUNT = "amount"
    DAY = "day"
    MOMENT = "moment"


CSS: Final = {Kind.TEXT: "is-text", Kind.WORD: "is-text", Kind.NAME: "is-name", Kind.CODE: "is-code"}


@dataclass(frozen=True)
class Column:
    label: str
    kind: Kind

    @property
    def css(self) -> str:
        """The class of the column's cells on a page."""
        return CSS.get(self.kind, "is-number")


@dataclass(frozen=True)
class TableRow:
    """`weight`: "total" for a sum, "aside" for what stands beside the others and is never added."""

    values: tuple[Any, ...]
    weight: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    columns: tuple[Column, ...]
    rows: list[TableRow]

    def first(self, count: int) -> Table:
        return replace(self, rows=self.rows[:count])

    @property
    def shown(self) -> list[tuple[str, list[tuple[Column, str]]]]:
        """For a page: the weight of each row, and its cells with their columns, in words."""
        return [
            (
                row.weight,
                [(column, words(value, column.kind)) for column, value in zip(self.columns, row.values, strict=True)],
            )
            for row in self.rows
        ]


def words(value: Any, kind: Kind = Kind.POINTS) -> str:
    """A cell as it is read on a page."""
    match value:
        case None | "":
            return DASH
        case Figure():
            return value.text
        case Decimal() if kind is Kind.AMOUNT:
            return f"{value:,.2f}"
        case Decimal() if kind is not Kind.INDEX:
            return f"{value:+}" if value else str(abs(value))
        case Fraction():
            return f"{rounded(value * 100)}%"
        case datetime():
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
        case date():
            return f"{value:%Y-%m-%d}"
    return str(value)


# How a region or group stands; of regions also how it is ranked and judged.
WORK: Final = (
    Column("应复工", Kind.COUNT),
    Column("累计复工", Kind.COUNT),
    Column("当日新增", Kind.COUNT),
    Column("复工率", Kind.RATE),
    Column("较前一日（百分点）", Kind.POINTS),
    Column("应到岗", Kind.COUNT),
    Column("已返岗", Kind.COUNT),
    Column("返岗率", Kind.RATE),
    Column("产能利用率", Kind.RATE),
    Column("电力指数", Kind.INDEX),
    Column("较前一日", Kind.CHANGE),
)
JUDGED: Final = (
    Column("目标", Kind.RATE),
    Column("差距（百分点）", Kind.POINTS),
    Column("匹配结论", Kind.WORD),
    Column("上报率", Kind.RATE),
)
REPORTED: Final = (
    Column("应复工", Kind.COUNT),
    Column("全面复工", Kind.COUNT),
    Column("部分复工", Kind.COUNT),
    Column("当日减少", Kind.COUNT),
    Column("当日上报", Kind.COUNT),
    Column("上报率", Kind.RATE),
    Column("沿用", Kind.COUNT),
    Column("未报", Kind.COUNT),
)


def overview(snapshot: Snapshot) -> Table:
    """All of the region in one line."""
    name = whole(snapshot.region_kind, snapshot.region_name)
    total = snapshot.total
    columns = (Column("范围", Kind.TEXT), *WORK, Column("上报率", Kind.RATE))
    return Table("总览", columns, [TableRow((name, *_work(total), total.reporting), "total")])


def places(snapshot: Snapshot) -> Table:
    """The ranking, what may not be ranked, the parks beside it, and the sum of the regions."""
    rows = [TableRow((rank_of(line), *_judged(line, line.name))) for line in snapshot.places]
    rows += [TableRow(("", *_judged(line, f"其中：{line.name}")), "aside") for line in snapshot.parks]
    rows += [TableRow(("", *_judged(snapshot.total, "合计")), "total")]
    columns = (
        Column("排名", Kind.COUNT),
        Column("区域", Kind.TEXT),
        Column("疫情等级", Kind.WORD),
        *WORK,
        *JUDGED,
    )
    return Table(f"{below(snapshot.region_kind)}园区", columns, rows)


def reported(snapshot: Snapshot) -> Table:
    """Who reported and who did not, in the order of the ranking."""
    rows = [TableRow((line.name, *_reported(line))) for line in snapshot.places]
    rows += [TableRow((f"其中：{line.name}", *_reported(line)), "aside") for line in snapshot.parks]
    rows += [TableRow(("合计", *_reported(snapshot.total)), "total")]
    return Table("上报情况", (Column("区域", Kind.TEXT), *REPORTED), rows)


def groups(snapshot: Snapshot) -> Table:
    return by_line("分组", "统计类别", snapshot.groups, snapshot.total)


def industries(snapshot: Snapshot) -> Table:
    """By section of GB/T 4754-2017."""
    return by_line("行业", "行业门类", snapshot.industries, snapshot.total)


def trades(snapshot: Snapshot) -> Table:
    """By the place's own grouping; enterprises outside it are in no line."""
    return by_line("行业分组", "行业分组", snapshot.trades, None)


def by_line(title: str, label: str, lines: list[Line], total: Line | None) -> Table:
    rows = [TableRow((line.name, *_work(line))) for line in lines]
    rows += [TableRow(("合计", *_work(total)), "total")] if total else []
    return Table(title, (Column(label, Kind.TEXT), *WORK), rows)


def not_resumed(snapshot: Snapshot) -> Table:
    return listed("未复工", snapshot.idle, snapshot)


def silent(snapshot: Snapshot) -> Table:
    return listed("未报", snapshot.silent, snapshot)


def listed(title: str, enterprises: list[NotResumed], snapshot: Snapshot) -> Table:
    columns = (
        Column("序号", Kind.COUNT),
        Column(below(snapshot.region_kind), Kind.TEXT),
        Column("企业名称", Kind.NAME),
        Column("统一社会信用代码", Kind.CODE),
        Column("统计类别", Kind.TEXT),
        Column("状况", Kind.TEXT),
        Column("状况日期", Kind.DAY),
        Column("专员", Kind.TEXT),
        Column("联系电话", Kind.CODE),
    )
    rows = [
        TableRow(
            (
                number,
                one.place,
                one.name,
                one.credit_code,
                one.category,
                one.state,
                _day(one.on),
                one.specialist,
                one.phone,
            )
        )
        for number, one in enumerate(enterprises, start=1)
    ]
    return Table(title, columns, rows)


def cases(snapshot: Snapshot) -> Table:
    columns = (
        Column("区域", Kind.TEXT),
        Column("新增", Kind.COUNT),
        Column("办结", Kind.COUNT),
        Column("超期未办结", Kind.COUNT),
        Column("本月按时办结", Kind.COUNT),
        Column("本月应办结", Kind.COUNT),
        Column("本月按时办结率", Kind.RATE),
    )
    rows = [TableRow((line.name, *_case_counts(line))) for line in snapshot.case_places]
    rows.append(TableRow(("合计", *_case_counts(snapshot.cases)), "total"))
    return Table("诉求", columns, rows)


def named(snapshot: Snapshot) -> Table:
    columns = (
        Column("区域", Kind.TEXT),
        Column("编号", Kind.CODE),
        Column("标题", Kind.NAME),
        Column("企业", Kind.NAME),
        Column("主办单位", Kind.TEXT),
        Column("办理时限", Kind.MOMENT),
        Column("超期天数", Kind.COUNT),
    )
    rows = [
        TableRow(
            (case.place, case.number, case.title, case.enterprise, case.lead, _moment(case.due_at), case.days_overdue)
        )
        for case in snapshot.named
    ]
    return Table("四级督办诉求", columns, rows)


def changes(snapshot: Snapshot) -> Table:
    columns = (
        Column("序号", Kind.COUNT),
        Column(below(snapshot.region_kind), Kind.TEXT),
        Column("企业名称", Kind.NAME),
        Column("统一社会信用代码", Kind.CODE),
        Column("变动", Kind.TEXT),
        Column("原因", Kind.TEXT),
    )
    rows = [
        TableRow((number, one.place, one.name, one.credit_code, "列入" if one.joined else "移出", one.because))
        for number, one in enumerate(snapshot.changes, start=1)
    ]
    return Table("应复工名单变动", columns, rows)


def _work(line: Line) -> Iterable[Any]:
    sums = line.sums
    return (
        line.base,
        line.resumed,
        line.added,
        line.resumption,
        line.points,
        int(sums.due),
        int(sums.on_duty),
        sums.attendance,
        sums.utilisation,
        _number(line.power),
        _number(line.power_change),
    )


def _judged(line: Line, name: str) -> Iterable[Any]:
    """A region by name, with its risk level and what its electricity says of it."""
    target = Fraction(line.target) / 100 if line.target else None
    colour = RISKS.get(line.risk, "")
    return (name, colour, *_work(line), target, _number(line.gap), line.verdict, line.reporting)


def _reported(line: Line) -> Iterable[Any]:
    return (
        line.base,
        line.full,
        line.resumed - line.full,
        line.lost,
        line.reported,
        line.reporting,
        line.carried,
        line.silent,
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _case_counts(line: CaseLine) -> Iterable[Any]:
    return line.new, line.settled, line.overdue, line.month_in_time, line.month_due, line.timeliness


def rank_of(line: Line) -> int | str:
    if line.rank is not None:
        return line.rank
    return UNRANKED if line.base else ""


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str) -> datetime:
    return timezone.localtime(datetime.fromisoformat(text))
