"""Appeals on the workbench: how many stand how, and what waits for one of the cadre's roles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.utils import timezone

from appeals.models import Appeal, Event, Opinion
from appeals.models.tables import Urgency
from appeals.workflow import RUNNING, SUPERVISED_AFTER_BOUNCES, Status
from cadres.counting import Count
from cadres.listing import COUNTED_TO, cut
from cadres.roles import Role
from cadres.templatetags.ui import LEVELS, words_for
from reports.workbench.pieces import Rows, Stat, Task, address
from workflow.models import Rung, Unit, who
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from appeals.models import AppealQuerySet
    from cadres.models import Cadre

URGENT_SHOWN: Final = 5
WAITING: Final = "waiting"


@dataclass(frozen=True, eq=False)
class Line:
    """Open appeals that a workbench counts, and what it says of them; `narrow` takes a cadre's scope and the moment."""

    label: str
    url: Callable[[], str]
    icon: str
    colour: str
    narrow: Callable[[AppealQuerySet, datetime], AppealQuerySet]


def _in_status(status: Status, icon: str, colour: str) -> Line:
    url = partial(address, "appeals:list", status=status)
    return Line(status.label, url, icon, colour, lambda appeals, now: appeals.filter(status=status))


def _of_light(light: str, label: str, icon: str, colour: str) -> Line:
    url = partial(address, "appeals:list", light=light)
    return Line(label, url, icon, colour, lambda appeals, now: appeals.of_light(light, now))


def _of_level(level: int, colour: str) -> Line:
    url = partial(address, "appeals:escalations", level=str(level))
    label = f"{LEVELS[level]}督办"
    return Line(label, url, "stairs-up", colour, lambda appeals, now: appeals.watched().filter(watch__level=level))


TO_ASSIGN: Final = _in_status(Status.PENDING, "inbox", "blue")
TO_SIGN: Final = _in_status(Status.ASSIGNED, "inbox", "yellow")
TO_REVIEW: Final = _in_status(Status.REVIEWING, "clipboard-check", "blue")
TO_CLOSE: Final = _in_status(Status.CLOSING, "circle-check", "green")
NEAR_DUE: Final = _of_light("yellow", "即将到期", "clock-exclamation", "yellow")
OVERDUE: Final = _of_light("red", "已超期诉求", "alert-triangle", "red")
LEVEL_2, LEVEL_3, LEVEL_4 = _of_level(2, "yellow"), _of_level(3, "red"), _of_level(4, "red")
ESCALATED: Final = Line(
    "升级督办",
    partial(address, "appeals:escalations"),
    "stairs-up",
    "red",
    lambda appeals, now: appeals.escalated(now).watched(),
)


@dataclass(frozen=True)
class Cases:
    """How many open appeals of a cadre's scope there are of each line that the workbench shows; see COUNTED_TO."""

    counted: Mapping[Any, int]

    def __getitem__(self, line: Line) -> Stat:
        return Stat(line.label, self.counted[line], "件", line.url(), line.icon, line.colour)


def counting_lines(cadre: Cadre, lines: Iterable[Line], now: datetime) -> dict[Line, Count]:
    """A column for each; what Cases are made of. Beyond a thousand a workbench only says that there are more."""
    visible = Appeal.objects.visible_to(cadre)
    return {line: Count(line.narrow(visible, now), to=COUNTED_TO + 1) for line in lines}


def source(cadre: Cadre, now: datetime) -> Rows:
    """What waits for the cadre."""
    mine = Appeal.objects.visible_to(cadre).awaiting(cadre)
    related = mine.select_related("enterprise", "lead", "handler").defer("description", "reply")
    rows = _with_opinion(_with_patience(_with_last_move(related)), cadre).most_urgent_first()
    return Rows(rows, lambda appeal: task_for(appeal, cadre, now))


def awaiting(counted: int) -> Stat:
    return Stat("待我办理", counted, "件", address("appeals:list", status=WAITING), "list-check", "blue")


def _with_last_move(appeals: AppealQuerySet) -> AppealQuerySet:
    """Each with the step that brought it to its status, who took it and what was said."""
    moves = Event.objects.filter(appeal=OuterRef("pk"), after=OuterRef("status")).exclude(before=F("after"))
    last = moves.order_by("-pk")
    return appeals.annotate(
        moved_by=Subquery(last.values_list(who())[:1]),
        moved_with=Subquery(last.values("step")[:1]),
        moved_saying=Subquery(last.values("note")[:1]),
    )


