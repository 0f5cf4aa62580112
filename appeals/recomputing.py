"""Open appeals follow an edit of the calendar or the ladder.

A deadline is computed anew from what set it: the start of the round, its limit, and the times at which the clock stood
still. So it may be done twice, late, or by two workers at once: whoever comes second finds nothing to move. Each moved
deadline is an event (依法定节假日调整). Only while the handling clock runs: what is 办结 or closed never moves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from appeals import clock, escalation, opinions
from appeals.models import Appeal, AppealQuerySet, Event
from appeals.models.tables import Limit
from appeals.workflow import RUNNING, Status
from cadres.changes import events_of
from workflow.following import Measured
from workflow.ladder import Ladder
from workflow.models import RuleChange
from workflow.steps import Actor
from workflow.worktime import as_stored, forget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from workflow.worktime import WorkCalendar

    Calendars = Callable[[str], WorkCalendar]

BATCH: Final = 500
Kind = RuleChange.Kind
Stops = defaultdict[int, list[tuple["datetime", "datetime"]]]


class Moved(NamedTuple):
    """A locked appeal with its instants as they were; the appeal holds the new ones."""

    appeal: Appeal
    due_at: datetime | None


def measure(kind: Kind, now: datetime) -> dict[int, Measured]:
    """When each open appeal is due, or the ladder next looks at it, by the tables as this transaction sees them."""
    found: dict[int, Measured] = {}
    calendar_of, ladder = as_stored(), Ladder.load()
    for appeals in _batches(kind):
        if kind == Kind.CALENDAR:
            stops = _stops(appeals)
            instants = {a.pk: _due(a, calendar_of, stops) for a in appeals}
        else:
            instants = escalation.rungs_ahead(appeals, ladder, now)
        found |= {a.pk: Measured(f"{a.number or '草稿'} {a.title}", instants[a.pk]) for a in appeals}
    return found


def follow(now: datetime) -> None:
    """Let open appeals follow every edit that waits for it; safe to run twice, late and beside itself."""
    waiting = list(RuleChange.objects.waiting())
    if not waiting:
        return
    forget()
    moved = sum(_follow_all(kind, now) for kind in {Kind(change.kind) for change in waiting})
    done = RuleChange.objects.filter(pk__in=[change.pk for change in waiting])
    done.update(done_at=now, moved=F("moved") + moved)


def _follow_all(kind: Kind, now: datetime) -> int:
    moved = last = 0
    while True:
        with transaction.atomic():
            appeals = list(_open(kind).filter(pk__gt=last).select_for_update(no_key=True, of=("self",))[:BATCH])
            if not appeals:
                return moved
            last = appeals[-1].pk
            moved += _move(kind, appeals, now)


def _move(kind: Kind, appeals: list[Appeal], now: datetime) -> int:
    """Write the new instants of locked appeals, and the event of each deadline that moved."""
    due = _new_deadlines(appeals) if kind == Kind.CALENDAR else []
    if kind == Kind.CALENDAR:
        opinions.follow(appeals, as_stored())
    ladder = Ladder.load()
    nexts = escalation.next_instants(appeals, ladder, now)
    ahead = escalation.rungs_ahead(appeals, ladder, now)
    looked = [a for a in appeals if ahead[a.pk] is not None and a.escalates_at != nexts[a.pk]]
    _write(appeals, nexts)
    _tell(due, now)
    return len(due) if kind == Kind.CALENDAR else len(looked)


def _new_deadlines(appeals: list[Appeal]) -> list[Moved]:
    calendar_of, stops, signing = as_stored(), _stops(appeals), _signing_limits()
    moved = []
    for appeal in appeals:
        calendar, before = calendar_of(appeal.region_path), appeal.due_at
        _set_signing(appeal, calendar, signing)
        due = _due(appeal, calendar_of, stops)
        if due is not None and due != before:
            appeal.due_at, appeal.yellow_at = due, clock.yellow_of(appeal, calendar, due)
            moved.append(Moved(appeal, before))
    return moved


def _due(appeal: Appeal, calendar_of: Calendars, stops: Stops) -> datetime | None:
    return clock.deadline(appeal, calendar_of(appeal.region_path), stops[appeal.pk])


def _signing_limits() -> datetime | None:
    """Since when the table of limits stands as it is: what was assigned before has limits that it no longer names."""
    last = events_of(Limit).exclude(pgh_label="insert").order_by("-pgh_id").first()
    return last.pgh_created_at if last else None


def _set_signing(appeal: Appeal, calendar: WorkCalendar, limits_since: datetime | None) -> None:
    """签收 is due by the limits of its 转办, if the table still holds them."""
    unsigned = appeal.status == Status.ASSIGNED and appeal.sign_due_at is not None
    if not unsigned or (limits_since is not None and appeal.status_since <= limits_since):
        return
    limit = clock.limit_for(appeal.urgency, appeal.region_path)
    appeal.sign_due_at = calendar.limit(appeal.status_since, limit.sign_amount, limit.sign_unit)
    twice = limit.sign_amount * clock.AUTO_SIGN_FACTOR
    appeal.auto_sign_at = calendar.limit(appeal.status_since, twice, limit.sign_unit)


def _stops(appeals: list[Appeal]) -> Stops:
    """By appeal: from when to when the clock stood still in the present round, read from its events."""
    began = {appeal.pk: appeal.round_started_at for appeal in appeals}
    stops: Stops = defaultdict(list)
    standing: dict[int, datetime] = {}
    events = Event.objects.filter(appeal__in=list(began)).exclude(before=F("after")).order_by("pk")
    for pk, before, after, at in events.values_list("appeal", "before", "after", "at"):
        start = began[pk]
        if start is None or at < start:
            continue
        if before in RUNNING and after not in RUNNING:
            standing[pk] = at
        elif after in RUNNING and before not in RUNNING and pk in standing:
            stops[pk].append((standing.pop(pk), at))
    return stops


def _write(appeals: list[Appeal], nexts: dict[int, datetime]) -> None:
    rows = [(a.pk, a.due_at, a.yellow_at, a.sign_due_at, a.auto_sign_at, nexts[a.pk], a.round) for a in appeals]
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE appeals_appeal a SET due_at = n.due_at, yellow_at = n.yellow_at, sign_due_at = n.sign_due_at,"
            " auto_sign_at = n.auto_sign_at, escalates_at = n.next_at"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],"
            " %s::timestamptz[]) AS n (id, due_at, yellow_at, sign_due_at, auto_sign_at, next_at) WHERE a.id = n.id",
            columns[:-1],
        )
        cursor.execute(
            "UPDATE appeals_round r SET due_at = n.due_at FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[])"
            " AS n (id, due_at, number)"
            " WHERE r.appeal_id = n.id AND r.number = n.number AND n.due_at IS NOT NULL AND r.due_at <> n.due_at",
            [columns[0], columns[1], columns[-1]],
        )


def _tell(moved: list[Moved], now: datetime) -> None:
    system = Event.actor_columns(Actor.system())
    Event.objects.bulk_create(
        Event(
            appeal=one.appeal,
            step="recompute",
            before=one.appeal.status,
            after=one.appeal.status,
            at=now,
            note="工作日历有调整，办理时限相应变动。",
            changes={"due_at": [_words(one.due_at), _words(one.appeal.due_at)]},
            **system,
        )
        for one in moved
    )


def _words(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def _open(kind: Kind) -> AppealQuerySet:
    """Whom an edit may move: for the calendar those whose handling clock runs, for the ladder all that it watches."""
    if kind == Kind.CALENDAR:
        found = Appeal.objects.filter(status__in=RUNNING, due_at__isnull=False)
    else:
        found = Appeal.objects.filter(escalates_at__isnull=False)
    return found.order_by("pk")


def _batches(kind: Kind) -> Iterator[list[Appeal]]:
    last = 0
    while appeals := list(_open(kind).filter(pk__gt=last)[:BATCH]):
        yield appeals
        last = appeals[-1].pk
