"""The clock of an appeal: when it must be signed, answered and warned of, and when the clock stands still.

Working time is counted on the calendar of the appeal's region; instants are aware. Appeals are not saved here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db.models import F

from appeals.models.history import Round
from appeals.models.tables import Limit
from workflow.models import Unit
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from appeals.models import Appeal
    from workflow.worktime import WorkCalendar

AUTO_SIGN_FACTOR: Final = 2  # 视为签收 at twice the sign limit
YELLOW_SHARE: Final = 4  # the yellow light comes a quarter of the limit before the deadline, at most a working day


def limit_for(urgency: str, region_path: str) -> Limit:
    """The limits in force: the nearest region's own, otherwise the city-wide ones."""
    codes = region_path.rstrip("/").split("/")
    found = (
        Limit.objects.filter(urgency=urgency, region__code__in=codes).order_by(F("region__path").desc()).first()
        or Limit.objects.filter(urgency=urgency, region=None).first()
    )
    if found is None:
        raise ImproperlyConfigured(f"no limit for urgency {urgency}; run migrate")
    return found


@dataclass(frozen=True)
class Limits:
    """All limits, read once for many appeals."""

    rows: dict[tuple[str, str], Limit]

    @classmethod
    def load(cls) -> Limits:
        found = Limit.objects.select_related("region")
        return cls({(limit.urgency, limit.region.code if limit.region else ""): limit for limit in found})

    def of(self, appeal: Appeal) -> Limit:
        """As limit_for() finds it."""
        for code in (*reversed(appeal.region_path.rstrip("/").split("/")), ""):
            if limit := self.rows.get((appeal.urgency, code)):
                return limit
        raise ImproperlyConfigured(f"no limit for urgency {appeal.urgency}; run migrate")


def start_signing(appeal: Appeal, now: datetime, limit: Limit | None = None) -> None:
    """Limits for 签收 and the first contact, at every 转办."""
    limit = limit or limit_for(appeal.urgency, appeal.region_path)
    calendar = load_calendar(appeal.region_path)
    appeal.sign_due_at = calendar.limit(now, limit.sign_amount, limit.sign_unit)
    appeal.auto_sign_at = calendar.limit(now, limit.sign_amount * AUTO_SIGN_FACTOR, limit.sign_unit)
    if appeal.contacted_at is None and appeal.contact_due_at is None:
        appeal.contact_due_at = calendar.limit(now, limit.contact_amount, limit.contact_unit)


def start_first_round(appeal: Appeal, now: datetime) -> None:
    """The first 转办 sets the deadline; bounce and a new 转办 never restart it."""
    _set_first_limit(appeal, now)
    round_of(appeal).save()


def start_next_round(appeal: Appeal, now: datetime) -> None:
    """重办 begins the next round with half the original limit, at least one working day."""
    _set_round(appeal, now, half_limit(appeal, now))
    round_of(appeal).save()


def settle_at_once(appeal: Appeal, now: datetime) -> None:
    """What is answered before any 转办 has its first round begun and 办结 in one; round_of() is still to be saved."""
    _set_first_limit(appeal, now)
    appeal.settled_at = now
    pause(appeal, now)


def round_of(appeal: Appeal) -> Round:
    """The row of the round that has just begun."""
    values: dict[str, Any] = {
        "number": appeal.round,
        "started_at": appeal.round_started_at,
        "original_due_at": appeal.original_due_at,
        "due_at": appeal.due_at,
        "settled_at": appeal.settled_at,
    }
    return Round(appeal=appeal, **values)


def void_round(appeal: Appeal) -> None:
    """What was said to be settled on the spot was not: its first 转办, and with it its first round, is to come."""
    Round.objects.filter(appeal=appeal).delete()
    appeal.round, appeal.limit_amount, appeal.limit_unit = 0, None, ""
    appeal.round_started_at = appeal.original_due_at = appeal.due_at = appeal.yellow_at = None
    appeal.paused_at = appeal.settled_at = None


