"""People on duty, capacity in use and electricity: sums over rows that lead back to them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from cadres.models import Region
from enterprises.models import Enterprise, OperatingStatus
from reports.indicators import (
    ATTENDANCE,
    POWER,
    UTILISATION,
    Figure,
    Measures,
    PowerDay,
    PowerIndex,
    Scope,
    index,
    measure,
    power_day,
)
from reports.models import PowerRule
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, WUERHE, at
from tests.reports.test_indicators import days_ago, enterprise, scope

pytestmark = pytest.mark.django_db

YESTERDAY = days_ago(1)


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


def reporting(region: Region, *reports: dict[str, Any], day: date = DAY, **facts: Any) -> list[Enterprise]:
    """One enterprise for each report of the day, all with these facts, on November's list."""
    some = [enterprise(region, **facts) for _ in reports]
    for one, values in zip(some, reports, strict=True):
        factories.status(one, day, **values)
    return some


def listed(tree: dict[str, Region], *some: Enterprise) -> None:
    karamay.freeze(tree[CITY], *some)


# --- 返岗率 ----------------------------------------------------------------------------------------------------


def test_attendance_is_of_those_that_reported_both_numbers(tree: dict[str, Region]) -> None:
    some = reporting(
        tree[TIANSHAN],
        {"due": 100, "on_duty": 80},
        {"due": 50, "on_duty": 50},
        {"due": 1000},
        {"on_duty": 7},
    )
    listed(tree, *some, enterprise(tree[TIANSHAN]))
    assert measure(scope(tree[CITY])).amounts().attendance == (130, 150)
    assert set(ATTENDANCE.rows(scope(tree[CITY]), above=True).values_list("enterprise", flat=True)) == {
        some[0].pk,
        some[1].pk,
    }


def test_nobody_due_is_a_dash_and_more_than_due_is_not_cut(tree: dict[str, Region]) -> None:
    idle = reporting(tree[DUSHANZI], {"due": 0, "on_duty": 0})
    busy = reporting(tree[TIANSHAN], {"due": 10, "on_duty": 12})
    listed(tree, *idle, *busy)
    counted = measure(scope(tree[CITY]))
    assert counted.amounts(place=DUSHANZI).attendance.text == "—"
    assert counted.amounts(place=KARAMAY).attendance.text == "120.0%"
    assert counted.amounts(place=WUERHE).attendance.text == "—"


def test_yesterdays_people_do_not_stand_for_today(tree: dict[str, Region]) -> None:
    some = reporting(tree[TIANSHAN], {"due": 10, "on_duty": 9}, day=YESTERDAY)
    listed(tree, *some)
    assert measure(scope(tree[CITY])).amounts().attendance.text == "—"
    assert measure(scope(tree[CITY], YESTERDAY)).amounts().attendance == (9, 10)


def test_what_was_replaced_later_counts_as_it_then_was(tree: dict[str, Region]) -> None:
    some = reporting(tree[TIANSHAN], {"due": 10, "on_duty": 1, "reported_at": at(10)})
    listed(tree, *some)
    OperatingStatus.objects.update(on_duty=5, reported_at=at(14))
    OperatingStatus.objects.update(on_duty=10, reported_at=at(16))
    shown = [measure(scope(tree[CITY], as_of=at(hour))).amounts().on_duty for hour in (9, 11, 15, 17)]
    assert shown == [0, 1, 5, 10]


# --- 产能利用率 ------------------------------------------------------------------------------------------------


def test_utilisation_is_weighted_by_headcount_and_never_cut_at_a_hundred(tree: dict[str, Region]) -> None:
    large = reporting(tree[TIANSHAN], {"utilisation": Decimal("120")}, headcount=900)
    small = reporting(tree[TIANSHAN], {"utilisation": Decimal("20")}, headcount=100)
    unknown = reporting(tree[TIANSHAN], {"utilisation": Decimal("1")}, headcount=None)
    silent = reporting(tree[TIANSHAN], {}, headcount=5000)
    listed(tree, *large, *small, *unknown, *silent)
    counted = measure(scope(tree[CITY])).amounts()
    assert counted.utilisation == (1100, 1000)
    assert counted.utilisation.text == "110.0%"  # the plain mean would be 70 %
    rows = UTILISATION.rows(scope(tree[CITY]), above=False)
    assert rows.count() == 2
    assert rows.aggregate(above=Sum("above_line"), below=Sum("below_line")) == {"above": 1100, "below": 1000}


# --- 复工电力指数 ----------------------------------------------------------------------------------------------


