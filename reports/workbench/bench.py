"""Composing a workbench from the roles that a cadre holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from cadres import counting
from cadres.listing import count_text
from cadres.roles import ASSIGNED, DEPARTMENTAL, REGIONAL, Role
from reports.workbench import cases, demanded, fulfilling, notices, overseeing, referring, represented, visiting
from reports.workbench.cases import Cases, Line
from reports.workbench.pieces import SHOWN, WHOLE, Source, Stat, Tasks, address, greeting
from reports.workbench.represented import Represented

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models.expressions import Combinable

    from appeals.models import Appeal
    from cadres.models import AuditRow, Cadre, Deputyship
    from reports.models import Briefing
    from reports.workbench.notices import Inbox
    from reports.workbench.overseeing import Key
    from reports.workbench.visiting import Team

BUSINESS: Final = ASSIGNED | DEPARTMENTAL | REGIONAL
TODAY: Final = "today"
DEMANDED: Final = DEPARTMENTAL | {Role.OFFICE, Role.SUPERVISOR}  # who answers orders and instructions, or judges
ACTING: Final = BUSINESS - {Role.LEADER}  # a leader reads

# What is counted beside the tasks: each key's value is what its part of the workbench asked for.
VISITS, UNREPORTED, REFERRALS, UNREAD = "visits", "unreported", "referrals", "unread"
INSTRUCTIONS: Final = "instructions"
APPEALS: Final = "appeals"
Counted = Mapping[Any, Any]

# Which appeals each role's workbench counts: those that stand as numbers, in their order, and those said elsewhere.
LINES: Final[dict[Role, tuple[Line, ...]]] = {
    Role.HANDLER: (cases.TO_SIGN, cases.NEAR_DUE, cases.OVERDUE),
    Role.HEAD: (cases.TO_REVIEW, cases.TO_SIGN, cases.NEAR_DUE, cases.OVERDUE),
    Role.OFFICE: (cases.TO_ASSIGN, cases.TO_CLOSE, cases.OVERDUE),
    Role.SUPERVISOR: (cases.LEVEL_4, cases.LEVEL_3, cases.LEVEL_2),
}
LED: Final = (cases.OVERDUE, cases.NEAR_DUE, cases.LEVEL_4, cases.LEVEL_3, cases.LEVEL_2, cases.ESCALATED)
VISITED: Final = (cases.NEAR_DUE, cases.OVERDUE)


@dataclass(frozen=True)
class Pressing:
    """The appeals to look at first; `count` where the list behind the link holds exactly that many."""

    heading: str
    rows: list[Appeal]
    url: str
    link: str
    empty: str
    count: str | None = None


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
    represented: list[Represented] = field(default_factory=list)


def assemble(cadre: Cadre, now: datetime) -> Bench:
    """Whatever it counts is counted by one statement; then the rows that it shows are read."""
    running = represented.running(cadre, now)
    plan = _Plan.of(cadre, [deputyship.capacity_of(cadre) for deputyship in running], now)
    counted = counting.ask(cadre, plan.columns)
    bench = Bench(greeting(now), now, represented=_represented(running, plan, counted))
    if cadre.holds(Role.DISCIPLINE):
        bench.stats = referring.stats(counted[REFERRALS])
    if cadre.holds(*BUSINESS):
        _work(bench, cadre, plan, counted)
    else:
        _tell(bench, cadre, counted[UNREAD])
        if cadre.holds(Role.DISCIPLINE):
            _act(bench, plan, counted)
    return bench


def all_tasks(cadre: Cadre, now: datetime) -> Tasks:
    """Everything that the cadre has to do."""
    plan = _Plan(cadre, {cadre: sources_of(cadre, now)}, {})
    return _tasks(plan, counting.ask(cadre, plan.columns), now, WHOLE)


def sources_of(cadre: Cadre, now: datetime) -> dict[str, Source]:
    """What the cadre has to do, by kind."""
    found: dict[str, Source] = {APPEALS: cases.source(cadre, now)}
    if cadre.holds(*ASSIGNED):
        found |= visiting.sources(cadre, now)
    if cadre.holds(Role.SPECIALIST, Role.OFFICE, *DEPARTMENTAL):
        found["fulfilments"] = fulfilling.source(cadre)
    if cadre.holds(Role.DISCIPLINE):
        found["referrals"] = referring.source(cadre)
    if cadre.holds(Role.OFFICE):
        found |= overseeing.sources_of_office(cadre)
    if cadre.holds(*DEMANDED):
        found |= demanded.sources(cadre)
    return found


@dataclass(frozen=True)
class _Plan:
    """What is to be counted: the tasks of the cadre and of each principal, and the numbers that stand by themselves."""

    cadre: Cadre
    sources: dict[Cadre, dict[str, Source]]
    numbers: dict[Any, Combinable]

    @classmethod
    def of(cls, cadre: Cadre, principals: list[Cadre], now: datetime) -> _Plan:
        sources = {principal: sources_of(principal, now) for principal in principals}
        if cadre.holds(*ACTING, Role.DISCIPLINE):
            sources[cadre] = sources_of(cadre, now)
        return cls(cadre, sources, _numbers(cadre, now))

    @property
    def columns(self) -> dict[Any, Combinable]:
        tasks = {(who.pk, kind): source.column for who, of in self.sources.items() for kind, source in of.items()}
        return {**tasks, **self.numbers}

    def total(self, who: Cadre, counted: Counted) -> int:
        return sum(source.count(counted[who.pk, kind]) for kind, source in self.sources[who].items())


def _numbers(cadre: Cadre, now: datetime) -> dict[Any, Combinable]:
    found: dict[Any, Combinable] = {}
    if cadre.holds(Role.DISCIPLINE):
        found[REFERRALS] = referring.by_state(cadre)
    if not cadre.holds(*BUSINESS):
        return {**found, UNREAD: notices.unread(cadre)}
    found |= cases.counting_lines(cadre, _lines(cadre), now)
    if cadre.holds(*ASSIGNED):
        found[VISITS] = visiting.visits_of_month(cadre, timezone.localdate(now))
    if cadre.holds(Role.LEADER, Role.OFFICE):
        found[UNREPORTED] = overseeing.not_reported(cadre, now)
    if cadre.holds(Role.LEADER):
        found[INSTRUCTIONS] = demanded.owed_to(cadre, now)
    return found


def _lines(cadre: Cadre) -> set[Line]:
    found = {line for role in filter(cadre.holds, LINES) for line in LINES[role]}
    found.update(LED if cadre.holds(Role.LEADER) else (), VISITED if cadre.holds(*ASSIGNED) else ())
    pressed = _pressed(cadre)
    return found | {pressed} if pressed else found


def _pressed(cadre: Cadre) -> Line | None:
    """What is late in a region; for the supervisor, whose tasks that is, what soon will be."""
    if cadre.holds(Role.SUPERVISOR):
        return cases.NEAR_DUE
    return cases.ESCALATED if cadre.holds(*REGIONAL) else None


def _represented(running: list[Deputyship], plan: _Plan, counted: Counted) -> list[Represented]:
    return [Represented(row, count_text(plan.total(row.principal, counted))) for row in running]


def _work(bench: Bench, cadre: Cadre, plan: _Plan, counted: Counted) -> None:
    counts = Cases(counted)
    if cadre.holds(Role.LEADER):
        _lead(bench, cadre, counts, counted)
    if cadre.holds(*ASSIGNED):
        _visit(bench, cadre, counts, counted[VISITS])
    if cadre.holds(*ACTING):
        _act(bench, plan, counted)
        for role in filter(cadre.holds, LINES):
            bench.stats += _stats(role, counts, counted, counted[cadre.pk, APPEALS])
    bench.stats = list({stat.url: stat for stat in bench.stats}.values())
    bench.pressing = _pressing(cadre, counts, bench.now)


def _tasks(plan: _Plan, counted: Counted, now: datetime, shown: int) -> Tasks:
    own = plan.sources[plan.cadre]
    found = [source.first(counted[plan.cadre.pk, kind], shown) for kind, source in own.items()]
    return Tasks.of(list(chain(*found)), plan.total(plan.cadre, counted), now=now, shown=shown)


def _tell(bench: Bench, cadre: Cadre, unread: int) -> None:
    bench.inbox = notices.inbox(cadre, unread)
    bench.said.append(f"未读消息 {bench.inbox.unread} 条")
    if cadre.holds(Role.AUDITADMIN):
        bench.audit = notices.newest_audit_rows(cadre)


def _lead(bench: Bench, cadre: Cadre, counts: Cases, counted: Counted) -> None:
    overdue, near_due, highest, third, second, escalated = (counts[line] for line in LED)
    bench.said.append(f"升级督办 {escalated.value} 件")
    if cadre.region:
        bench.figures, as_of = overseeing.figures(cadre.region, bench.now)
        bench.said.append(f"复工率、上报率、按时办结率截至 {timezone.localtime(as_of):%H:%M}")
    bench.figures += [
        overseeing.counted(overdue, f"另有即将到期 {near_due.value} 件"),
        overseeing.counted(*demanded.instructions_of(cadre, **counted[INSTRUCTIONS])),
        overseeing.counted(highest, f"三级 {third.value} 件，二级 {second.value} 件"),
        overseeing.counted(overseeing.unreported(counted[UNREPORTED]), f"截至 {timezone.localtime(bench.now):%H:%M}"),
    ]
    bench.briefings = overseeing.briefings(cadre)


def _visit(bench: Bench, cadre: Cadre, counts: Cases, made: int) -> None:
    today = timezone.localdate(bench.now)
    assignments = visiting.assignments_of(cadre, today)
    bench.team = visiting.team(cadre, assignments, today)
    month = visiting.beside_expected(made, cadre, assignments, today)
    visits = Stat("本月走访", month.number, month.unit, month.url, "checklist", "green")
    bench.stats += [*(counts[line] for line in VISITED), visits]
    bench.said.append(f"联系企业 {bench.team.total} 家")


def _act(bench: Bench, plan: _Plan, counted: Counted) -> None:
    bench.tasks = tasks = _tasks(plan, counted, bench.now, SHOWN)
    if plan.cadre.holds(*ASSIGNED):
        url = address("reports:workbench", show=TODAY)
        bench.stats.insert(0, Stat("今日待办", tasks.total, "件", url, "calendar-event", "blue"))
    bench.said.append(f"今日待办 {tasks.count} 件")


def _stats(role: Role, counts: Cases, counted: Counted, waiting: int) -> list[Stat]:
    found = [counts[line] for line in LINES[role]]
    if role in {Role.HANDLER, Role.SUPERVISOR}:
        return [cases.awaiting(waiting), *found]
    return [*found, overseeing.unreported(counted[UNREPORTED])] if role == Role.OFFICE else found


def _pressing(cadre: Cadre, counts: Cases, now: datetime) -> Pressing:
    """The first of those; else of what one has open."""
    line = _pressed(cadre)
    if line is None:
        rows = cases.most_urgent(cadre, now)
        return Pressing("临期诉求", rows, address("appeals:list"), "诉求清单", "没有正在计时的诉求")
    rows = (cases.near_due if line is cases.NEAR_DUE else cases.highest)(cadre, now)
    stat = counts[line]
    return Pressing(stat.label, rows, stat.url, "查看", f"没有{stat.label}的诉求", stat.value)
