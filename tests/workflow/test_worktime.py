import csv
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadres.models import Region
from workflow import worktime
from workflow.calendar_seed import LUNAR_YEARS, seed_rows, statutory_holidays
from workflow.models import Holiday, Unit, WorkingHours
from workflow.worktime import BEIJING, DEFAULT_HOURS, DayHours, SpecialDay, WorkCalendar, load_calendar

CALENDAR = worktime.official_calendar()
MORNINGS = WorkCalendar.of([], [(time(8, 30), time(11, 45))])
LONG_DAY = WorkCalendar.of([], [(time(0), time(23, 59))])

with (Path(__file__).parent.parent / "data" / "working_days.csv").open(encoding="utf-8") as vectors:
    VECTORS = [(row["start"], int(row["plus_working_days"]), row["expected"]) for row in csv.DictReader(vectors)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(("start", "days", "expected"), VECTORS)
def test_working_days_follow_the_official_calendar(start: str, days: int, expected: str):
    morning, night = at(f"{start}T08:00"), at(f"{start}T23:30")
    assert CALENDAR.add_days(morning, days) == CALENDAR.add_days(night, days) == at(f"{expected}T18:00")
    assert CALENDAR.working_days_between(morning, at(f"{expected}T18:00")) == days


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-03-02T09:00", 30, "2026-03-02T09:30"),
        ("2026-03-02T11:50", 20, "2026-03-02T14:10"),
        ("2026-03-02T11:50", 10, "2026-03-02T12:00"),
        ("2026-03-02T12:00", 0, "2026-03-02T14:00"),
        ("2026-03-02T13:00", 60, "2026-03-02T15:00"),
        ("2026-03-02T14:00", 240, "2026-03-02T18:00"),
        ("2026-03-02T14:00", 241, "2026-03-03T09:01"),
        ("2026-03-02T03:00", 420, "2026-03-02T18:00"),
        ("2026-03-06T23:00", 1, "2026-03-09T09:01"),
        ("2026-03-07T10:00", 0, "2026-03-09T09:00"),
        ("2026-02-14T17:00", 120, "2026-02-24T10:00"),
        ("2026-03-02T10:00:30", 1, "2026-03-02T10:01:30"),
        ("2026-03-03T09:00", -1, "2026-03-02T17:59"),
        ("2026-03-02T18:00", -420, "2026-03-02T09:00"),
        ("2026-03-02T18:00", -421, "2026-02-28T17:59"),
        ("2026-03-02T18:00", -240, "2026-03-02T14:00"),
    ],
)
def test_working_minutes_pause_at_noon_at_night_and_on_days_off(start: str, minutes: int, expected: str):
    assert CALENDAR.add_minutes(at(start), minutes) == at(expected)


@pytest.mark.parametrize(
    ("first", "last", "minutes"),
    [
        ("2026-03-02T09:00", "2026-03-02T18:00", 420),
        ("2026-03-02T12:00", "2026-03-02T14:00", 0),
        ("2026-03-02T17:00", "2026-03-03T10:00", 120),
        ("2026-03-03T10:00", "2026-03-02T17:00", -120),
        ("2026-03-07T10:00", "2026-03-08T10:00", 0),
        ("2026-03-02T09:00:30", "2026-03-02T09:02:00", 1),
        ("2026-03-02T09:02:00", "2026-03-02T09:00:30", -1),
        ("2025-12-31T17:00", "2026-01-04T10:00", 120),
        ("2026-01-04T10:00", "2025-12-31T17:00", -120),
        ("2025-01-01T00:00", "2026-01-01T00:00", 248 * 420),
    ],
)
def test_minutes_between_counts_only_what_is_worked(first: str, last: str, minutes: int):
    assert CALENDAR.minutes_between(at(first), at(last)) == minutes


