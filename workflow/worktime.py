"""Working time: how long something took, and when a limit ends, on China's official calendar.

Everything is counted in Beijing time, which all of China uses and which knows no summer time. Arguments are aware
datetimes of any zone; results are aware and in Beijing time.
"""

from __future__ import annotations

import time as clock
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Self

from django.conf import settings

from workflow.calendar_seed import proves_announced, seed_rows, statutory_holidays
from workflow.models import Holiday, Unit, WorkingHours

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
DEFAULT_HOURS: Final = ((time(9), time(12)), (time(14), time(18)))

_MINUTE: Final = 60_000_000


class SpecialDay(NamedTuple):
    """A day that differs from the ordinary week. `local` days hold in one region and don't make a year announced."""

    day: date
    working: bool
    local: bool = False


class DayHours:
    """The hours of one working day, in microseconds since midnight. Stretches that overlap or touch are joined."""

    def __init__(self, hours: Iterable[tuple[time, time]]) -> None:
        """Raises ValueError, in Chinese, where there are no hours or some run past midnight."""
        stretches: list[tuple[int, int]] = []
        for opens, closes in sorted(hours):
            if closes <= opens:
                raise ValueError(f"工作时间 {opens:%H:%M}–{closes:%H:%M} 不对：结束须晚于开始，不能跨夜。")
            begin, end = _since_midnight(opens), _since_midnight(closes)
            if stretches and begin <= stretches[-1][1]:
                begin, end = stretches[-1][0], max(end, stretches.pop()[1])
            stretches.append((begin, end))
        if not stretches:
            raise ValueError("工作时间不能为空，请至少填写一段。")
        self._begins = [begin for begin, _ in stretches]
        self._ends = [end for _, end in stretches]
        self._worked = list(accumulate(end - begin for begin, end in stretches))
        self.length: Final = self._worked[-1]

    @property
    def opening(self) -> int:
        return self._begins[0]

    @property
    def closing(self) -> int:
        return self._ends[-1]

    def worked_at(self, instant: int) -> int:
        """How much of the day's work is done at this time of day: 0 before the opening, `length` after the closing."""
        passed = bisect_left(self._ends, instant)
        if passed == len(self._ends):
            return self.length
        remaining = self._ends[passed] - max(instant, self._begins[passed])
        return self._worked[passed] - remaining

    def first_instant(self, worked: int) -> int:
        """The earliest time of day at which so much is done; 0 < worked ≤ length. Noon rather than 14:00."""
        stretch = bisect_left(self._worked, worked)
        return self._ends[stretch] - (self._worked[stretch] - worked)

    def last_instant(self, worked: int) -> int:
        """The latest time of day at which no more than that is done; 0 ≤ worked < length. 14:00 rather than noon."""
        stretch = bisect_right(self._worked, worked)
        return self._ends[stretch] - (self._worked[stretch] - worked)


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """The working days and hours of one place. Immutable, safe to share between threads, microseconds per call.

    Years that are not `announced` are Monday to Friday less the statutory holidays, and provisional (暂定); special
    days hold in them too.
    """

    special: Mapping[date, bool]
    announced: Container[int]
    hours: DayHours = field(default_factory=lambda: DayHours(DEFAULT_HOURS))
    _working_days: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, days: Iterable[SpecialDay], hours: Iterable[tuple[time, time]] = DEFAULT_HOURS) -> Self:
        """A local day goes before a national one; among local ones the later goes before the earlier."""
        rows = sorted(days, key=lambda row: row.local)
        return cls(
            special={row.day: row.working for row in rows},
            announced=frozenset(row.day.year for row in rows if not row.local and proves_announced(row.day)),
            hours=DayHours(hours),
        )

    # Days

    def is_working_day(self, day: date) -> bool:
        """A datetime stands for its day in Beijing."""
        day = _day(day)
        special = self.special.get(day)
        if special is not None:
            return special
        return day.weekday() < 5 and (day.year in self.announced or day not in statutory_holidays(day.year))

    def is_provisional(self, when: date | int) -> bool:
        """Whether the days off of this year are not announced yet, so that a limit that ends in it may move (暂定)."""
        return (when if isinstance(when, int) else _day(when).year) not in self.announced

    def start_of_day(self, day: date) -> datetime:
        """When work begins on this date, whether or not it is a working day."""
        return _at(_day(day).toordinal(), self.hours.opening)

    def end_of_day(self, day: date) -> datetime:
        """When work ends on this date, whether or not it is a working day."""
        return _at(_day(day).toordinal(), self.hours.closing)

    def add_days(self, start: datetime, days: int) -> datetime:
        """When work ends on the Nth working day after the day of the start, at whatever hour that was.

        A negative number counts working days before that day; 0 is the day itself, or the next that is worked.
        """
        day = _day(start)
        before = self._days_before(day)
        count = before + self.is_working_day(day) + days - 1 if days > 0 else before + days
        return _at(self._nth_day(day.year, count), self.hours.closing)

    def working_days_between(self, first: date, last: date) -> int:
        """Working days after `first` up to and including `last`; negative if `last` is earlier. Undoes `add_days`."""
        first, last = _day(first), _day(last)
        since_first = self._days_before(last, since=first.year) - self._days_before(first)
        return since_first + self.is_working_day(last) - self.is_working_day(first)

    # Minutes

    @cached_property
    def minutes_per_day(self) -> int:
        return self.hours.length // _MINUTE

    def is_working_time(self, moment: datetime) -> bool:
        """The closing instant of a stretch is no longer working time."""
        return self.next_instant(moment) == moment

    def next_instant(self, moment: datetime) -> datetime:
        """The moment itself if it is working time, else when work next begins."""
        return self.add_minutes(moment, 0)

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """The first instant at which so many working minutes have passed; always within working hours.

        What ends exactly with a stretch ends at its closing, not at the next opening. A negative number goes back
        to the last instant from which so many minutes are left; 0 is `next_instant`.
        """
        local = _local(start)
        worked = self._worked(local, since=local.year) + minutes * _MINUTE
        if minutes > 0:
            day, rest = divmod(worked - 1, self.hours.length)
            return _at(self._nth_day(local.year, day), self.hours.first_instant(rest + 1))
        day, rest = divmod(worked, self.hours.length)
        return _at(self._nth_day(local.year, day), self.hours.last_instant(rest))

    def minutes_between(self, first: datetime, last: datetime) -> int:
        """Whole working minutes from `first` to `last`; negative if `last` is earlier."""
        begin, end = _local(first), _local(last)
        worked = self._worked(end, since=begin.year) - self._worked(begin, since=begin.year)
        return worked // _MINUTE if worked >= 0 else -(-worked // _MINUTE)

    # Limits

    def limit(self, start: datetime, amount: int, unit: Unit | str) -> datetime:
        """When a limit that begins at `start` ends, or a lead time before it begins if `amount` is negative.

        An amount of 0 is the start itself, whatever the unit. Clock minutes run day and night.
        """
        if amount == 0:
            return _local(start)
        match Unit(unit):
            case Unit.WORKING_DAYS:
                return self.add_days(start, amount)
            case Unit.WORKING_MINUTES:
                return self.add_minutes(start, amount)
            case Unit.CLOCK_MINUTES:
                return _local(start) + timedelta(minutes=amount)

    # The index: for each year that was asked about, the ordinals of its working days

    def _days_of(self, year: int) -> tuple[int, ...]:
        """Two threads may compute the same year at once; they store the same."""
        days = self._working_days.get(year)
        if days is None:
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            days = tuple(n for n in range(first, last + 1) if self.is_working_day(date.fromordinal(n)))
            self._working_days[year] = days
        return days

    def _days_before(self, day: date, since: int | None = None) -> int:
        """Working days from the beginning of the year `since` (the day's own if None) until the day begins.

        Negative if the day lies before that year.
        """
        count = bisect_left(self._days_of(day.year), day.toordinal())
        if since is None or since == day.year:
            return count
        count += sum(len(self._days_of(year)) for year in range(since, day.year))
        return count - sum(len(self._days_of(year)) for year in range(day.year, since))

    def _nth_day(self, year: int, count: int) -> int:
        """The ordinal of working day number `count` of a year, counted from 0; it may run over into other years."""
        while count < 0:
            year -= 1
            count += len(self._days_of(year))
        while count >= len(self._days_of(year)):
            count -= len(self._days_of(year))
            year += 1
        return self._days_of(year)[count]

    def _worked(self, local: datetime, since: int) -> int:
        """Working microseconds from the beginning of the year `since` to this instant."""
        day = local.date()
        worked = self._days_before(day, since) * self.hours.length
        return worked + self.hours.worked_at(_since_midnight(local)) if self.is_working_day(day) else worked