def _with_patience(appeals: AppealQuerySet) -> AppealQuerySet:
    """Each with how long the ladder lets it wait in its status before the first rung; None where it does not."""
    critical = Case(When(urgency=Urgency.CRITICAL, then=Value(True)), default=Value(False))
    first = Rung.objects.filter(trigger=OuterRef("status"), critical=OuterRef("is_critical")).order_by("level")
    return appeals.annotate(is_critical=critical).annotate(
        wait_amount=Subquery(first.values("amount")[:1]), wait_unit=Subquery(first.values("unit")[:1])
    )


def _with_opinion(appeals: AppealQuerySet, cadre: Cadre) -> AppealQuerySet:
    """Each with when the opinion of the cadre's own department is due; None where it is not awaited."""
    asked = Opinion.objects.awaited().of_round_in_hand().filter(appeal=OuterRef("pk"), department=cadre.department_id)
    return appeals.annotate(opinion_due_at=Subquery(asked.values("due_at")[:1]))


def most_urgent(cadre: Cadre, now: datetime) -> list[Appeal]:
    """Those of the scope whose deadline comes next or has passed longest."""
    return _by_deadline(Appeal.objects.filter(status__in=RUNNING, due_at__isnull=False), cadre, now)


def near_due(cadre: Cadre, now: datetime) -> list[Appeal]:
    """Those of the scope that are not late yet and soon will be (yellow light)."""
    return _by_deadline(Appeal.objects.of_light("yellow", now), cadre, now)


def _by_deadline(appeals: AppealQuerySet, cadre: Cadre, now: datetime) -> list[Appeal]:
    """In the order of the index of lights, which has nothing but what runs."""
    found = _shown(appeals.visible_to(cadre), now).order_by("due_at", "yellow_at", "pk")
    return list(cut(found, 0, URGENT_SHOWN))


def highest(cadre: Cadre, now: datetime) -> list[Appeal]:
    """The open escalated ones of the scope, as the list of escalations begins."""
    escalated = Appeal.objects.visible_to(cadre).escalated(now).watched()
    return list(cut(_shown(escalated, now).highest_first(), 0, URGENT_SHOWN))


def _shown(appeals: AppealQuerySet, now: datetime) -> AppealQuerySet:
    return appeals.with_light(now).select_related("enterprise", "lead__region", "region__parent").defer("description")


# --- what there is to do about an appeal -----------------------------------------------------------------------


class Errand(NamedTuple):
    """What the roles named have to do in a status; `of_lead`: those of the lead department alone."""

    kind: str
    colour: str
    verb: str
    role: Role | None
    of_lead: bool = False


ERRANDS: Final = {
    Status.DRAFT: Errand("草稿", "grey", "继续填写", None),
    Status.PENDING: Errand("受理", "orange", "去受理", Role.OFFICE),
    Status.ASSIGNED: Errand("签收", "orange", "去签收", Role.HANDLER, of_lead=True),
    Status.HANDLING: Errand("办理", "blue", "去办理", Role.HANDLER, of_lead=True),
    Status.REVIEWING: Errand("审核", "yellow", "去审核", Role.HEAD, of_lead=True),
    Status.CONFIRMING: Errand("回访", "green", "去确认", Role.SPECIALIST),
    Status.CLOSING: Errand("销号", "green", "去销号", Role.OFFICE),
}
BOUNCED: Final = Errand("退单", "red", "去改派", Role.OFFICE)
BOUNCED_TWICE: Final = Errand("指定", "red", "去指定", Role.SUPERVISOR)
REDONE: Final = Errand("重办", "red", "去办理", Role.HANDLER, of_lead=True)
TRANSFER_ASKED: Final = Errand("改派", "orange", "去决定", Role.OFFICE)
ASKED: Final = Errand("会办", "blue", "出具意见", None)
WITHOUT_HANDLER: Final = Errand("改派", "red", "去改派", Role.OFFICE)
SUPERVISED: Final = Errand("督办", "red", "去督办", Role.SUPERVISOR)
SENT_BACK: Final = frozenset({"send_back", "return", "dispute"})


def task_for(appeal: Appeal, cadre: Cadre, now: datetime) -> Task:
    """What an appeal that waits for the cadre asks of them."""
    errand = _errand(appeal)
    if not _concerns(errand, appeal, cadre):
        errand = ASKED if _opinion_due(appeal) else _instead(appeal, cadre)
    url = appeal.get_absolute_url()
    verb_url = address("appeals:edit", appeal.pk) if appeal.status == Status.DRAFT else f"{url}#workflow"
    title = f"{appeal.title or '未填标题'} · {appeal.enterprise.name}"
    why, due_at = _why(appeal, errand, now), _opinion_due(appeal) if errand is ASKED else _due(appeal)
    return Task(errand.kind, errand.colour, title, url, why, errand.verb, verb_url, due_at)