def test_the_year_2025_has_248_working_days():
    """365 days less 104 at weekends and 13 statutory ones, as 人力资源社会保障部 counts since 2025."""
    assert CALENDAR.working_days_between(date(2024, 12, 31), date(2025, 12, 31)) == 248


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (4 * 60, Unit.CLOCK_MINUTES, "2026-02-15T02:00"),
        (-30, Unit.CLOCK_MINUTES, "2026-02-14T21:30"),
        (30, Unit.WORKING_MINUTES, "2026-02-24T09:30"),
        (-30, Unit.WORKING_MINUTES, "2026-02-14T17:30"),
        (1, Unit.WORKING_DAYS, "2026-02-24T18:00"),
        (-1, Unit.WORKING_DAYS, "2026-02-13T18:00"),
        (0, Unit.WORKING_DAYS, "2026-02-14T22:00"),
        (0, Unit.WORKING_MINUTES, "2026-02-14T22:00"),
        (1, "days", "2026-02-24T18:00"),
    ],
)
def test_a_limit_is_counted_in_its_unit(amount: int, unit: Unit | str, expected: str):
    assert CALENDAR.limit(at("2026-02-14T22:00"), amount, unit) == at(expected)


def test_a_limit_in_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="fortnights"):
        CALENDAR.limit(at("2026-02-14T22:00"), 1, "fortnights")


def test_the_day_of_an_instant_is_its_day_in_beijing():
    late_friday_utc = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
    assert not CALENDAR.is_working_day(late_friday_utc)
    assert CALENDAR.add_days(late_friday_utc, 1) == at("2026-03-09T18:00")
    assert CALENDAR.add_minutes(late_friday_utc, 60) == at("2026-03-09T10:00")
    assert CALENDAR.add_minutes(late_friday_utc, 60).utcoffset() == timedelta(hours=8)


def test_a_naive_datetime_is_refused():
    naive = datetime(2026, 3, 2, 9)  # noqa: DTZ001
    for ask in (CALENDAR.next_instant, CALENDAR.is_working_day, lambda when: CALENDAR.add_days(when, 1)):
        with pytest.raises(ValueError, match="aware"):
            ask(naive)


def test_a_day_begins_and_ends_with_the_working_hours():
    assert CALENDAR.start_of_day(date(2026, 3, 2)) == at("2026-03-02T09:00")
    assert CALENDAR.end_of_day(at("2026-03-02T23:00")) == at("2026-03-02T18:00")


def test_zero_working_days_are_the_day_itself_or_the_next_that_is_worked():
    assert CALENDAR.add_days(at("2026-03-06T10:00"), 0) == at("2026-03-06T18:00")
    assert CALENDAR.add_days(at("2026-03-07T10:00"), 0) == at("2026-03-09T18:00")


def test_working_time_ends_with_the_closing_instant():
    assert CALENDAR.is_working_time(at("2026-03-02T09:00"))
    assert CALENDAR.is_working_time(at("2026-03-02T17:59:59"))
    assert not CALENDAR.is_working_time(at("2026-03-02T18:00"))
    assert not CALENDAR.is_working_time(at("2026-03-02T12:30"))
    assert not CALENDAR.is_working_time(at("2026-03-01T10:00"))


# Years that are not announced


def test_a_year_not_announced_is_provisional_and_leaves_out_the_statutory_holidays():
    assert CALENDAR.is_provisional(2027)
    assert CALENDAR.is_provisional(date(2027, 1, 1))
    assert not CALENDAR.is_provisional(2026)
    assert CALENDAR.add_days(at("2026-12-31T10:00"), 1) == at("2027-01-04T18:00")
    assert CALENDAR.add_days(at("2027-02-04T10:00"), 1) == at("2027-02-09T18:00")


def test_the_statutory_holidays_of_2027_are_those_of_the_law():
    days = [(1, 1), (2, 5), (2, 6), (2, 7), (2, 8), (4, 5), (5, 1), (5, 2), (6, 9), (9, 15), (10, 1), (10, 2), (10, 3)]
    expected = {date(2027, month, day) for month, day in days}
    assert statutory_holidays(2027) == expected


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_statutory_holidays_are_among_those_that_were_announced(year: int):
    announced = {row.day for row in seed_rows([year]) if row.kind == "rest"}
    assert statutory_holidays(year) <= announced