def load_calendar(region_path: str = "") -> WorkCalendar:
    """The calendar of a region: the nation's days, those of the region and of what it lies in, and the hours.

    The tables are read at most once in `CALENDAR_SECONDS` per process, so an edit is felt everywhere within that time;
    where it was made, at once by `forget()`.
    """
    tables = _Tables.latest
    if tables is None or clock.monotonic() >= tables.stale_at:
        tables = _Tables.latest = _Tables.read(tables)
    return tables.calendar_of(region_path)


def is_working_day(day: date, region_path: str = "") -> bool:
    """Whether people work on a day, in a region or in the nation."""
    return load_calendar(region_path).is_working_day(day)


def working_instant(moment: datetime, region_path: str = "") -> datetime:
    """The moment itself where it is working time in a region, else when work next begins there."""
    return load_calendar(region_path).next_instant(moment)


def as_stored() -> Callable[[str], WorkCalendar]:
    """The calendars by region path as this transaction sees the tables, edited or not; kept for nobody else."""
    return _Tables.read(None).calendar_of


def forget() -> None:
    """Read the tables again at the next question; called after the holidays or the hours have been edited."""
    _Tables.latest = None


@dataclass(frozen=True)
class _Tables:
    """What the tables held when they were read. Calendars are kept as long as nothing has changed.

    `found` has that of each region that was asked about.
    """

    latest: ClassVar[_Tables | None] = None

    days: tuple[tuple[str, SpecialDay], ...]
    hours: tuple[tuple[time, time], ...]
    places: tuple[str, ...]
    stale_at: float
    calendars: dict[tuple[str, ...], WorkCalendar]
    found: dict[str, WorkCalendar] = field(default_factory=dict)

    @classmethod
    def read(cls, before: Self | None) -> Self:
        """Outer regions come before inner ones, as `WorkCalendar.of` wants them."""
        stored = Holiday.objects.values_list("region__path", "day", "kind")
        rows = sorted((path or "", day, kind) for path, day, kind in stored)
        days = tuple((path, SpecialDay(day, kind == Holiday.Kind.WORK, local=bool(path))) for path, day, kind in rows)
        places = tuple(dict.fromkeys(path for path, _ in days if path))
        hours = tuple(WorkingHours.objects.values_list("starts", "ends")) or DEFAULT_HOURS
        same = before is not None and (before.days, before.hours) == (days, hours)
        kept = before.calendars if before is not None and same else {}
        return cls(days, hours, places, clock.monotonic() + settings.CALENDAR_SECONDS, kept)

    def calendar_of(self, region_path: str) -> WorkCalendar:
        """Regions without days of their own share one calendar. Paths are prefixes of what lies below them."""
        if (found := self.found.get(region_path)) is None:
            found = self.found[region_path] = self._calendar_of(region_path)
        return found

    def _calendar_of(self, region_path: str) -> WorkCalendar:
        paths = tuple(path for path in self.places if region_path.startswith(path))
        if paths not in self.calendars:
            days = (day for path, day in self.days if not path or path in paths)
            self.calendars[paths] = WorkCalendar.of(days, self.hours)
        return self.calendars[paths]


def official_calendar() -> WorkCalendar:
    """The announced calendar with the default hours, without a database: for tests, benchmarks and demo data."""
    return WorkCalendar.of(SpecialDay(row.day, row.kind == Holiday.Kind.WORK) for row in seed_rows())


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("working time needs aware datetimes")
    return moment.astimezone(BEIJING)


def _day(when: date) -> date:
    return _local(when).date() if isinstance(when, datetime) else when


def _since_midnight(at: time | datetime) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def _at(ordinal: int, since_midnight: int) -> datetime:
    return datetime.fromordinal(ordinal).replace(tzinfo=BEIJING) + timedelta(microseconds=since_midnight)