def _errand(appeal: Appeal) -> Errand:
    if appeal.status == Status.PENDING and appeal.bounces:
        return BOUNCED_TWICE if appeal.bounces >= SUPERVISED_AFTER_BOUNCES else BOUNCED
    if appeal.status == Status.HANDLING and _moved(appeal, "with") in SENT_BACK:
        return REDONE
    return ERRANDS[Status(appeal.status)]


def _instead(appeal: Appeal, cadre: Cadre) -> Errand:
    """What is being handled waits for the office where another department is asked for, or where nobody handles it."""
    if appeal.status == Status.HANDLING and cadre.holds(Role.OFFICE):
        if appeal.transfer_asked_at:
            return TRANSFER_ASKED
        if not cadre.holds(Role.SUPERVISOR):
            return WITHOUT_HANDLER
    return SUPERVISED


def _concerns(errand: Errand, appeal: Appeal, cadre: Cadre) -> bool:
    """Whether it waits for the cadre because of this errand, and not because it is supervised."""
    if errand.of_lead and appeal.lead_id != cadre.department_id:
        return False
    return errand.role is None or cadre.holds(errand.role)


def _why(appeal: Appeal, errand: Errand, now: datetime) -> str:
    who, said = _moved(appeal, "by"), _moved(appeal, "saying")
    since = f"{timezone.localtime(appeal.status_since):%m-%d %H:%M}"
    if errand is ASKED and (asked := _opinion_due(appeal)):
        late = f"，已逾期 {_span(asked, now)}" if asked < now else ""
        return f"{appeal.lead or '主办单位'}主办，请在 {_moment(asked)} 前出具会办意见{late}"
    if errand is SUPERVISED:
        return f"{LEVELS[appeal.level]}督办，{appeal.lead or '尚未转办'}，{appeal.status_label}{_lateness(appeal, now)}"
    if errand is TRANSFER_ASKED and appeal.transfer_asked_at:
        return f"{appeal.lead}申请改派，已等 {_span(appeal.transfer_asked_at, now)}"
    if errand is WITHOUT_HANDLER:
        return f"企业不满意直接答复，{appeal.lead or ''}没有承办人，请改派"
    if errand in {BOUNCED, BOUNCED_TWICE}:
        return _saying(f"{who}第 {appeal.bounces} 次退单", said)
    if errand is REDONE:
        return _saying(f"{who}退回重办", said)
    sentences = {
        Status.DRAFT: f"{since} 存为草稿，尚未提交",
        Status.PENDING: f"{who} {since} 提交，已等 {_span(appeal.status_since, now)}",
        Status.ASSIGNED: f"{since} 转来，请在 {_moment(appeal.sign_due_at)} 前签收",
        Status.HANDLING: f"办理时限 {_moment(appeal.due_at)}{_lateness(appeal, now)}",
        Status.REVIEWING: f"{appeal.handler or who} {since} 答复，已等 {_span(appeal.status_since, now)}",
        Status.CONFIRMING: f"{appeal.lead or who}已办结，需确认企业是否满意",
        Status.CLOSING: f"{_rated(appeal)}，已等 {_span(appeal.status_since, now)}",
    }
    return sentences[Status(appeal.status)]


def _opinion_due(appeal: Appeal) -> datetime | None:
    """Until when the cadre's own department owes its opinion."""
    due_at: datetime | None = getattr(appeal, "opinion_due_at", None)
    return due_at


def _rated(appeal: Appeal) -> str:
    return f"企业已确认（{appeal.get_rating_display()}）" if appeal.rating else "现场办结"


def _lateness(appeal: Appeal, now: datetime) -> str:
    if appeal.due_at is None or appeal.light_at(now) != "red":
        return ""
    return f"，超期 {_span(appeal.due_at, now)}"


def _span(since: datetime, now: datetime) -> str:
    """2天4小时."""
    return words_for((since - now).total_seconds()).partition(" ")[2]


def _saying(act: str, said: str) -> str:
    return f"{act}：{said}" if said else act


def _due(appeal: Appeal) -> datetime | None:
    """By when it is to be done: by its limit, or before the ladder's first rung where somebody waits."""
    if appeal.status == Status.DRAFT:
        return None
    if appeal.status == Status.ASSIGNED:
        return appeal.sign_due_at
    limits = [appeal.due_at if appeal.status in RUNNING else None, _patience_ends(appeal)]
    return min((limit for limit in limits if limit), default=None)


def _patience_ends(appeal: Appeal) -> datetime | None:
    amount: int | None = appeal.wait_amount  # type: ignore[attr-defined]
    if amount is None:
        return None
    unit: Unit = appeal.wait_unit  # type: ignore[attr-defined]
    return load_calendar(appeal.region_path).limit(appeal.status_since, amount, unit)


def _moved(appeal: Appeal, what: str) -> str:
    return getattr(appeal, f"moved_{what}") or ""


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}" if at else "—"