def half_limit(appeal: Appeal, now: datetime, calendar: WorkCalendar | None = None) -> datetime:
    """Half of N working days is ⌊N/2⌋ of them, and half a day's working minutes more where N is odd."""
    calendar = calendar or load_calendar(appeal.region_path)
    one_day = calendar.add_days(now, 1)
    amount = appeal.limit_amount or 0
    if appeal.limit_unit != Unit.WORKING_DAYS:
        return max(one_day, calendar.limit(now, amount // 2, appeal.limit_unit or Unit.WORKING_MINUTES))
    if amount < 2:
        return one_day
    due = calendar.add_days(now, amount // 2)
    return calendar.add_minutes(due, calendar.minutes_per_day // 2) if amount % 2 else due


def pause(appeal: Appeal, now: datetime) -> None:
    appeal.paused_at = now


def resume(appeal: Appeal, now: datetime) -> None:
    """The clock goes on: the deadline moves by as much time of its own kind as the clock stood still."""
    if appeal.paused_at is None or appeal.due_at is None:
        return
    calendar, unit = load_calendar(appeal.region_path), _unit_of_round(appeal)
    if unit == Unit.CLOCK_MINUTES:
        appeal.due_at += now - appeal.paused_at
    elif stood_still := calendar.minutes_between(appeal.paused_at, now):
        appeal.due_at = calendar.add_minutes(appeal.due_at, stood_still)
    appeal.paused_at = None
    appeal.yellow_at = yellow(calendar, appeal.round_started_at or now, appeal.due_at, unit)
    Round.objects.filter(appeal=appeal, number=appeal.round).update(due_at=appeal.due_at)


def settle(appeal: Appeal, now: datetime) -> None:
    """办结 is the instant of 审核通过; from here the enterprise has the word and the clock stands still."""
    appeal.settled_at = now
    Round.objects.filter(appeal=appeal, number=appeal.round).update(settled_at=now)
    pause(appeal, now)


def unsettle(appeal: Appeal) -> None:
    """The office sent it back: the round was not 办结 after all."""
    appeal.settled_at = None
    Round.objects.filter(appeal=appeal, number=appeal.round).update(settled_at=None)


def deadline(appeal: Appeal, calendar: WorkCalendar, stops: Iterable[tuple[datetime, datetime]]) -> datetime | None:
    """The deadline of the round as this calendar has it; `stops` are the times at which the clock stood still in it."""
    if appeal.round_started_at is None or appeal.limit_amount is None:
        return None
    first, unit = appeal.round == 1, _unit_of_round(appeal)
    start = appeal.round_started_at
    due = calendar.limit(start, appeal.limit_amount, unit) if first else half_limit(appeal, start, calendar)
    for begin, end in stops:
        if unit == Unit.CLOCK_MINUTES:
            due += end - begin
        elif stood_still := calendar.minutes_between(begin, end):
            due = calendar.add_minutes(due, stood_still)
    return due


def yellow_of(appeal: Appeal, calendar: WorkCalendar, due: datetime) -> datetime:
    """When the round's yellow light comes if it is due then."""
    return yellow(calendar, appeal.round_started_at or due, due, _unit_of_round(appeal))


def yellow(calendar: WorkCalendar, start: datetime, due: datetime, unit: str) -> datetime:
    """When the yellow light comes: one working day before the deadline, or a quarter of the limit if that is less."""
    if unit == Unit.CLOCK_MINUTES:
        quarter: timedelta = (due - start) / YELLOW_SHARE
        return due - quarter
    total = calendar.minutes_between(start, due)
    return calendar.add_minutes(due, -min(calendar.minutes_per_day, total // YELLOW_SHARE))


def _set_first_limit(appeal: Appeal, now: datetime) -> None:
    amount, unit = limit_for(appeal.urgency, appeal.region_path).settling(appeal.triage)
    appeal.limit_amount, appeal.limit_unit = amount, unit
    _set_round(appeal, now, load_calendar(appeal.region_path).limit(now, amount, unit))


def _set_round(appeal: Appeal, now: datetime, due: datetime) -> None:
    appeal.round += 1
    appeal.round_started_at = now
    appeal.original_due_at = appeal.due_at = due
    appeal.yellow_at = yellow(load_calendar(appeal.region_path), now, due, _unit_of_round(appeal))
    appeal.settled_at = appeal.paused_at = None
    appeal.level = 0


def _unit_of_round(appeal: Appeal) -> str:
    """A later round has at least one working day, so it runs in working time even for 特急."""
    return appeal.limit_unit if appeal.round == 1 else Unit.WORKING_DAYS