def test_every_year_has_its_statutory_holidays_where_the_lunar_calendar_is_known():
    for year in LUNAR_YEARS:
        days = statutory_holidays(year)
        assert {day.year for day in days} == {year}
        assert 12 <= len(days) <= 13, year  # Mid-Autumn may fall on one of the three days of National Day
        assert sum(day.month in (1, 2) for day in days) == 5, year
        assert {date(year, 4, day) for day in (4, 5, 6)} & days, year


@pytest.mark.parametrize("year", [1, 1899, 1950, 2003, 2099, 2200, 5000, 9998])
def test_no_year_is_unknown_to_the_calendar(year: int):
    start = datetime(year, 6, 30, 10, tzinfo=BEIJING)
    assert CALENDAR.is_provisional(start)
    assert CALENDAR.add_days(start, 10) - start < timedelta(days=20)
    assert CALENDAR.minutes_between(start, CALENDAR.add_minutes(start, 5000)) == 5000


def test_a_single_decreed_day_off_holds_before_the_year_is_announced():
    decreed = date(2028, 9, 4)
    calendar = WorkCalendar.of([SpecialDay(decreed, working=False)])
    assert not calendar.is_working_day(decreed)
    assert calendar.is_provisional(2028)
    assert not calendar.is_working_day(date(2028, 1, 26))


def test_an_announced_year_has_no_days_off_but_those_announced():
    calendar = WorkCalendar.of([SpecialDay(date(2028, 10, 1), working=False)])
    assert not calendar.is_provisional(2028)
    assert calendar.is_working_day(date(2028, 5, 1))


# Odd hours


def test_hours_may_be_a_morning_only():
    assert MORNINGS.minutes_per_day == 195
    assert MORNINGS.add_minutes(at("2027-03-01T11:00"), 60) == at("2027-03-02T08:45")
    assert MORNINGS.add_days(at("2027-03-01T11:00"), 1) == at("2027-03-02T11:45")


def test_hours_past_midnight_are_refused():
    with pytest.raises(ValueError, match="22:00–06:00 不对：结束须晚于开始，不能跨夜"):
        DayHours([(time(22), time(6))])


def test_a_day_without_hours_is_refused():
    with pytest.raises(ValueError, match="工作时间不能为空"):
        DayHours([])


def test_stretches_that_overlap_or_touch_count_once():
    joined = DayHours([(time(14), time(18)), (time(9), time(12)), (time(11), time(13)), (time(13), time(14))])
    assert joined.length == DayHours([(time(9), time(18))]).length


# Laws

moments = st.datetimes(datetime(2019, 1, 1), datetime(2029, 12, 31)).map(lambda when: when.replace(tzinfo=BEIJING))  # noqa: DTZ001
anytime = st.datetimes(datetime(1900, 1, 1), datetime(2210, 1, 1), timezones=st.sampled_from([UTC, BEIJING]))  # noqa: DTZ001
minutes = st.integers(-200_000, 200_000)
patient = settings(deadline=None)
calendars = st.sampled_from([CALENDAR, MORNINGS, LONG_DAY])


@patient
@given(calendars, anytime, minutes)
def test_minutes_added_are_the_minutes_between(calendar: WorkCalendar, start: datetime, count: int):
    assert calendar.minutes_between(start, calendar.add_minutes(start, count)) == count


@patient
@given(calendars, moments, minutes)
def test_a_limit_never_ends_outside_working_time(calendar: WorkCalendar, start: datetime, count: int):
    end = calendar.add_minutes(start, count)
    closing_counts = timedelta(microseconds=1) if count > 0 else timedelta(0)
    assert calendar.is_working_time(end - closing_counts)


