"""The ladder applied to appeals: every rung exactly once, in order, however late and by however many workers.

The work is the row: `escalates_at` says when the ladder next looks at an appeal. A batch locks its appeals (skipping
what another worker holds), records what is due, tells only the highest new rung, and sets the next instant.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import BigIntegerField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from appeals import awaited, notices
from appeals.awaited import Awaited
from appeals.demanding.recording import moment
from appeals.models import Appeal, Escalation, Event
from appeals.models.tables import Urgency
from appeals.supervising import drawing, telling
from appeals.supervising.drawing import Draft
from appeals.workflow import RUNNING, Status
from cadres import notices as outbox
from cadres.among import among_these
from cadres.fetching import nothing_collected
from cadres.inserting import Mould, array_of, give_keys
from workflow.ladder import Ladder, Reached, Start
from workflow.models import OrderColour, Rung, Trigger
from workflow.steps import Actor
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from appeals.models import Instruction, Opinion

BATCH: Final = 2000
LOOK_AGAIN: Final = timedelta(days=1)

# The trigger that watches the waiting in a status begins when the status did.
WAITING: Final = {
    Status.DRAFT: Trigger.DRAFT,
    Status.PENDING: Trigger.PENDING,
    Status.REVIEWING: Trigger.REVIEWING,
    Status.CONFIRMING: Trigger.CONFIRMING,
    Status.CLOSING: Trigger.CLOSING,
}
DISPUTES_THAT_ESCALATE: Final = 2

# What the ladder and its notices read of an appeal.
READ: Final = (
    *("number", "title", "urgency", "region", "region_path", "registered_by", "lead", "handler", "bounces"),
    *("status", "status_since", "stint", "round", "round_started_at", "disputes", "level"),
    *("sign_due_at", "auto_sign_at", "due_at", "yellow_at", "enterprise", "transfer_asked_at", "transfers_asked"),
)

AT: Final = attrgetter("at")
HEIGHT: Final = attrgetter("level", "at")

Key = tuple[str, int, int, int, int]


class Due(NamedTuple):
    """What a sweep found for one appeal: its new rungs in order of time, and those of them that are told."""

    appeal: Appeal
    pk: int
    new: list[Reached]
    told: list[Reached]
    signs: bool
    next_at: datetime


class Swept(NamedTuple):
    """What a sweep did: appeals looked at, rungs newly reached, signed because nobody did, orders drawn up."""

    appeals: int = 0
    rungs: int = 0
    signed: int = 0
    orders: int = 0


class Tables(NamedTuple):
    """What a sweep reads once for all its batches."""

    ladder: Ladder
    orders: drawing.Tables

    @classmethod
    def load(cls) -> Tables:
        return cls(Ladder.load(), drawing.Tables())


def apply_ladder(now: datetime) -> Swept:
    """Apply the ladder as of `now` to every appeal that is due; safe to run twice, late and beside itself."""
    tables, total = Tables.load(), Swept()
    while (batch := _apply_batch(tables, now)).appeals:
        total = Swept(*map(sum, zip(total, batch, strict=True)))
    return total


def next_instant(appeal: Appeal, now: datetime, ladder: Ladder) -> datetime:
    """When the ladder next looks at this appeal as it stands: at the next rung, or now where one is due already.

    An appeal without any rung ahead is looked at again after a day, so that editing the ladder reaches it.
    """
    due = _due(appeal, ladder, Facts.of([appeal] if appeal.pk else []), now)
    return now if due.new or due.signs else due.next_at


def look_again(appeal: Appeal, now: datetime) -> None:
    """Set anew when the ladder looks at an appeal, whose row the caller has locked and for which something changed."""
    appeal.escalates_at = next_instant(appeal, now, Ladder.load())
    appeal.save(update_fields=["escalates_at"])


def next_instants(appeals: list[Appeal], ladder: Ladder, now: datetime) -> dict[int, datetime]:
    """next_instant() of many appeals, by key. One query."""
    facts = Facts.of(appeals)
    found = [_due(appeal, ladder, facts, now) for appeal in appeals]
    return {due.pk: now if due.new or due.signs else due.next_at for due in found}


def rungs_ahead(appeals: list[Appeal], ladder: Ladder, now: datetime) -> dict[int, datetime | None]:
    """When the next rung comes that each has not reached, which may be overdue; None without one. One query."""
    facts = Facts.of(appeals)
    fresh = {appeal.pk: _fresh(appeal, ladder, *facts.about(appeal.pk), now) for appeal in appeals}
    return {pk: rungs[0].at if rungs else None for pk, rungs in fresh.items()}


class Outlook(NamedTuple):
    """Where an appeal stands on the ladder: the rungs that it reached, in order, and the ones that come next."""

    reached: list[Escalation]
    ahead: list[Reached]

    @property
    def last(self) -> Escalation | None:
        return self.reached[-1] if self.reached else None

    @property
    def next(self) -> Reached | None:
        return self.ahead[0] if self.ahead else None

    @property
    def coming(self) -> str:
        """What comes next, in words: 11-24 18:00 二级 · 督查."""
        return _words(self.next) if self.next else ""

    @property
    def all_coming(self) -> list[str]:
        """What comes if nothing is done, rung by rung: 11-24 18:00 二级 · 督查（办理超期）."""
        return [f"{_words(rung)}（{Trigger(rung.trigger).label}）" for rung in self.ahead]


def _words(rung: Reached) -> str:
    people = "、".join(Rung.Audience(kind).label for kind in rung.rung.audience)
    level = notices.LEVEL_WORDS[rung.level].removesuffix("督办")
    order = f" · 督办单（{OrderColour(rung.rung.draws).label}）" if rung.rung.draws else ""
    return f"{timezone.localtime(rung.at):%m-%d %H:%M} {level} · {people}{order}"


def outlooks(
    appeals: list[Appeal], now: datetime, instructed: Iterable[Instruction] | None = None
) -> dict[int, Outlook]:
    """The outlook of each appeal by its key. Three queries."""
    ladder, waiting = Ladder.load(), awaited.of(appeals, instructed)
    reached: defaultdict[int, list[Escalation]] = defaultdict(list)
    for rung in Escalation.objects.filter(appeal__in=[appeal.pk for appeal in appeals]).order_by("due_at", "level"):
        reached[rung.appeal_id].append(rung)
    return {appeal.pk: _outlook(appeal, ladder, reached[appeal.pk], now, waiting[appeal.pk]) for appeal in appeals}


def outlook(appeal: Appeal, asked: Iterable[Opinion], instructed: Iterable[Instruction], now: datetime) -> Outlook:
    """The outlook of one appeal of which opinions and instructions are at hand. Two queries."""
    reached = list(appeal.escalations.order_by("due_at", "level"))
    return _outlook(appeal, Ladder.load(), reached, now, awaited.among(appeal, asked, instructed))


def _outlook(
    appeal: Appeal, ladder: Ladder, reached: list[Escalation], now: datetime, waiting: list[Awaited]
) -> Outlook:
    known = {(rung.trigger, rung.round, rung.level, rung.occurrence, rung.subject) for rung in reached}
    return Outlook(reached, [rung for rung in _fresh(appeal, ladder, known, waiting, now) if rung.at > now])


def starts(appeal: Appeal) -> dict[Trigger, Start]:
    """The triggers that run for an appeal as it stands, and since when."""
    running: dict[Trigger, Start] = {}
    status = Status(appeal.status)
    if status in WAITING:
        running[WAITING[status]] = Start(appeal.status_since, appeal.stint)
    if status is Status.ASSIGNED and appeal.sign_due_at:
        running[Trigger.UNSIGNED] = Start(appeal.sign_due_at, appeal.stint)
    if appeal.transfer_asked_at:
        running[Trigger.TRANSFER] = Start(appeal.transfer_asked_at, appeal.transfers_asked)
    if status in RUNNING and appeal.due_at and appeal.yellow_at:
        running[Trigger.YELLOW] = Start(appeal.yellow_at)
        running[Trigger.OVERDUE] = running[Trigger.OVERDUE_LONG] = Start(appeal.due_at)
        if appeal.disputes >= DISPUTES_THAT_ESCALATE and appeal.round_started_at:
            running[Trigger.DISPUTED] = Start(appeal.round_started_at)
    return running


@nothing_collected()
@transaction.atomic
def _apply_batch(tables: Tables, now: datetime) -> Swept:
    """One batch in one transaction; without appeals when nothing is due any more."""
    appeals = list(
        Appeal.objects.due_for_escalation(now)
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("enterprise")
        .only(*READ, "enterprise__name")[:BATCH]
    )
    return _record(tables, appeals, now) if appeals else Swept()


def catch_up_all(appeals: Iterable[Appeal], now: datetime) -> bool:
    """Record what is due for appeals whose rows the caller has locked; True where anything was, to be read again."""
    due = [appeal for appeal in appeals if appeal.escalates_at and appeal.escalates_at <= now]
    if due:
        _record(Tables.load(), due, now)
    return bool(due)


def catch_up(appeal: Appeal, now: datetime) -> None:
    """Record what is due for one appeal, whose row the caller has locked, before a step changes what is due."""
    if catch_up_all([appeal], now):
        appeal.refresh_from_db()


def _record(tables: Tables, appeals: list[Appeal], now: datetime) -> Swept:
    """Write what these locked appeals have reached, tell it, sign for the silent, and set when to look again.

    A bounded number of statements: what is new gets its keys at once, and is inserted at once with who is told.
    """
    facts = Facts.of(appeals)
    found = [_due(appeal, tables.ladder, facts, now) for appeal in appeals]
    rungs = _rungs(found, now)
    drawn = drawing.prepare(_drafts(found, rungs), tables.orders, by=Actor.system(), now=now)
    silent = [due.appeal for due in found if due.signs]
    events = [*drawn.events, *_signings(silent, now)]
    new = (list(rungs.values()), drawn.orders, events)
    give_keys(*new)
    owing = {one.key: one.department for some in facts.waiting.values() for one in some}
    told = ((due.appeal, rung, owing.get((rung.trigger, rung.subject))) for due in found for rung in due.told)
    issued = telling.of_issue(drawn, by=Actor.system(), now=now)
    escalated, signed = notices.of_escalations(told, now), notices.of_silent_signing(silent, now)
    outbox.write([*issued, *escalated, *signed], beside=new)
    _set_levels_and_next(found, now)
    return Swept(len(appeals), len(rungs), len(silent), len(drawn.orders))


def _due(appeal: Appeal, ladder: Ladder, facts: Facts, now: datetime) -> Due:
    pk = appeal.pk
    fresh = _fresh(appeal, ladder, *facts.about(pk), now)
    passed = bisect_right(fresh, now, key=AT)
    new, later = fresh[:passed], [rung.at for rung in fresh[passed : passed + 1]]
    signs_at = appeal.auto_sign_at if appeal.status == Status.ASSIGNED else None
    signs = signs_at is not None and signs_at <= now
    if signs_at and not signs:
        later.append(signs_at)
    return Due(appeal, pk, new, _told(new), signs, min(later, default=now + LOOK_AGAIN))


def _told(new: list[Reached]) -> list[Reached]:
    """The highest new rung of the appeal itself, and of each thing that is awaited beside it."""
    if len(new) <= 1:
        return new
    rising = sorted(new, key=HEIGHT)
    return list({(rung.subject and rung.trigger, rung.subject): rung for rung in rising}.values())


def _fresh(
    appeal: Appeal, ladder: Ladder, known: Collection[Key], waiting: Iterable[Awaited], now: datetime
) -> list[Reached]:
    """The rungs of what runs now that were not reached before: all up to now, and the next of each trigger, by time."""
    calendar, critical = load_calendar(appeal.region_path), appeal.urgency == Urgency.CRITICAL
    running = [*starts(appeal).items(), *((one.trigger, one.start) for one in waiting)]
    rungs = ladder.climb(running, critical=critical, calendar=calendar, until=now)
    return [rung for rung in rungs if _key(appeal, rung) not in known] if known else rungs


def _key(appeal: Appeal, rung: Reached) -> Key:
    """What makes a rung happen once: for what is awaited beside the case, in the round in which it was asked for."""
    return (rung.trigger, _round(appeal, rung), rung.level, rung.occurrence, rung.subject)


def _round(appeal: Appeal, rung: Reached) -> int:
    return appeal.round if rung.round is None else rung.round


class Facts(NamedTuple):
    """What the ladder knows of appeals, by their keys: the rungs that they reached before, and what they wait for."""

    known: defaultdict[int, set[Key]]
    waiting: defaultdict[int, list[Awaited]]

    @classmethod
    def of(cls, appeals: list[Appeal]) -> Facts:
        """One query; none without appeals."""
        facts = cls(defaultdict(set), defaultdict(list))
        reached = Escalation.objects.filter(among_these("appeal", [appeal.pk for appeal in appeals])).order_by()
        nobody = Cast(Value(None), BigIntegerField())
        rows = reached.values_list(*awaited.COLUMNS[:-1], nobody).union(awaited.rows_of(appeals), all=True)
        for appeal, level, trigger, round_, subject, occurrence, at, department in rows:
            if level is None:
                facts.waiting[appeal].append(Awaited.of_row((trigger, round_, subject, occurrence, at, department)))
            else:
                facts.known[appeal].add((trigger, round_, level, occurrence, subject))
        return facts

    def about(self, pk: int) -> tuple[Collection[Key], Collection[Awaited]]:
        """What is known of one of them, and what it waits for."""
        return self.known.get(pk, ()), self.waiting.get(pk, ())


def _rungs(found: Iterable[Due], now: datetime) -> dict[tuple[int, Key], Escalation]:
    """One row per new rung, in the order of time, by appeal and rung; only the highest is told."""
    mould, rungs = Mould(Escalation, at=now), {}
    for due in found:
        for rung in due.new:
            key = _key(due.appeal, rung)
            trigger, round_, level, occurrence, subject = key
            rungs[due.pk, key] = mould.row(
                appeal_id=due.pk,
                trigger=trigger,
                round=round_,
                level=level,
                occurrence=occurrence,
                subject=subject,
                due_at=rung.at,
                listed=rung.rung.listed,
                notified=rung in due.told,
            )
    return rungs


def _drafts(found: Iterable[Due], rungs: dict[tuple[int, Key], Escalation]) -> list[Draft]:
    """The order of each appeal's gravest new rung that draws one. The rung's row makes it happen exactly once."""
    gravest = [
        (due, max(drawing_ones, key=lambda rung: (OrderColour(rung.rung.draws).rank, rung.at)))
        for due in found
        if (drawing_ones := [rung for rung in due.new if rung.rung.draws])
    ]
    return [
        Draft(due.appeal, rung.rung.draws, _demand(due.appeal, rung), escalation=rungs[due.pk, _key(due.appeal, rung)])
        for due, rung in gravest
    ]


def _demand(appeal: Appeal, rung: Reached) -> str:
    """What the system asks for, by the rung that draws the order."""
    limit = f"，办理时限为 {moment(appeal.due_at)}" if appeal.due_at else ""
    why = f"该诉求“{Trigger(rung.trigger).label}”{limit}。"
    return why + drawing.DEMANDS[OrderColour(rung.rung.draws)]


def _signings(appeals: Iterable[Appeal], now: datetime) -> list[Event]:
    """视为签收: at twice the sign limit the case counts as signed, and can't be bounced any more."""
    note, by = "超过签收时限一倍，视为签收。", Event.actor_columns(Actor.system())
    mould = Mould(Event, step="sign", before=Status.ASSIGNED, after=Status.HANDLING, at=now, note=note, **by)
    return [mould.row(appeal_id=appeal.pk) for appeal in appeals]


def _set_levels_and_next(found: list[Due], now: datetime) -> None:
    """And the status of those for which the system has signed.

    The others' status is not even named: what looks at each row whose status is written would look at them, too.
    """
    levels = [max([due.appeal.level, *(rung.level for rung in due.new)]) for due in found]
    keys, nexts, signed = [due.pk for due in found], [due.next_at for due in found], [due.signs for due in found]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH n AS MATERIALIZED (SELECT *"
            " FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[], %s::boolean[])"
            " AS n (id, level, next_at, signed)), signed AS ("
            " UPDATE appeals_appeal a SET level = n.level, escalates_at = n.next_at, status = %s, status_since = %s,"
            " sign_due_at = NULL, auto_sign_at = NULL, stint = stint + 1, version = version + 1"
            " FROM n WHERE a.id = n.id AND n.signed)"
            " UPDATE appeals_appeal a SET level = n.level, escalates_at = n.next_at"
            " FROM n WHERE a.id = n.id AND NOT n.signed",
            [array_of(keys), array_of(levels), array_of(nexts), array_of(signed), Status.HANDLING, now],
        )
