"""The workbench of those who see a whole region: office, supervisor, leader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from cadres.counting import Count
from cadres.listing import COUNTED_TO
from enterprises.models import Enterprise
from reports.indicators import REPORTING, RESUMPTION, TIMELINESS, Scope, days_of, moments_of
from reports.models import Briefing, ImportJob, Moment
from reports.workbench.pieces import Rows, Source, Stat, Task, address, end_of

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from cadres.models import Cadre, Region
    from reports.indicators import Indicator, Tally

BRIEFINGS_SHOWN: Final = 5
A_DAY: Final = timedelta(days=1)


def not_reported(cadre: Cadre, now: datetime) -> Count:
    """Operating enterprises of whose state nothing is reported today."""
    missing = Enterprise.objects.visible_to(cadre).operating().unreported_on(timezone.localdate(now))
    return Count(missing, to=COUNTED_TO + 1)


def unreported(counted: int) -> Stat:
    url = address("enterprises:status", status="unreported")
    return Stat("今日未报企业", counted, "家", url, "activity", "yellow")


def sources_of_office(cadre: Cadre) -> dict[str, Source]:
    """Bulletins to sign and imports to confirm."""
    return {"briefings": _briefings_to_sign(cadre), "imports": _imports_to_confirm(cadre)}


def _briefings_to_sign(cadre: Cadre) -> Rows:
    """Drafts of the office's own region; those below are signed there."""
    drafts = Briefing.objects.visible_to(cadre).drafts().filter(region=cadre.region).select_related("region")
    return Rows(drafts.without_contents().order_by("day", "pk"), _briefing)


def _briefing(draft: Briefing) -> Task:
    url = draft.get_absolute_url()
    why = f"{draft.day:%m-%d}，数据截至 {timezone.localtime(draft.cut_off_at):%H:%M}，等待签发"
    return Task("通报", "yellow", str(draft), url, why, "去签发", url, end_of(draft.day))


def _imports_to_confirm(cadre: Cadre) -> Rows:
    """The cadre's own uploads that have been checked."""
    jobs = ImportJob.objects.filter(uploaded_by=cadre, state=ImportJob.State.CHECKED).defer("preview")
    return Rows(jobs.order_by("pk"), _import)


def _import(job: ImportJob) -> Task:
    url = job.get_absolute_url()
    why = f"新增 {job.added} 行，更新 {job.updated} 行，错误 {job.faulty} 行，等待确认"
    return Task("导入", "blue", str(job), url, why, "去确认", url)


def briefings(cadre: Cadre) -> list[Briefing]:
    """The newest signed bulletins of the scope, the widest region's first."""
    signed = (
        Briefing.objects.visible_to(cadre)
        .signed()
        .without_contents()
        .select_related("region", "signed_by", "signed_by_deputy")
    )
    return list(signed.order_by("-day", "region__path", "-version")[:BRIEFINGS_SHOWN])


# --- figures ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A figure as it stands now, and what else is to be known of it."""

    label: str
    value: str
    unit: str
    note: str
    url: str


def figures(region: Region, now: datetime) -> tuple[list[Key], datetime]:
    """复工率, 上报率 and 按时办结率 of the region beside the same hour of the day before, and of when the oldest is.

    Two to five queries.
    """
    today, before = _scope(region, now), _scope(region, now - A_DAY)
    (day,) = days_of([today], by_place=False)
    compared = ((Moment.Of.ENTERPRISES, before), (Moment.Of.CASES, today), (Moment.Of.CASES, before))
    statuses_before, cases, cases_before = moments_of(compared, by_place=False)
    statuses, ended = (day.tally, statuses_before.tally), (cases.tally, cases_before.tally)
    rates = [_rate(RESUMPTION, *statuses), _rate(REPORTING, *statuses), _rate(TIMELINESS, *ended)]
    return rates, min(day.as_of, cases.as_of)


def _scope(region: Region, now: datetime) -> Scope:
    return Scope.of_month(region, timezone.localdate(now), now)


def _rate(indicator: Indicator, today: Tally, before: Tally) -> Key:
    now, then = today.figure(indicator), before.figure(indicator)
    unit = "%" if now.rate is not None else ""
    url = address("reports:rows", indicator.code, part="numerator")
    return Key(indicator.label, now.text.removesuffix("%"), unit, _change(now.points_above(then)), url)


def _change(points: Decimal | None) -> str:
    if points is None:
        return "昨日无数据"
    if not points:
        return "与昨日持平"
    return f"较昨日 {'↑' if points > 0 else '↓'} {abs(points)} 个百分点"


def counted(stat: Stat, note: str) -> Key:
    """A count of rows among the figures."""
    return Key(stat.label, stat.value, stat.unit, note, stat.url)
