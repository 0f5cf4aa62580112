"""What each indicator means: which rows it is about, and what of them stands above and below the line.

A population is a set of rows of which each has a *standing*, one number that the database works out once per row. An
indicator names the standings that count above and below the line. Figures are counted by standing (`tally`), the rows
behind a figure are selected by standing (`Indicator.rows`): the two cannot disagree. Of a quotient of sums (`Weighed`)
the rows are those that add to it, and their columns add up to the figure (`measure`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, IntegerField, Value

from reports.indicators.cases import Ending, cases, new_appeals, open_cases
from reports.indicators.coverage import ANSWERED_FOR, COVERAGE_STANDINGS, VISITED, to_be_covered
from reports.indicators.fulfilments import (
    GRANTED,
    OUTSTANDING,
    WITHOUT,
    beneficiaries,
    fulfilments,
)
from reports.indicators.measures import measured
from reports.indicators.standings import base_entries, codes_where

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from reports.indicators.scopes import Scope


@dataclass(frozen=True)
class Population:
    """Rows that have a standing, where to look up the path of a row's region and its park, and what a list shows.

    Without a park its rows are told apart by region alone; those of a park are counted for themselves.
    """

    rows: Callable[[Scope], QuerySet[Any]]
    path: str
    park: str = ""
    shown_with: tuple[str, ...] = ()

    @property
    def in_park(self) -> Combinable:
        """The key of a row's park."""
        return F(self.park) if self.park else Value(None, IntegerField())


ENTERPRISES: Final = Population(base_entries, "region__path", "park", ("enterprise", "region", "park"))
CASES: Final = Population(cases, "region_path", "enterprise__park", ("enterprise", "region", "lead"))
OPEN_CASES: Final = Population(open_cases, "region_path")
NEW_APPEALS: Final = Population(new_appeals, "region_path", "enterprise__park")
TO_BE_COVERED: Final = Population(to_be_covered, "region_path", "park", ("region", "park"))
FULFILMENTS: Final = Population(
    fulfilments,
    "region_path",
    "enterprise__park",
    ("enterprise", "region__parent", "item__policy", "item__department"),
)
BENEFICIARIES: Final = Population(beneficiaries, "region_path", "park", ("region", "park"))
MEASURED: Final = Population(measured, "region__path", "park", ("enterprise", "region", "park"))


@dataclass(frozen=True)
class Meaning:
    """What an indicator is called, what it means in words (口径), and what its rows are called."""

    code: str
    label: str
    unit: str
    meaning: str
    population: Population
    above_label: str
    below_label: str


@dataclass(frozen=True)
class Indicator(Meaning):
    """So many rows out of so many, by standing. A count has the same above and below."""

    above: frozenset[int]
    below: frozenset[int]

    @property
    def is_rate(self) -> bool:
        return self.above != self.below

    def rows(self, scope: Scope, *, above: bool) -> QuerySet[Any]:
        """The rows behind the numerator or the denominator; counting them gives the figure."""
        rows = self.population.rows(scope).filter(standing__in=self.above if above else self.below)
        return rows.select_related(*self.population.shown_with)


@dataclass(frozen=True)
class Weighed(Meaning):
    """A quotient of two sums of amounts. Rows without an amount are not in it."""

    above: str
    below: str
    above_row: str
    is_rate = True

    def rows(self, scope: Scope, *, above: bool) -> QuerySet[Any]:
        """The rows that add to it, with `above_line` and `below_line`, which add up to the figure."""
        wanted = self.above_row if above else self.below
        counted: QuerySet[Any] = self.population.rows(scope).filter(**{f"{wanted}__isnull": False})
        counted = counted.annotate(above_line=F(self.above), below_line=F(self.below))
        return counted.select_related(*self.population.shown_with)