@patient
@given(calendars, moments, moments, minutes, minutes)
def test_a_later_start_or_a_longer_limit_never_ends_earlier(
    calendar: WorkCalendar, one: datetime, other: datetime, few: int, many: int
):
    few, many = sorted((few, many))
    one, other = sorted((one, other))
    assert calendar.add_minutes(one, few) <= calendar.add_minutes(one, many)
    assert calendar.add_minutes(one, many) <= calendar.add_minutes(other, many)


@patient
@given(calendars, moments, moments, moments)
def test_working_time_adds_up(calendar: WorkCalendar, one: datetime, two: datetime, three: datetime):
    one, two, three = (when.replace(second=0, microsecond=0) for when in (one, two, three))
    total = calendar.minutes_between(one, two) + calendar.minutes_between(two, three)
    assert total == calendar.minutes_between(one, three)
    assert calendar.minutes_between(one, two) == -calendar.minutes_between(two, one)


@patient
@given(moments, moments)
def test_minutes_are_those_of_a_clock_that_is_watched_day_by_day(one: datetime, other: datetime):
    """The same figure reached another way: every day by itself, without any index."""
    one, other = sorted(when.replace(second=0, microsecond=0) for when in (one, other))
    other = min(other, one + timedelta(days=400))
    total, day = timedelta(0), one.date()
    while day <= other.date():
        for opens, closes in DEFAULT_HOURS if CALENDAR.is_working_day(day) else ():
            begin, end = datetime.combine(day, opens, BEIJING), datetime.combine(day, closes, BEIJING)
            total += max(min(end, other) - max(begin, one), timedelta(0))
        day += timedelta(days=1)
    assert CALENDAR.minutes_between(one, other) == total // timedelta(minutes=1)


@patient
@given(moments, st.integers(1, 600))
def test_working_days_added_are_the_days_between(start: datetime, count: int):
    end = CALENDAR.add_days(start, count)
    assert CALENDAR.is_working_day(end)
    assert end.timetz() == time(18, tzinfo=BEIJING)
    assert CALENDAR.working_days_between(start, end) == count
    assert CALENDAR.working_days_between(end, start) == -count
    assert CALENDAR.add_days(start, -count) < start


@patient
@given(anytime, minutes, st.integers(-12, 14))
def test_the_zone_of_the_argument_makes_no_difference(start: datetime, count: int, hours: int):
    elsewhere = start.astimezone(timezone(timedelta(hours=hours)))
    assert CALENDAR.add_minutes(elsewhere, count) == CALENDAR.add_minutes(start, count)
    assert CALENDAR.is_working_day(elsewhere) == CALENDAR.is_working_day(start)


# The seed


def test_the_seed_names_the_known_years_in_chinese():
    rows = {row.day: row for row in seed_rows()}
    assert {day.year for day in rows} >= set(range(2004, 2027))
    assert rows[date(2026, 2, 17)] == (date(2026, 2, 17), "rest", "春节")
    assert rows[date(2026, 2, 14)] == (date(2026, 2, 14), "work", "春节")
    assert rows[date(2015, 9, 3)].name == "抗战胜利纪念日"
    assert len(seed_rows([2026])) == 39


# The tables


@pytest.fixture
def _tables(db: None):
    worktime.forget()
    Holiday.objects.all().delete()
    WorkingHours.objects.all().delete()
    Holiday.objects.bulk_create(Holiday(**row._asdict()) for row in seed_rows())
    yield
    worktime.forget()


@pytest.fixture
def city() -> Region:
    return Region.objects.create(code="990100000000", name="澜川市", kind=Region.Kind.CITY)


@pytest.fixture
def district(city: Region) -> Region:
    return Region.objects.create(code="990102000000", name="澜北区", kind=Region.Kind.DISTRICT, parent=city)


@pytest.mark.usefixtures("_tables")
def test_the_calendar_is_that_of_the_tables():
    WorkingHours.objects.create(starts=time(10), ends=time(19, 30))
    assert load_calendar().add_days(at("2026-02-13T09:00"), 1) == at("2026-02-14T19:30")
    assert load_calendar().is_provisional(2027)
    assert not load_calendar().is_provisional(2026)


