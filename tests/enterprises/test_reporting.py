"""One row per enterprise and day, whoever reports and however often; what was replaced is kept."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from time import monotonic, sleep

import pytest
from django.db import IntegrityError, connection, transaction

from cadres.roles import Role
from enterprises.models import OperatingStatus, OperatingStatusHistory
from enterprises.reporting import ReportingError, problem_with_day, report_status
from tests import factories
from tests.factories import TODAY
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)
OFFICE = OperatingStatus.Source.OFFICE
VISIT = OperatingStatus.Source.VISIT
POWER = OperatingStatus.Source.POWER


@pytest.fixture
def enterprise():
    return factories.EnterpriseFactory.create()


def test_the_first_report_of_a_day_makes_its_row(enterprise):
    by = factories.cadre(Role.SPECIALIST)
    row = report_status(enterprise, TODAY, by, NOW, VISIT, state="partial", due=131, on_duty=64)
    row.refresh_from_db()
    assert (row.state, row.due, row.on_duty, row.kwh, row.source) == ("partial", 131, 64, None, "visit")
    assert (row.reported_by, row.reported_at) == (by, NOW)


def test_a_newer_report_replaces_the_row_and_the_older_one_stays_in_the_history(enterprise):
    first, second = factories.cadre(Role.SPECIALIST), factories.cadre(Role.OFFICE)
    report_status(enterprise, TODAY, first, NOW, VISIT, state="partial", on_duty=64, remarks="缺料")
    report_status(enterprise, TODAY, second, NOW + timedelta(hours=2), OFFICE, state="full", on_duty=120)
    row = OperatingStatus.objects.get()
    assert (row.state, row.on_duty, row.remarks, row.reported_by) == ("full", 120, "缺料", second)
    kept = OperatingStatusHistory.objects.get()
    assert (kept.state, kept.on_duty, kept.reported_by, kept.source) == ("partial", 64, first, "visit")
    assert (kept.reported_at, kept.replaced_at) == (NOW, NOW + timedelta(hours=2))


def test_a_report_keeps_the_columns_that_it_does_not_name(enterprise):
    report_status(enterprise, TODAY, None, NOW, VISIT, state="full", due=131)
    report_status(enterprise, TODAY, None, NOW + timedelta(hours=1), POWER, kwh=Decimal("4810.5"))
    row = OperatingStatus.objects.get()
    assert (row.state, row.due, row.kwh, row.source) == ("full", 131, Decimal("4810.5"), "power")


def test_the_same_report_again_changes_nothing(enterprise):
    report_status(enterprise, TODAY, None, NOW, VISIT, state="full", due=131, kwh=Decimal("4810.50"))
    report_status(enterprise, TODAY, None, NOW + timedelta(hours=1), OFFICE, state="full", kwh=Decimal("4810.5"))
    row = OperatingStatus.objects.get()
    assert (row.source, row.reported_at) == ("visit", NOW)
    assert not OperatingStatusHistory.objects.exists()


def test_a_value_named_as_nothing_is_taken_away(enterprise):
    report_status(enterprise, TODAY, None, NOW, VISIT, state="full", due=131)
    report_status(enterprise, TODAY, None, NOW, OFFICE, state="full", due=None)
    assert OperatingStatus.objects.get().due is None


def test_a_report_names_only_what_is_reported(enterprise):
    with pytest.raises(TypeError, match="reported_by"):
        report_status(enterprise, TODAY, None, NOW, OFFICE, state="full", reported_by=None)


def test_a_day_to_come_is_refused_to_everybody(enterprise):
    with pytest.raises(ReportingError, match="不能晚于今天"):
        report_status(enterprise, TODAY + timedelta(days=1), factories.cadre(Role.OFFICE), NOW, OFFICE, state="full")
    assert not OperatingStatus.objects.exists()


@pytest.mark.parametrize(
    ("day", "role", "allowed"),
    [
        (TODAY, Role.SPECIALIST, True),
        (TODAY - timedelta(days=31), Role.SPECIALIST, True),
        (TODAY - timedelta(days=32), Role.SPECIALIST, False),
        (TODAY - timedelta(days=32), Role.OFFICE, True),
        (TODAY - timedelta(days=32), None, True),
    ],
)
def test_days_older_than_a_month_are_the_offices(day: date, role: Role | None, allowed: bool):
    by = factories.cadre(role) if role else None
    assert (problem_with_day(day, by, TODAY) is None) is allowed


def test_the_day_is_that_of_the_place_and_not_of_greenwich(enterprise):
    before_midnight_in_greenwich = datetime(2026, 11, 19, 1, 0, tzinfo=BEIJING)
    report_status(enterprise, date(2026, 11, 19), None, before_midnight_in_greenwich, OFFICE, state="full")
    assert OperatingStatus.objects.get().day == date(2026, 11, 19)


@pytest.mark.parametrize("values", [{"utilisation": Decimal("200.01")}, {"utilisation": -1}, {"kwh": -1}])
def test_the_database_refuses_what_can_not_be(enterprise, values):
    with pytest.raises(IntegrityError):
        report_status(enterprise, TODAY, None, NOW, OFFICE, state="full", **values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_reported_already", [False, True])
def test_of_two_reports_at_once_one_is_the_row_and_the_other_its_history(at_once, is_reported_already):
    enterprise = factories.EnterpriseFactory.create()
    if is_reported_already:
        report_status(enterprise, TODAY, None, NOW - timedelta(hours=1), POWER, state="none")

    def report(due: int) -> OperatingStatus:
        return report_status(enterprise, TODAY, None, NOW, OFFICE, state="full", due=due)

    rows = at_once(lambda: report(10), lambda: report(20))
    assert rows[0] == rows[1]
    newest = OperatingStatus.objects.get().due
    replaced = set(OperatingStatusHistory.objects.values_list("due", flat=True))
    assert replaced | {newest} == ({10, 20, None} if is_reported_already else {10, 20})


@pytest.mark.django_db(transaction=True)
def test_the_same_report_twice_at_once_replaces_once(at_once):
    """Both wait for the row, so that the second decides upon what the first has written."""
    enterprise = factories.EnterpriseFactory.create()
    report_status(enterprise, TODAY, None, NOW - timedelta(hours=1), POWER, state="none")

    def hold_the_row_until_both_wait() -> None:
        with transaction.atomic():
            OperatingStatus.objects.select_for_update().get()
            started.wait(timeout=10)
            _wait_for_blocked(2)

    def report(minutes: int) -> None:
        started.wait(timeout=10)
        report_status(enterprise, TODAY, None, NOW + timedelta(minutes=minutes), OFFICE, state="full")

    started = Barrier(3)
    assert at_once(hold_the_row_until_both_wait, lambda: report(0), lambda: report(1)) == [None, None, None]
    assert [row.state for row in OperatingStatusHistory.objects.all()] == ["none"]


def _wait_for_blocked(number: int) -> None:
    """Until so many sessions of this database wait for a lock.

    A transaction keeps seeing the sessions of its first look, unless it forgets them.
    """
    forget = "SELECT pg_stat_clear_snapshot()"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    end = monotonic() + 10
    while monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(forget)
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= number:
                return
        sleep(0.01)
    raise AssertionError("Nobody waits")
