"""The workbench of those who answer for enterprises: specialists and team leaders."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import prefetch_related_objects
from django.db.models.functions import JSONObject
from django.utils import timezone

from cadres.counting import Count
from cadres.listing import COUNTED_TO, count_text
from cadres.masking import masked_name, masked_phone
from cadres.roles import ASSIGNED
from enterprises.models import Assignment, Enterprise, queries
from reports.briefing import CUT_OFF
from reports.workbench.pieces import WHOLE, Rows, Source, Task, Told, address, end_of
from visits import contact
from visits.models import Visit, VisitDraft

if TYPE_CHECKING:
    from cadres.models import Cadre

ENTERPRISES_SHOWN: Final = 10
NAMED: Final = 3
UNREPORTED: Final = "unreported"


@dataclass(frozen=True)
class Visits:
    """A cadre's visits of the month up to a day, and how many the frequencies ask for; None where none applies."""

    number: int
    expected: int | None
    url: str

    @property
    def unit(self) -> str:
        return "次" if self.expected is None else f"/ {self.expected} 次"


@dataclass(frozen=True)
class Row:
    """One of the cadre's enterprises."""

    enterprise: Enterprise
    today: date

    @property
    def attendance(self) -> str:
        """On duty of those due today, as a percentage; "" where either is unknown."""
        report = self.enterprise.status
        if report is None or report.on_duty is None or not report.due:
            return ""
        return f"{100 * report.on_duty / report.due:.0f}%"

    @property
    def contact_name(self) -> str:
        return masked_name(self.enterprise.contact_name)

    @property
    def contact_phone(self) -> str:
        return masked_phone(self.enterprise.contact_phone)


@dataclass(frozen=True)
class Team:
    """The enterprises that the cadre answers for: the ones that wait longest, and how many there are.

    `counted`: that many is what the directory lists, too; somebody with another role sees more there.
    """

    rows: list[Row]
    total: int
    counted: int | None


def team(cadre: Cadre, assignments: list[Assignment], today: date) -> Team:
    """Three queries, for what belongs to the enterprises that are shown."""
    mine = {row.enterprise_id: row.enterprise for row in assignments}
    waiting = sorted(mine.values(), key=lambda one: (one.last_contact_on or date.min, one.pk))
    shown = waiting[:ENTERPRISES_SHOWN]
    prefetch_related_objects(shown, queries.team_of(today), queries.status_of(today), queries.main_contact())
    return Team([Row(one, today) for one in shown], len(mine), len(mine) if cadre.roles <= ASSIGNED else None)


def assignments_of(cadre: Cadre, today: date) -> list[Assignment]:
    active = Assignment.objects.active(today).filter(cadre=cadre)
    return list(active.select_related("campaign", "enterprise__region__parent").defer("enterprise__address"))


# --- visits of the month ---------------------------------------------------------------------------------------


def visits_of_month(cadre: Cadre, today: date) -> Count:
    return Count(Visit.objects.visible_to(cadre).of_month(today).filter(cadre=cadre))


def beside_expected(made: int, cadre: Cadre, assignments: list[Assignment], today: date) -> Visits:
    first = today.replace(day=1)
    period = {"from": f"{first:%Y-%m-%d}", "to": f"{today:%Y-%m-%d}"}
    url = address("visits:list", specialist=cadre.username, **period)
    return Visits(made, expected_visits(assignments, today), url)


def expected_visits(assignments: list[Assignment], today: date) -> int | None:
    """How many visits the frequencies ask for in this month: of each enterprise its strictest campaign's."""
    wanted: dict[int, int] = {}
    for row in assignments:
        if row.role == Assignment.Role.SPECIALIST and row.enterprise.state == Enterprise.State.OPERATING:
            times = _days_in_month(row, today) // row.campaign.contact_every_days
            wanted[row.enterprise_id] = max(times, wanted.get(row.enterprise_id, 0))
    return sum(wanted.values()) if wanted else None


def _days_in_month(row: Assignment, today: date) -> int:
    """On how many days of the month both the assignment and its campaign last."""
    first, last = today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])
    begin = max(first, row.starts_on, row.campaign.starts_on)
    ends = [last, row.campaign.ends_on, row.ends_on and row.ends_on - timedelta(days=1)]
    return max((min(day for day in ends if day) - begin).days + 1, 0)


# --- what there is to do ---------------------------------------------------------------------------------------


def sources(cadre: Cadre, now: datetime) -> dict[str, Source]:
    """Visits begun and not submitted, enterprises whose day has come, and those of which nothing is reported today."""
    today = timezone.localdate(now)
    due = contact.due_for_contact(cadre, today)
    return {
        "drafts": _drafts(cadre),
        "contacts": Rows(due, lambda enterprise: _contact(enterprise, today)),
        "unreported": _unreported(cadre, today),
    }


def _drafts(cadre: Cadre) -> Told:
    row = JSONObject(client_id="client_id", name="enterprise__name", saved_at="saved_at")
    drafts = VisitDraft.objects.visible_to(cadre)[:WHOLE]
    return Told(ArraySubquery(drafts.values(row=row)), lambda told: [_draft(**draft) for draft in told])


def _draft(client_id: str, name: str | None, saved_at: str) -> Task:
    url = address("visits:new", draft=client_id)
    why = f"走访登记 {timezone.localtime(datetime.fromisoformat(saved_at)):%m-%d %H:%M} 存为草稿，尚未提交"
    return Task("草稿", "grey", name or "未选企业", url, why, "继续填写", url)


def _contact(enterprise: Enterprise, today: date) -> Task:
    due_on: date = enterprise.due_on  # type: ignore[attr-defined]
    last = f"{contact.words(enterprise, today)}，{_asked(enterprise, due_on)}"
    url = address("visits:new", enterprise=str(enterprise.pk))
    return Task("走访", "blue", enterprise.name, enterprise.get_absolute_url(), last, "记走访", url, end_of(due_on))


def _asked(enterprise: Enterprise, due_on: date) -> str:
    """约定 11-25 电话联系, where that is what falls due."""
    if enterprise.agreed_on != due_on:  # type: ignore[attr-defined]
        return f"应于 {due_on:%m-%d} 前联系"
    manner = dict(Visit.Manner.choices).get(enterprise.agreed_manner, "")  # type: ignore[attr-defined]
    return f"约定 {due_on:%m-%d} {manner}联系"


def _unreported(cadre: Cadre, today: date) -> Told:
    """One task for all of them; where they are listed, each can be reported."""
    missing = Enterprise.objects.visible_to(cadre).operating().unreported_on(today)
    names = missing.order_by("region_path", "initials", "pk").values("name")[:NAMED]
    column = JSONObject(count=Count(missing, to=COUNTED_TO + 1), names=ArraySubquery(names))
    return Told(column, lambda told: [_to_report(today, **told)] if told["count"] else [])


def _to_report(today: date, count: int, names: list[str]) -> Task:
    named = "、".join(names) + (" 等" if count > NAMED else "")
    url = address("enterprises:status", status=UNREPORTED)
    due_at = timezone.make_aware(datetime.combine(today, time(CUT_OFF.hour, CUT_OFF.minute)))
    title = f"今日生产经营状况未报 {count_text(count)} 家"
    return Task("补报", "orange", title, url, named, "去填报", url, due_at)
