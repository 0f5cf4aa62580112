"""The dashboard's page: what `reports.dashboard` counted, in words, links and data for the charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from cadres.http import CadreRequest
from reports.dashboard import LIGHTS, Category, Dashboard, look
from reports.filters import ScopeFilter
from reports.indicators import (
    ATTENDANCE,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    Figure,
    Indicator,
    Scope,
    Weighed,
    rounded,
)
from reports.models import RiskLevel
from reports.views.figure_tables import Card, Links, out_of, under_way
from reports.views.indicators import render_figures, require_right
from reports.wording import below, points

if TYPE_CHECKING:
    from fractions import Fraction

    from reports.figures import Figures, Point

NAMED_AT_MOST: Final = 5
COLOURS: Final = dict(RiskLevel.Colour.choices)


@require_safe
def dashboard(request: CadreRequest) -> HttpResponse:
    require_right(request)
    now = timezone.now()
    form = ScopeFilter(request.GET, cadre=request.user)
    context: dict[str, Any] = {"title": "驾驶舱", "filter": form, "complaints": form.complaints()}
    if not context["complaints"]:
        context |= Page(look(form.scope(now), request.user)).context()
    return render_figures(request, "reports/dashboard.html", context)


class Tile(NamedTuple):
    name: str
    rate: str
    colour: str
    colour_name: str
    url: str


class Bar(NamedTuple):
    """A category's row: lengths in per cent of the longest bar."""

    category: Category
    length: int
    ended_length: int
    url: str
    open_url: str
    ended_url: str


@dataclass(frozen=True)
class Page:
    found: Dashboard

    @property
    def scope(self) -> Scope:
        return self.found.scope

    def context(self) -> dict[str, Any]:
        places = self.found.overview.places
        return {
            "scope": self.scope,
            "as_of": self.found.as_of,
            "under_way": under_way(self.found.overview, self.scope),
            "below": below(self.scope.region.kind),
            "silent": [one.name for one in places if one.base and not one.reporting.numerator][:NAMED_AT_MOST],
            "cards": self.cards(),
            "trend": [(point, self.of_day(point)) for point in self.found.trend],
            "trend_data": self.trend_data(),
            "ranking": [(one, self.to_rows(one)) for one in places],
            "ranking_data": [self.ranking_datum(one) for one in places],
            "tiles": [self.tile(one) for one in places if one.code],
            "lights": self.lights(),
            "bars": self.bars(),
        }

    def cards(self) -> list[Card]:
        total, present, cases = self.found.overview.total, self.found.attendance, self.found.cases
        against = points(total.points) or "没有前一日数据"
        change = _change(self.found.visits, self.found.visits_before)
        waiting = f"另有 {cases.of_light['yellow']} 件即将到期"
        return [
            self.rate(RESUMPTION, total.resumption, against),
            self.rate(ATTENDANCE, present, out_of(present, "人"), part="denominator"),
            Card("当日走访", self.found.visits, "次", change, self.visits_url()),
            Card("在办诉求", cases.open, "件", f"{cases.escalated} 件在督办", self.cases_url(status="open")),
            self.rate(TIMELINESS, total.timeliness, out_of(total.timeliness, "件")),
            Card("超期诉求", cases.of_light["red"], "件", waiting, self.cases_url(light="red")),
        ]

    def rate(self, indicator: Indicator | Weighed, figure: Figure, note: str, part: str = "numerator") -> Card:
        url = Links(self.scope).to(indicator, part, self.scope.region.code)
        return Card(indicator.label, figure.text.removesuffix("%"), "%" if figure.rate is not None else "", note, url)

    def trend_data(self) -> dict[str, Any]:
        """For the chart: percentages or nothing, each day with the rows it leads to."""
        return {
            "days": [self.day_of(point) for point in self.found.trend],
            "urls": [self.of_day(point) for point in self.found.trend],
            "lines": [
                {"name": RESUMPTION.label, "values": [_percent(point.resumption.rate) for point in self.found.trend]},
                {"name": REPORTING.label, "values": [self.reporting_of(point) for point in self.found.trend]},
            ],
        }

    def is_under_way(self, point: Point) -> bool:
        return point.day == self.scope.day and under_way(self.found.overview, self.scope) is not None

    def day_of(self, point: Point) -> str:
        """11-23, and that its reports still come in."""
        return f"{point.day:%m-%d}" + ("\n上报中" if self.is_under_way(point) else "")

    def reporting_of(self, point: Point) -> float | None:
        """Nothing of a day that has only begun: the line would fall to the ground every morning."""
        return None if self.is_under_way(point) else _percent(point.reporting.rate)

    def of_day(self, point: Point) -> str:
        scope = Scope(self.scope.region, point.day, self.scope.as_of, since=self.scope.since)
        return Links(scope).to(RESUMPTION, "numerator", self.scope.region.code)

    def ranking_datum(self, one: Figures) -> dict[str, Any]:
        return {
            "name": one.name,
            "rank": one.rank or "—",
            "value": _percent(one.resumption.rate),
            "text": one.resumption.text,
            "ranked": one.rank is not None,
            "url": self.to_rows(one),
        }

    def to_rows(self, one: Figures) -> str:
        return Links(self.scope).to(RESUMPTION, "numerator", one.code)

    def tile(self, one: Figures) -> Tile:
        colour = COLOURS.get(one.risk, "未定级")
        return Tile(one.name, one.resumption.text, one.risk or "none", colour, self.to_rows(one))

    def lights(self) -> list[tuple[str, str, int, str]]:
        counted = self.found.cases.of_light
        return [(light, label, counted[light], self.cases_url(light=light)) for light, label in LIGHTS]

    def bars(self) -> list[Bar]:
        most = max((row.total for row in self.found.categories), default=0)
        return [self.bar(row, most) for row in self.found.categories]

    def bar(self, row: Category, most: int) -> Bar:
        period = {"category": row.key, "from": self.scope.since_day.isoformat(), "to": self.scope.day.isoformat()}
        return Bar(
            row,
            round(100 * row.total / most),
            round(100 * row.ended / most),
            self.cases_url(**period),
            self.cases_url(**period, status="open"),
            self.cases_url(**period, status="closed"),
        )

    def visits_url(self) -> str:
        day = self.scope.day.isoformat()
        query = {"from": day, "to": day, "region": self.scope.region.code}
        return f"{reverse('visits:list')}?{urlencode(query)}"

    def cases_url(self, **query: Any) -> str:
        return f"{reverse('appeals:list')}?{urlencode({'region': self.scope.region.code, **query})}"


def _percent(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rounded(rate * 100))


def _change(now: int, before: int) -> str:
    if now == before:
        return "与前一日持平"
    return f"较前一日{'增加' if now > before else '减少'} {abs(now - before)} 次"
