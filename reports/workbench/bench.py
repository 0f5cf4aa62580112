"""Composing a workbench from the roles that a cadre holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from appeals.workflow import Status
from cadres.roles import ASSIGNED, DEPARTMENTAL, REGIONAL, Role
from reports.workbench import cases, demanded, fulfilling, notices, overseeing, referring, visiting
from reports.workbench.cases import Cases, Waiting
from reports.workbench.pieces import SHOWN, WHOLE, Stat, Task, Tasks, address, greeting

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appeals.models import Appeal
    from cadres.models import AuditRow, Cadre
    from reports.models import Briefing
    from reports.workbench.notices import Inbox
    from reports.workbench.overseeing import Key
    from reports.workbench.visiting import Team

BUSINESS: Final = ASSIGNED | DEPARTMENTAL | REGIONAL
TODAY: Final = "today"
DEMANDED: Final = DEPARTMENTAL | {Role.OFFICE, Role.SUPERVISOR}  # who answers orders and instructions, or judges
ACTING: Final = BUSINESS - {Role.LEADER}  # a leader reads


@dataclass(frozen=True)
class Pressing:
    """The appeals to look at first; `count` where the list behind the link holds exactly that many."""

    heading: str
    rows: list[Appeal]
    url: str
    link: str
    empty: str
    count: int | None = None


@dataclass
class Bench:
    """Everything that one cadre's workbench shows; what their roles do not call for stays empty."""

    greeting: str
    now: datetime
    said: list[str] = field(default_factory=list)
    stats: list[Stat] = field(default_factory=list)
    figures: list[Key] = field(default_factory=list)
    tasks: Tasks | None = None
    pressing: Pressing | None = None
    team: Team | None = None
    briefings: list[Briefing] | None = None
    inbox: Inbox | None = None
    audit: list[AuditRow] | None = None


def assemble(cadre: Cadre, now: datetime) -> Bench:
    bench = Bench(greeting(now), now)
    if cadre.holds(Role.DISCIPLINE):
        _inspect(bench, cadre)
    if not cadre.holds(*BUSINESS):
        _tell(bench, cadre)
        return bench
    counts = Cases.of(cadre, now)
    if cadre.holds(Role.LEADER):
        _lead(bench, cadre, counts)
    if cadre.holds(*ASSIGNED):
        _visit(bench, cadre, counts)
    if cadre.holds(*ACTING):
        _act(bench, cadre, counts)
    bench.stats = list({stat.url: stat for stat in bench.stats}.values())
    bench.pressing = _pressing(cadre, counts, now)
    return bench


def all_tasks(cadre: Cadre, now: datetime) -> Tasks:
    """Everything that the cadre has to do."""
    return _tasks(cadre, Waiting.of(cadre, now, most=WHOLE), now, WHOLE)


def waiting_for(cadre: Cadre, now: datetime) -> int:
    """How many things the cadre has to do."""
    return _tasks(cadre, Waiting.of(cadre, now, most=SHOWN), now, SHOWN).total


def _tasks(cadre: Cadre, waiting: Waiting, now: datetime, shown: int) -> Tasks:
    own: list[Task] = []
    if cadre.holds(*ASSIGNED):
        own += visiting.tasks(cadre, now)
    if cadre.holds(Role.SPECIALIST, Role.OFFICE, *DEPARTMENTAL):
        own += fulfilling.tasks(cadre)
    if cadre.holds(Role.DISCIPLINE):
        own += referring.tasks(cadre)
    if cadre.holds(Role.OFFICE):
        own += overseeing.tasks_of_office(cadre)
    demands = demanded.waiting(cadre, most=shown) if cadre.holds(*DEMANDED) else Waiting([], 0)
    found = [*own, *waiting.tasks, *demands.tasks]
    uncounted = waiting.total + demands.total - len(waiting.tasks) - len(demands.tasks)
    return Tasks.of(found, uncounted=uncounted, now=now, shown=shown)


def _tell(bench: Bench, cadre: Cadre) -> None:
    bench.inbox = notices.inbox(cadre)
    bench.said.append(f"未读消息 {bench.inbox.unread} 条")
    if cadre.holds(Role.AUDITADMIN):
        bench.audit = notices.newest_audit_rows(cadre)


