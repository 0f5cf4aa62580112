"""What happened around one enterprise, from every floor: visits, appeals, status, policies, those who answer for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q, TextChoices, Window
from django.db.models.functions import Lag
from django.utils import timezone

from appeals.models import Appeal
from appeals.models import Event as AppealEvent
from enterprises.models import Assignment, OperatingStatus
from policies.models import Event as PolicyEvent
from policies.models import Fulfilment
from visits.models import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cadres.models import Cadre
    from enterprises.models import Enterprise

PER_PAGE: Final = 20
LAST_PAGE: Final = 20
# What happens between the milestones of an appeal is read on its own page.
MINOR_STEPS: Final = ("progress", "urge")


class Kind(TextChoices):
    VISIT = "visit", "走访"
    APPEAL = "appeal", "诉求"
    STATUS = "status", "状况变化"
    POLICY = "policy", "政策兑现"
    ASSIGNMENT = "assignment", "包联"


RIGHTS: Final = {
    Kind.VISIT: "visits.view_visit",
    Kind.APPEAL: "appeals.view_appeal",
    Kind.POLICY: "policies.view_fulfilment",
}
ICONS: Final = {
    Kind.VISIT: "clipboard-check",
    Kind.APPEAL: "message-report",
    Kind.STATUS: "activity",
    Kind.POLICY: "coin",
    Kind.ASSIGNMENT: "users",
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `time` is "" where only the day is known."""

    kind: Kind
    at: datetime
    title: str
    who: str = ""
    text: str = ""
    url: str = ""
    colour: str = ""
    time: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    number: int
    has_next: bool


def kinds_for(cadre: Cadre) -> list[Kind]:
    """What this cadre may read of an enterprise within the scope."""
    return [kind for kind in Kind if kind not in RIGHTS or cadre.has_perm(RIGHTS[kind])]


def page_of(enterprise: Enterprise, cadre: Cadre, kinds: Iterable[Kind], number: int) -> Page:
    """The newest first. At most two queries for each kind, each bounded by what lies on this page and before it."""
    wanted = number * PER_PAGE + 1
    found = [entry for kind in kinds for entry in SOURCES[kind](enterprise, cadre, wanted)]
    found.sort(key=lambda entry: entry.at, reverse=True)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    return Page(shown, number, len(found) >= wanted and number < LAST_PAGE)


def _visits(enterprise: Enterprise, cadre: Cadre, wanted: int) -> list[Entry]:
    visits = Visit.objects.visible_to(cadre).filter(enterprise=enterprise).select_related("cadre")
    newest = visits.order_by("-visited_on", F("arrived_at").desc(nulls_last=True), "-pk")
    return [
        Entry(
            Kind.VISIT,
            _at(visit.visited_on, visit.arrived_at),
            f"{visit.get_manner_display()}走访",
            visit.cadre.name,
            visit.summary,
            visit.get_absolute_url(),
            "green",
            visit.hours,
        )
        for visit in newest[:wanted]
    ]


def _appeals(enterprise: Enterprise, cadre: Cadre, wanted: int) -> list[Entry]:
    visible = Appeal.objects.visible_to(cadre).filter(enterprise=enterprise).values("pk")
    events = AppealEvent.objects.filter(appeal__in=visible).exclude(step__in=MINOR_STEPS)
    newest = events.select_related("appeal", "on_behalf_of").order_by("-at", "-pk")
    return [
        Entry(
            Kind.APPEAL,
            event.at,
            f"{event.label}：{event.appeal.title}",
            event.who,
            event.note,
            event.appeal.get_absolute_url(),
            time=_clock(event.at),
        )
        for event in newest[:wanted]
    ]


def _statuses(enterprise: Enterprise, cadre: Cadre, wanted: int) -> list[Entry]:
    """Days on which the state was another than on the last day reported before."""
    before = Window(Lag("state"), order_by=F("day").asc())
    rows = OperatingStatus.objects.filter(enterprise=enterprise).telling_state().annotate(before=before)
    changed = rows.filter(Q(before=None) | ~Q(before=F("state"))).order_by("-day")
    changed = changed.select_related("reported_by", "reported_by_deputy")
    return [
        Entry(
            Kind.STATUS,
            _at(row.day),
            _change(row),
            str(row.reported_by or row.get_source_display()),
            colour=row.colour,
        )
        for row in changed[:wanted]
    ]


def _change(row: OperatingStatus) -> str:
    """未复工 → 部分复工."""
    before: str | None = row.before  # type: ignore[attr-defined]
    if before is None:
        return f"首次上报：{row.get_state_display()}"
    return f"{OperatingStatus.State(before).label} → {row.get_state_display()}"


def _policies(enterprise: Enterprise, cadre: Cadre, wanted: int) -> list[Entry]:
    visible = Fulfilment.objects.visible_to(cadre).filter(enterprise=enterprise).values("pk")
    events = PolicyEvent.objects.filter(fulfilment__in=visible).select_related("fulfilment__item", "on_behalf_of")
    return [
        Entry(
            Kind.POLICY,
            event.at,
            f"{event.label}：{event.fulfilment.item.name}",
            event.who,
            event.note,
            event.fulfilment.get_absolute_url(),
            time=_clock(event.at),
        )
        for event in events.order_by("-at", "-pk")[:wanted]
    ]


def _assignments(enterprise: Enterprise, cadre: Cadre, wanted: int) -> list[Entry]:
    rows = Assignment.objects.filter(enterprise=enterprise).select_related("cadre", "campaign")
    today = timezone.localdate()
    ended = rows.filter(ends_on__lte=today).order_by("-ends_on", "-pk")[:wanted]
    entries = [_assigned(row, row.starts_on, "开始包联", "") for row in rows.order_by("-starts_on", "-pk")[:wanted]]
    return entries + [_assigned(row, row.ends_on, "结束包联", row.reason) for row in ended if row.ends_on]


def _assigned(row: Assignment, day: date, what: str, reason: str) -> Entry:
    text = "；".join(part for part in (row.campaign.name, reason) if part)
    return Entry(Kind.ASSIGNMENT, _at(day), f"{what}：{row.cadre.name}（{row.get_role_display()}）", text=text)


def _at(day: date, clock: time | None = None) -> datetime:
    """A day without a clock time stands before what happened on it."""
    return timezone.make_aware(datetime.combine(day, clock or time.min))


def _clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"


SOURCES: Final[dict[Kind, Callable[[Enterprise, Cadre, int], list[Entry]]]] = {
    Kind.VISIT: _visits,
    Kind.APPEAL: _appeals,
    Kind.STATUS: _statuses,
    Kind.POLICY: _policies,
    Kind.ASSIGNMENT: _assignments,
}