def test_the_index_of_the_published_example() -> None:
    found = index(Decimal("40541.65"), Decimal("128807.02"), 64590, 333427, PowerRule())
    assert found is not None
    assert (
        PowerIndex(
            Decimal("40541.65"), Decimal("128807.02"), 64590, 333427, known=1, power=PowerDay(DAY, PowerRule())
        ).text
        == "25.42"
    )
    assert float(found) == pytest.approx(25.42, abs=0.005)


def test_over_nothing_there_is_no_index() -> None:
    assert index(Decimal(0), Decimal(0), 0, 5, PowerRule()) is None
    assert index(Decimal(5), Decimal(5), 0, 0, PowerRule()) is None


def with_power(tree: dict[str, Region], **kwh: Any) -> list[Enterprise]:
    """Four enterprises of 100 kWh a day: what they drew on the day before, in order; None says nothing."""
    some = [enterprise(tree[TIANSHAN], baseline_kwh=100) for _ in kwh["drew"]]
    for one, drawn in zip(some, kwh["drew"], strict=True):
        if drawn is not None:
            factories.status(one, kwh.get("day", YESTERDAY), kwh=drawn)
    return some


def test_an_enterprise_has_resumed_at_thirty_percent_of_its_own_baseline(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30, Decimal("29.99"), None])
    listed(tree, *some, enterprise(tree[TIANSHAN]))  # the last has no baseline and is not in it
    found = measure(scope(tree[CITY])).index()
    assert (found.drawn, found.baseline, found.resumed, found.enterprises, found.known) == (120, 400, 2, 4, 3)
    assert found.text == "40.00"  # 120/400 × 50 + 2/4 × 50
    assert found.day == YESTERDAY
    assert POWER.rows(scope(tree[CITY]), above=True).count() == 2
    assert POWER.rows(scope(tree[CITY]), above=False).count() == 4
    numerator = POWER.rows(scope(tree[CITY]), above=True).aggregate(drawn=Sum("above_line"))
    assert numerator == {"drawn": 120}


def test_a_region_of_which_nothing_is_known_has_no_index_and_not_zero(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[0, 10])
    other = enterprise(tree[DUSHANZI], baseline_kwh=100)
    listed(tree, *some, other)
    counted = measure(scope(tree[CITY]))
    assert counted.index(place=DUSHANZI).text == "—"
    assert counted.index(place=KARAMAY).text == "0.00"
    assert counted.index(place=KARAMAY).above(counted.index(place=DUSHANZI)) is None


def test_a_difference_of_indices_has_two_decimals_and_no_points(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30])
    for one, drawn in zip(some, (90, 40), strict=True):
        factories.status(one, DAY, kwh=drawn)
    listed(tree, *some)
    today, before = measure(scope(tree[CITY])).index(), measure(scope(tree[CITY], YESTERDAY)).index()
    assert (today.text, before.text, today.above(before)) == ("82.50", "80.00", Decimal("2.50"))


def test_without_data_of_the_day_the_latest_day_counts_and_is_named(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30], day=days_ago(20))
    listed(tree, *some)
    assert power_day(scope(tree[CITY])).day == days_ago(20)
    assert power_day(scope(tree[CITY], days_ago(21))).day is None
    assert measure(scope(tree[CITY], days_ago(21))).index().text == "—"


def test_a_lone_meter_reading_does_not_make_a_day_of_data(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30, 50])
    factories.status(some[0], DAY, kwh=95)
    listed(tree, *some)
    assert power_day(scope(tree[CITY])).day == YESTERDAY
    factories.status(some[1], DAY, kwh=95)
    assert power_day(scope(tree[CITY])).day == DAY


def test_districts_use_the_day_of_their_city(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30, 50])
    alone = enterprise(tree[DUSHANZI], baseline_kwh=100)
    factories.status(alone, DAY, kwh=10)
    listed(tree, *some, alone)
    assert power_day(scope(tree[DUSHANZI])).day == power_day(scope(tree[CITY])).day == YESTERDAY
    own, citys = measure(scope(tree[DUSHANZI])).index(), measure(scope(tree[CITY])).index(place=DUSHANZI)
    assert (own.text, own.drawn, own.day) == (citys.text, citys.drawn, citys.day)


def test_data_that_came_after_the_cut_off_did_not_exist_then(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30])
    listed(tree, *some)
    for one in some:
        factories.status(one, DAY, kwh=99, reported_at=at(16))
    OperatingStatus.objects.filter(day=YESTERDAY).update(kwh=0, reported_at=at(16))
    before, after = measure(scope(tree[CITY], as_of=at(15))).index(), measure(scope(tree[CITY], as_of=at(17))).index()
    assert (before.day, before.text) == (YESTERDAY, "80.00")
    assert (after.day, after.text) == (DAY, "99.50")