def _inspect(bench: Bench, cadre: Cadre) -> None:
    bench.stats = referring.stats(cadre)
    if not cadre.holds(*ACTING):
        bench.tasks = tasks = Tasks.of(referring.tasks(cadre), uncounted=0, now=bench.now, shown=SHOWN)
        bench.said.append(f"今日待办 {tasks.count} 件")


def _lead(bench: Bench, cadre: Cadre, counts: Cases) -> None:
    highest, third, second = (counts.of_level(level, "red") for level in (4, 3, 2))
    bench.figures = overseeing.figures(cadre.region, bench.now) if cadre.region else []
    bench.figures += [
        overseeing.counted(counts.overdue, f"另有即将到期 {counts.near_due.value} 件"),
        overseeing.counted(*demanded.instructions_of(cadre, bench.now)),
        overseeing.counted(highest, f"三级 {third.value} 件，二级 {second.value} 件"),
        overseeing.counted(overseeing.unreported(cadre, bench.now), f"截至 {timezone.localtime(bench.now):%H:%M}"),
    ]
    bench.briefings = overseeing.briefings(cadre)
    bench.said.append(f"升级督办 {counts.escalated} 件")


def _visit(bench: Bench, cadre: Cadre, counts: Cases) -> None:
    today = timezone.localdate(bench.now)
    assignments = visiting.assignments_of(cadre, today)
    bench.team = visiting.team(cadre, assignments, today)
    made = visiting.visits_of_month(cadre, assignments, today)
    visits = Stat("本月走访", made.number, made.unit, made.url, "checklist", "green")
    bench.stats += [counts.near_due, counts.overdue, visits]
    bench.said.append(f"联系企业 {bench.team.total} 家")


def _act(bench: Bench, cadre: Cadre, counts: Cases) -> None:
    waiting = Waiting.of(cadre, bench.now, most=SHOWN)
    bench.tasks = tasks = _tasks(cadre, waiting, bench.now, SHOWN)
    if cadre.holds(*ASSIGNED):
        url = address("reports:workbench", show=TODAY)
        bench.stats.insert(0, Stat("今日待办", tasks.total, "件", url, "calendar-event", "blue"))
    for role, stats in STATS.items():
        if cadre.holds(role):
            bench.stats += stats(cadre, counts, waiting, bench.now)
    bench.said.append(f"今日待办 {tasks.count} 件")


def _of_handler(cadre: Cadre, counts: Cases, waiting: Waiting, now: datetime) -> list[Stat]:
    return [waiting.stat, counts.to_sign, counts.near_due, counts.overdue]


def _of_head(cadre: Cadre, counts: Cases, waiting: Waiting, now: datetime) -> list[Stat]:
    to_review = counts.in_status(Status.REVIEWING, "clipboard-check", "blue")
    return [to_review, counts.to_sign, counts.near_due, counts.overdue]


def _of_office(cadre: Cadre, counts: Cases, waiting: Waiting, now: datetime) -> list[Stat]:
    to_assign = counts.in_status(Status.PENDING, "inbox", "blue")
    to_close = counts.in_status(Status.CLOSING, "circle-check", "green")
    return [to_assign, to_close, counts.overdue, overseeing.unreported(cadre, now)]


def _of_supervisor(cadre: Cadre, counts: Cases, waiting: Waiting, now: datetime) -> list[Stat]:
    levels = ((4, "red"), (3, "red"), (2, "yellow"))
    return [waiting.stat, *(counts.of_level(level, colour) for level, colour in levels)]


STATS: Final[dict[Role, Callable[[Cadre, Cases, Waiting, datetime], list[Stat]]]] = {
    Role.HANDLER: _of_handler,
    Role.HEAD: _of_head,
    Role.OFFICE: _of_office,
    Role.SUPERVISOR: _of_supervisor,
}


def _pressing(cadre: Cadre, counts: Cases, now: datetime) -> Pressing:
    """What is late in a region; for the supervisor, whose tasks that is, what soon will be; else what one has open."""
    if cadre.holds(Role.SUPERVISOR):
        soon = counts.near_due
        return Pressing("即将到期", cases.near_due(cadre, now), soon.url, "查看", "没有即将到期的诉求", soon.number)
    if cadre.holds(*REGIONAL):
        url = address("appeals:escalations")
        return Pressing("升级督办", cases.highest(cadre, now), url, "查看", "没有升级督办的诉求", counts.escalated)
    rows = cases.most_urgent(cadre, now)
    return Pressing("临期诉求", rows, address("appeals:list"), "诉求清单", "没有正在计时的诉求")