BASE: Final = Indicator(
    "base",
    "应复工",
    "家",
    "应复工名单按月冻结，含名单冻结时全部在营企业；此后停业、注销、迁出、失联的移出，新增和恢复在营的列入，逐家列名并注明原因。",
    ENTERPRISES,
    "应复工企业",
    "应复工企业",
    codes_where(lambda standing: True),
    codes_where(lambda standing: True),
)
RESUMPTION: Final = Indicator(
    "resumption",
    "复工率",
    "家",
    "应复工企业中，当日或此前 3 日内最近一次状况为部分复工、全面复工的 ÷ 应复工。"
    "当日未报的沿用最近一次状况，沿用家数单列；超过 3 日没有状况的计入应复工，不计入复工。",
    ENTERPRISES,
    "已复工企业",
    BASE.below_label,
    codes_where(lambda standing: standing.resumed),
    BASE.below,
)
REPORTING: Final = Indicator(
    "reporting",
    "上报率",
    "家",
    "应复工企业中报了当日状况的 ÷ 应复工。低于 90% 的区域照列数据，暂不排名。",
    ENTERPRISES,
    "当日上报企业",
    BASE.below_label,
    codes_where(lambda standing: standing.reported),
    BASE.below,
)
ATTENDANCE: Final = Weighed(
    "attendance",
    "返岗率",
    "人",
    "当日同时报了应到、在岗人数的应复工企业，在岗人数之和 ÷ 应到人数之和。只报一项的不计入。",
    MEASURED,
    "在岗",
    "应到",
    "on_duty",
    "due",
    "on_duty",
)
UTILISATION: Final = Weighed(
    "utilisation",
    "产能利用率",
    "人",
    "当日报了产能利用率、且登记了从业人数的应复工企业，以从业人数加权平均（产能利用率 × 从业人数之和 ÷ 从业人数之和）。"
    "产能利用率可以超过 100%，不封顶。",
    MEASURED,
    "满负荷折算人数",
    "从业人数",
    "in_use",
    "capacity",
    "in_use",
)
POWER: Final = Weighed(
    "power",
    "复工电力指数",
    "家",
    "（复工企业当日用电量 ÷ 全部企业基准日用电量 × 用电量权重 + 复工企业数 ÷ 全部企业数 × 企业数权重）× 100，"
    "没有单位。企业当日用电达到自身基准日用电的门槛即按电力算作复工；权重和门槛可调整，调整后的口径自启用之日起用。"
    "只算登记了基准日用电的应复工企业，当日没有用电数据的按没有复工算。"
    "用全市最近一个有用电数据的日期，并注明日期；用电数据不及近 3 日内最全一日半数的日期不用。",
    MEASURED,
    "按电力复工的企业",
    "有基准日用电的企业",
    "drawn",
    "baseline",
    "powered",
)
COVERAGE: Final = Indicator(
    "coverage",
    "包联覆盖率",
    "家",
    "应包联企业中，统计当日有在任专员的 ÷ 应包联企业。应包联企业是进行中的专项行动（可选定一个）要包联的在营企业，"
    "按现在的登记算，一家企业在几个专项行动中只算一次。",
    TO_BE_COVERED,
    "有专员的企业",
    "应包联企业",
    frozenset({ANSWERED_FOR, ANSWERED_FOR + VISITED}),
    COVERAGE_STANDINGS,
)
VISITED_RATE: Final = Indicator(
    "visited",
    "走访覆盖率",
    "家",
    "应包联企业中，期内至少实地走访过一次的 ÷ 应包联企业。电话、视频联系不算实地走访；一次走访对各专项行动都算。",
    TO_BE_COVERED,
    "期内实地走访过的企业",
    COVERAGE.below_label,
    frozenset({VISITED, ANSWERED_FOR + VISITED}),
    COVERAGE_STANDINGS,
)
TIMELINESS: Final = Indicator(
    "timeliness",
    "按时办结率",
    "件",
    "期内按时办结 ÷（期内办结 + 期末超期未办结）。"
    "办结以审核通过的时刻为准；每一轮都在当时有效的期限内办结的，才算按时。",
    CASES,
    "按时办结诉求",
    "办结和超期未办结诉求",
    frozenset({Ending.ON_TIME.value}),
    frozenset(Ending.values),
)
POLICY_COVERAGE: Final = Indicator(
    "policy_coverage",
    "政策覆盖率",
    "家",
    "有应享政策的企业中，至少一项已兑现或已享受的 ÷ 有应享政策的企业。应享是兑现台账中认定符合条件的，"
    "待核实、不符合的不算；按数据截止时的状态。",
    BENEFICIARIES,
    "已兑现、已享受政策的企业",
    "有应享政策的企业",
    frozenset({GRANTED}),
    frozenset({GRANTED, WITHOUT}),
)
OUTSTANDING_ROWS: Final = Indicator(
    "outstanding",
    "应享未享",
    "条",
    "兑现台账中认定应享、到数据截止时还没有兑现或享受、仍在办理的记录，一家企业每个事项每期为一条。",
    FULFILMENTS,
    "应享未享记录",
    "应享未享记录",
    OUTSTANDING,
    OUTSTANDING,
)
PAYOUT: Final = Weighed(
    "payout",
    "兑现率",
    "元",
    "审核通过的兑现记录，到数据截止时已登记的拨付金额之和 ÷ 核定金额之和。作废的拨付、已追回的记录不算。",
    FULFILMENTS,
    "拨付金额",
    "核定金额",
    "paid",
    "approved",
    "paid",
)
INDICATORS: Final[dict[str, Indicator | Weighed]] = {
    indicator.code: indicator
    for indicator in (
        *(BASE, RESUMPTION, REPORTING, ATTENDANCE, UTILISATION, POWER),
        *(COVERAGE, VISITED_RATE, TIMELINESS),
        *(POLICY_COVERAGE, OUTSTANDING_ROWS, PAYOUT),
    )
}