# --- the rule --------------------------------------------------------------------------------------------------


def rule(version: int, starts_on: date, **values: Any) -> PowerRule:
    return PowerRule.objects.create(version=version, starts_on=starts_on, set_at=at(9), **values)


def test_a_rule_counts_from_its_day_and_past_days_keep_theirs(tree: dict[str, Region]) -> None:
    some = with_power(tree, drew=[90, 30])
    for one, drawn in zip(some, (90, 30), strict=True):
        factories.status(one, days_ago(2), kwh=drawn)
    listed(tree, *some)
    rule(1, YESTERDAY, energy_weight=Decimal("0.2"), count_weight=Decimal("0.8"), threshold=Decimal(50))
    now, past = measure(scope(tree[CITY])).index(), measure(scope(tree[CITY], days_ago(2))).index()
    assert (now.power.rule.version, now.text) == (1, "49.00")  # 90/200 × 20 + 1/2 × 80
    assert (past.power.rule.version, past.text) == (0, "80.00")
    rule(2, YESTERDAY, threshold=Decimal(95))
    assert measure(scope(tree[CITY])).index().text == "0.00"


def test_weights_make_one_and_a_rule_is_never_changed() -> None:
    with pytest.raises(IntegrityError, match="weights_make_one"), transaction.atomic():
        rule(1, DAY, energy_weight=Decimal("0.6"))
    kept = rule(1, DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(1, DAY)
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        PowerRule.objects.filter(pk=kept.pk).update(threshold=1)


# --- places and parks ------------------------------------------------------------------------------------------


def test_totals_are_sums_and_parks_stand_apart(tree: dict[str, Region]) -> None:
    park = karamay.park(tree[CITY])
    inside = reporting(tree[DUSHANZI], {"due": 10, "on_duty": 10}, park=park)
    outside = reporting(tree[TIANSHAN], {"due": 90, "on_duty": 0})
    listed(tree, *inside, *outside)
    counted = measure(scope(tree[CITY]))
    assert counted.amounts().attendance == (10, 100)  # the mean of the rates would be 50 %
    assert counted.amounts(park=park.pk).attendance == (10, 10)
    assert measure(scope(park)).amounts().attendance == (10, 10)
    district = measure(scope(tree[KARAMAY]))
    assert district.amounts().attendance == counted.amounts(place=KARAMAY).attendance == (0, 90)


def test_an_empty_city_has_dashes() -> None:
    found: Measures = measure(scope(factories.city()))
    assert (found.amounts().attendance.text, found.amounts().utilisation.text, found.index().text) == ("—", "—", "—")


def test_many_districts_take_as_many_statements_as_few(tree: dict[str, Region]) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            measure(scope(tree[CITY]))
        return len(queries)

    listed(tree, *with_power(tree, drew=[90, 30]))
    few = statements()
    for number in range(10, 30):
        district = factories.RegionFactory.create(
            code=f"6502{number}000000", name=f"{number}区", kind="district", parent=tree[CITY]
        )
        karamay.report(enterprise(district, baseline_kwh=5), "full", at(10))
    assert statements() == few <= 5


def slow(where: Scope) -> tuple[Figure, Figure]:
    """The definitions read one enterprise at a time."""
    due = on_duty = headcount = Decimal(0)
    used = Fraction(0)
    for one in Enterprise.objects.filter(region_path__startswith=where.region.path):
        status = OperatingStatus.objects.filter(enterprise=one, day=where.day).first()
        if status is None:
            continue
        if status.due is not None and status.on_duty is not None:
            due, on_duty = due + status.due, on_duty + status.on_duty
        if status.utilisation is not None and one.headcount:
            headcount += one.headcount
            used += Fraction(status.utilisation) * one.headcount / 100
    return Figure(on_duty, due), Figure(Decimal(used.numerator) / used.denominator, headcount)


def test_figures_are_those_of_the_slow_definition(tree: dict[str, Region]) -> None:
    some = []
    for number in range(40):
        region = tree[(TIANSHAN, DUSHANZI, WUERHE)[number % 3]]
        values = {
            "due": None if number % 5 == 0 else number,
            "on_duty": None if number % 7 == 0 else number // 2,
            "utilisation": None if number % 4 == 0 else Decimal(number * 5),
        }
        some += reporting(region, values, headcount=number % 6 or None, day=DAY - timedelta(days=number % 2))
    listed(tree, *some)
    for region in (tree[CITY], tree[KARAMAY], tree[DUSHANZI]):
        where = scope(region)
        found = measure(where).amounts()
        assert (found.attendance, found.utilisation) == slow(where)