@pytest.mark.usefixtures("_tables")
def test_empty_tables_mean_default_hours_and_provisional_years():
    Holiday.objects.all().delete()
    assert load_calendar().end_of_day(date(2026, 3, 2)) == at("2026-03-02T18:00")
    assert load_calendar().is_provisional(2026)


@pytest.mark.usefixtures("_tables")
def test_a_place_has_its_own_days_off_and_those_of_what_it_lies_in(city: Region, district: Region):
    corban, fair, shifted = date(2026, 5, 27), date(2026, 5, 28), date(2026, 2, 17)
    Holiday.objects.create(day=corban, kind="rest", name="古尔邦节", region=city)
    Holiday.objects.create(day=fair, kind="rest", name="交易会", region=district)
    Holiday.objects.create(day=shifted, kind="work", name="保供", region=district)
    here, above, nation = load_calendar(district.path), load_calendar(city.path), load_calendar()
    assert [calendar.is_working_day(corban) for calendar in (here, above, nation)] == [False, False, True]
    assert [calendar.is_working_day(fair) for calendar in (here, above, nation)] == [False, True, True]
    assert [calendar.is_working_day(shifted) for calendar in (here, above, nation)] == [True, False, False]


@pytest.mark.usefixtures("_tables")
def test_a_local_day_off_goes_before_that_of_the_city(city: Region, district: Region):
    day = date(2026, 5, 27)
    Holiday.objects.create(day=day, kind="work", name="保供", region=district)
    Holiday.objects.create(day=day, kind="rest", name="古尔邦节", region=city)
    assert load_calendar(district.path).is_working_day(day)
    assert not load_calendar(city.path).is_working_day(day)


@pytest.mark.usefixtures("_tables")
def test_local_days_do_not_make_a_year_announced(city: Region):
    Holiday.objects.create(day=date(2027, 10, 1), kind="rest", name="国庆节", region=city)
    assert load_calendar(city.path).is_provisional(2027)


@pytest.mark.usefixtures("_tables")
def test_the_tables_are_read_once_until_they_are_forgotten(city: Region, django_assert_num_queries):
    with django_assert_num_queries(2):
        first = load_calendar()
        assert load_calendar(city.path) is load_calendar("elsewhere/") is first
    Holiday.objects.create(day=date(2026, 3, 2), kind="rest", name="临时", region=None)
    assert load_calendar().is_working_day(date(2026, 3, 2))
    worktime.forget()
    assert not load_calendar().is_working_day(date(2026, 3, 2))


@pytest.mark.usefixtures("_tables")
def test_an_edit_elsewhere_is_felt_after_a_minute(monkeypatch: pytest.MonkeyPatch):
    now = worktime.clock.monotonic()
    before = load_calendar()
    monkeypatch.setattr(worktime.clock, "monotonic", lambda: now + 61)
    assert load_calendar() is before
    Holiday.objects.create(day=date(2026, 3, 2), kind="rest", name="临时", region=None)
    monkeypatch.setattr(worktime.clock, "monotonic", lambda: now + 130)
    assert not load_calendar().is_working_day(date(2026, 3, 2))


@pytest.mark.parametrize(
    ("unit", "amount", "words"),
    [
        (Unit.WORKING_DAYS, 3, "3 个工作日"),
        (Unit.WORKING_MINUTES, 240, "4 小时（工作时间）"),
        (Unit.CLOCK_MINUTES, 30, "30 分钟（自然时间）"),
        (Unit.CLOCK_MINUTES, 90, "1 小时 30 分钟（自然时间）"),
        (Unit.CLOCK_MINUTES, 0, "0 分钟（自然时间）"),
    ],
)
def test_limits_are_said_as_people_say_them(unit: Unit, amount: int, words: str):
    assert unit.words(amount) == words
