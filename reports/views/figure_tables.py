"""The indicators of a region and of what lies below it, as tables whose numbers lead to the rows they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from reports.briefing import CUT_OFF
from reports.indicators import (
    ATTENDANCE,
    BASE,
    COVERAGE,
    DASH,
    OUTSTANDING_ROWS,
    PAYOUT,
    POLICY_COVERAGE,
    POWER,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    UTILISATION,
    VISITED_RATE,
    Figure,
    Indicator,
    PowerIndex,
    Scope,
    Weighed,
    paid_out,
    tally,
)
from reports.outputs.tables import UNRANKED, words
from reports.wording import below, points

if TYPE_CHECKING:
    from datetime import date

    from reports.figures import Figures, Overview


class Cell(NamedTuple):
    """What stands in a table, and the rows it leads to where it counts any."""

    text: str | int
    url: str = ""
    css: str = "is-number"


class Line(NamedTuple):
    weight: str
    cells: list[Cell]


class FigureTable(NamedTuple):
    title: str
    note: str
    columns: tuple[str, ...]
    lines: list[Line]


class Card(NamedTuple):
    """One large figure, which leads to its rows."""

    label: str
    value: str | int
    unit: str
    note: str
    url: str


@dataclass(frozen=True)
class Links:
    """Where the rows of a figure are, for one scope."""

    scope: Scope

    def to(self, indicator: Indicator | Weighed, part: str, region: str) -> str:
        query = {"part": part, "region": region, **query_of(self.scope)}
        return f"{reverse('reports:rows', args=(indicator.code,))}?{urlencode(query)}" if region else ""

    def above(self, indicator: Indicator | Weighed, count: int, region: str) -> Cell:
        return Cell(count, self.to(indicator, "numerator", region))

    def below(self, indicator: Indicator | Weighed, count: int, region: str) -> Cell:
        return Cell(count, self.to(indicator, "denominator", region))


def query_of(scope: Scope) -> dict[str, str]:
    """What leads from a figure to its rows and back, without the region."""
    query = {"day": scope.day.isoformat(), "since": timezone.localdate(scope.since).isoformat()}
    return query | ({"campaign": str(scope.campaign.pk)} if scope.campaign else {})


class UnderWay(NamedTuple):
    """Today, whose reports still come in: how many there are so far, and where the last whole day is."""

    reported: int
    base: int
    cut_off: int
    yesterday: date
    url: str


def under_way(overview: Overview, scope: Scope) -> UnderWay | None:
    """Until the cut-off of the bulletin, figures of today say more of the hour than of the day; None afterwards."""
    now = timezone.localtime(scope.as_of)
    if scope.day != now.date() or now.time() >= CUT_OFF:
        return None
    reporting, yesterday = overview.total.reporting, scope.day - timedelta(days=1)
    query = {**query_of(scope), "day": yesterday.isoformat(), "region": scope.region.code}
    if scope.since_day > yesterday:
        del query["since"]
    return UnderWay(
        int(reporting.numerator), int(reporting.denominator), CUT_OFF.hour, yesterday, f"?{urlencode(query)}"
    )


def tables(overview: Overview, scope: Scope) -> list[FigureTable]:
    links, lines = Links(scope), overview.lines
    return [
        _resumption(lines, links, f"{below(scope.region.kind)}排名"),
        _work(lines, links, overview.total.power),
        _service(lines, links),
    ]


def _resumption(lines: list[Figures], links: Links, title: str) -> FigureTable:
    columns = (
        *("排名", "区域", "应复工", "累计复工", "复工率", "较前一日（百分点）"),
        *("当日上报", "上报率", "沿用"),
    )
    return FigureTable(
        title,
        "",
        columns,
        [
            Line(
                one.weight,
                [
                    Cell(UNRANKED if one.is_unranked else one.rank or DASH),
                    _name(one),
                    links.below(BASE, one.base, one.code),
                    links.above(RESUMPTION, int(one.resumption.numerator), one.code),
                    Cell(one.resumption.text),
                    Cell(words(one.points)),
                    links.above(REPORTING, int(one.reporting.numerator), one.code),
                    Cell(one.reporting.text),
                    Cell(one.carried),
                ],
            )
            for one in lines
        ],
    )


def _work(lines: list[Figures], links: Links, power: PowerIndex) -> FigureTable:
    columns = (
        *("区域", "应到岗", "已返岗", "返岗率", "产能利用率", "复工电力指数"),
        *("按电力复工", "有基准日用电", "当日有用电数据"),
    )
    return FigureTable(
        "返岗、产能和用电",
        f"用电数据日期：{words(power.day)}" if power.day else "还没有用电数据",
        columns,
        [
            Line(
                one.weight,
                [
                    _name(one),
                    Cell(int(one.attendance.denominator)),
                    Cell(int(one.attendance.numerator)),
                    Cell(one.attendance.text, links.to(ATTENDANCE, "denominator", one.code)),
                    Cell(one.utilisation.text, links.to(UTILISATION, "denominator", one.code)),
                    Cell(one.power.text, links.to(POWER, "denominator", one.code)),
                    links.above(POWER, one.power.resumed, one.code),
                    links.below(POWER, one.power.enterprises, one.code),
                    Cell(one.power.known),
                ],
            )
            for one in lines
        ],
    )


def _service(lines: list[Figures], links: Links) -> FigureTable:
    columns = (
        *("区域", "应包联", "有专员", "包联覆盖率", "实地走访", "走访覆盖率"),
        *("按时办结", "应办结", "按时办结率"),
    )
    return FigureTable(
        "包联走访和诉求办理",
        "",
        columns,
        [
            Line(
                one.weight,
                [
                    _name(one),
                    links.below(COVERAGE, int(one.coverage.denominator), one.code),
                    links.above(COVERAGE, int(one.coverage.numerator), one.code),
                    Cell(one.coverage.text),
                    links.above(VISITED_RATE, int(one.visited.numerator), one.code),
                    Cell(one.visited.text),
                    links.above(TIMELINESS, int(one.timeliness.numerator), one.code),
                    links.below(TIMELINESS, int(one.timeliness.denominator), one.code),
                    Cell(one.timeliness.text),
                ],
            )
            for one in lines
        ],
    )


def _name(one: Figures) -> Cell:
    return Cell(one.name, css="is-text")


# --- large figures ---------------------------------------------------------------------------------------------


def cards(total: Figures, scope: Scope) -> list[Card]:
    """Every indicator once, each leading to its rows."""
    against = points(total.points) or "没有前一日数据"
    power = total.power
    return [
        _card(RESUMPTION, total.resumption.text, f"{out_of(total.resumption, '家')}，{against}", scope),
        _card(BASE, total.base, f"沿用近 3 日状况 {total.carried} 家", scope),
        _card(REPORTING, total.reporting.text, out_of(total.reporting, "家"), scope),
        _card(ATTENDANCE, total.attendance.text, out_of(total.attendance, "人"), scope),
        _card(UTILISATION, total.utilisation.text, f"按 {total.utilisation.denominator} 人加权", scope),
        _card(POWER, power.text, f"{words(power.day)} 的用电数据" if power.day else "还没有用电数据", scope),
        _card(COVERAGE, total.coverage.text, out_of(total.coverage, "家"), scope),
        _card(VISITED_RATE, total.visited.text, f"{out_of(total.visited, '家')}，自 {words(scope.since_day)}", scope),
        _card(
            TIMELINESS, total.timeliness.text, f"{out_of(total.timeliness, '件')}，自 {words(scope.since_day)}", scope
        ),
        *_policy_cards(scope),
    ]


def _policy_cards(scope: Scope) -> list[Card]:
    covered, rows = (tally(one.population, scope).figure(one) for one in (POLICY_COVERAGE, OUTSTANDING_ROWS))
    paid = paid_out(scope)
    money = f"拨付 {paid.numerator / 10_000:,.2f} / 核定 {paid.denominator / 10_000:,.2f} 万元"
    return [
        _card(POLICY_COVERAGE, covered.text, out_of(covered, "家"), scope),
        _card(OUTSTANDING_ROWS, int(rows.denominator), "已认定应享、还在办理", scope),
        _card(PAYOUT, paid.text, money, scope),
    ]


def out_of(figure: Figure, unit: str) -> str:
    return f"{figure.numerator} / {figure.denominator} {unit}"


def _card(indicator: Indicator | Weighed, value: str | int, note: str, scope: Scope) -> Card:
    part = "numerator" if isinstance(indicator, Indicator) and indicator.is_rate else "denominator"
    url = Links(scope).to(indicator, part, scope.region.code)
    return Card(indicator.label, value, "" if indicator.is_rate else indicator.unit, note, url)
