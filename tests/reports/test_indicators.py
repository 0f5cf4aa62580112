"""Every figure is what its rows count, and what a slow reading of the definition gives."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from appeals.models import Appeal, Round
from cadres.models import Region
from enterprises.models import Enterprise, OperatingStatus
from reports.indicators import (
    BASE,
    CASES,
    ENTERPRISES,
    INDICATORS,
    REPORTING,
    RESUMPTION,
    STANDINGS,
    TIMELINESS,
    Figure,
    Indicator,
    Scope,
    Standing,
    carried,
    figure_of,
    named_cases,
    rounded,
    tally,
)
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, WUERHE, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


def enterprise(region: Region, **fields: Any) -> Enterprise:
    return factories.EnterpriseFactory.create(region=region, **fields)


def scope(region: Region, day: date = DAY, as_of: datetime | None = None) -> Scope:
    return Scope.of_month(region, day, as_of or at(18, day=day))


def figure(indicator: Indicator, where: Scope, **kind: Any) -> Figure:
    return tally(indicator.population, where).figure(indicator, **kind)


def days_ago(days: int) -> date:
    return DAY - timedelta(days=days)


# --- 复工率, 上报率 --------------------------------------------------------------------------------------------


def test_partial_and_full_resumption_count_and_none_does_not(tree: dict[str, Region]) -> None:
    some = [enterprise(tree[TIANSHAN]) for _ in range(4)]
    karamay.freeze(tree[CITY], *some)
    for one, state in zip(some, ("full", "partial", "none", "full"), strict=True):
        factories.status(one, DAY, state)
    assert figure(RESUMPTION, scope(tree[CITY])) == (3, 4)
    assert figure(RESUMPTION, scope(tree[CITY])).text == "75.0%"


@pytest.mark.parametrize(("age", "counts"), [(0, True), (3, True), (4, False)])
def test_a_status_speaks_for_three_days_and_no_longer(tree: dict[str, Region], age: int, counts: bool) -> None:
    one = enterprise(tree[TIANSHAN])
    karamay.freeze(tree[CITY], one)
    factories.status(one, days_ago(age), "full")
    assert figure(RESUMPTION, scope(tree[CITY])) == (int(counts), 1)
    assert carried(tally(ENTERPRISES, scope(tree[CITY]))) == int(0 < age <= 3)


def test_the_latest_status_counts_even_where_an_older_one_was_better(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    karamay.freeze(tree[CITY], one)
    factories.status(one, days_ago(2), "full")
    factories.status(one, days_ago(1), "none")
    factories.status(one, DAY + timedelta(days=1), "full")
    assert figure(RESUMPTION, scope(tree[CITY])) == (0, 1)


def test_only_a_row_of_the_day_itself_is_a_report(tree: dict[str, Region]) -> None:
    some = [enterprise(tree[TIANSHAN]) for _ in range(3)]
    karamay.freeze(tree[CITY], *some)
    factories.status(some[0], DAY, "none")
    factories.status(some[1], days_ago(1), "full")
    assert figure(REPORTING, scope(tree[CITY])) == (1, 3)


def test_what_is_reported_after_the_instant_does_not_count(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    karamay.freeze(tree[CITY], one)
    factories.status(one, DAY, "full", reported_at=at(15, 1))
    assert figure(RESUMPTION, scope(tree[CITY], as_of=at(15))) == (0, 1)
    assert figure(RESUMPTION, scope(tree[CITY], as_of=at(15, 1))) == (1, 1)


def test_a_report_that_was_replaced_later_counts_as_it_then_was(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    karamay.freeze(tree[CITY], one)
    factories.status(one, DAY, "none", reported_at=at(10))
    OperatingStatus.objects.update(state="partial", reported_at=at(14))
    OperatingStatus.objects.update(state="full", reported_at=at(16))
    shown = [figure(RESUMPTION, scope(tree[CITY], as_of=at(hour))).numerator for hour in (11, 15, 17)]
    assert shown == [0, 1, 1]
    partly = ENTERPRISES.rows(scope(tree[CITY], as_of=at(15))).get()
    assert Standing.of(partly.standing) == ("partial", 0)


def test_who_is_not_on_the_base_list_counts_nowhere(tree: dict[str, Region]) -> None:
    listed, other = enterprise(tree[TIANSHAN]), enterprise(tree[TIANSHAN])
    karamay.freeze(tree[CITY], listed)
    factories.status(other, DAY, "full")
    assert figure(RESUMPTION, scope(tree[CITY])) == (0, 1)


def test_without_a_list_there_is_a_dash_and_no_rate(tree: dict[str, Region]) -> None:
    for indicator in INDICATORS.values():
        assert figure_of(indicator, scope(tree[CITY])).text == "—"


def test_in_an_empty_database_nothing_is_counted() -> None:
    region = factories.city()
    assert tally(ENTERPRISES, scope(region)).cells == {}
    assert tally(CASES, scope(region)).cells == {}


# --- regions and parks -----------------------------------------------------------------------------------------


def test_districts_are_counted_apart_and_the_city_from_their_counts(tree: dict[str, Region]) -> None:
    first = [enterprise(tree[TIANSHAN]) for _ in range(3)]
    second = [enterprise(tree[DUSHANZI])]
    at_the_city = [enterprise(tree[CITY])]
    karamay.freeze(tree[CITY], *first, *second, *at_the_city)
    for one in (*first[:1], *second, *at_the_city):
        factories.status(one, DAY, "full")
    counted = tally(ENTERPRISES, scope(tree[CITY]))
    found = {place: counted.figure(RESUMPTION, place=place) for place in (KARAMAY, DUSHANZI, WUERHE, "")}
    assert found == {KARAMAY: (1, 3), DUSHANZI: (1, 1), WUERHE: (0, 0), "": (1, 1)}
    # The mean of the districts' rates would be 66.7 %.
    assert counted.figure(RESUMPTION).text == "60.0%"


def test_a_district_breaks_down_by_town_from_the_citys_list(tree: dict[str, Region]) -> None:
    some = [enterprise(tree[TIANSHAN]), enterprise(tree[KARAMAY]), enterprise(tree[DUSHANZI])]
    karamay.freeze(tree[CITY], *some)
    counted = tally(ENTERPRISES, scope(tree[KARAMAY]))
    assert counted.figure(BASE).denominator == 2
    assert counted.places == {TIANSHAN, ""}


def test_a_park_stands_beside_the_districts_and_is_never_added(tree: dict[str, Region]) -> None:
    park = karamay.park(tree[CITY])
    inside, outside = enterprise(tree[DUSHANZI], park=park), enterprise(tree[DUSHANZI])
    karamay.freeze(tree[CITY], inside, outside)
    factories.status(inside, DAY, "full")
    counted = tally(ENTERPRISES, scope(tree[CITY]))
    assert counted.figure(RESUMPTION, park=park.pk) == (1, 1)
    assert counted.figure(RESUMPTION, place=DUSHANZI) == counted.figure(RESUMPTION) == (1, 2)
    assert figure(RESUMPTION, scope(park)) == (1, 1)


def test_an_enterprise_counts_where_it_was_when_the_list_was_frozen(tree: dict[str, Region]) -> None:
    one = enterprise(tree[DUSHANZI])
    karamay.freeze(tree[CITY], one)
    one.region = tree[BAIJIANTAN]
    one.save()
    assert tally(ENTERPRISES, scope(tree[CITY])).places == {DUSHANZI}


def test_many_districts_take_as_many_statements_as_few(tree: dict[str, Region]) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tally(ENTERPRISES, scope(tree[CITY]))
            tally(CASES, scope(tree[CITY]))
        return len(queries)

    karamay.freeze(tree[CITY], enterprise(tree[DUSHANZI]), enterprise(tree[KARAMAY]))
    few = statements()
    more = [
        enterprise(
            factories.RegionFactory.create(code=f"6502{n}000000", name=f"{n}区", kind="district", parent=tree[CITY])
        )
        for n in range(10, 30)
    ]
    karamay.freeze(tree[CITY], *more, first=date(2026, 12, 1), last=date(2026, 12, 31))
    assert statements() == few == 2


# --- 按时办结率 ------------------------------------------------------------------------------------------------


def case(where: Enterprise, *rounds: tuple[datetime, datetime, datetime | None], **fields: Any) -> Appeal:
    """A case with these rounds: (began, due, settled), put straight into its tables."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        appeal = factories.appeal(where, factories.CadreFactory.create(), now=rounds[0][0], submit=False)
        begun, due, last = rounds[-1]
        values = {"settled_at": last, "due_at": due, "round_started_at": begun, "round": len(rounds)}
        values |= {"submitted_at": rounds[0][0], **fields}
        Appeal.objects.filter(pk=appeal.pk).update(**values)
        for number, (began, due, settled) in enumerate(rounds, start=1):
            Round.objects.create(
                appeal=appeal, number=number, started_at=began, original_due_at=due, due_at=due, settled_at=settled
            )
        cursor.execute("SET LOCAL session_replication_role = origin")
    return appeal


def test_settled_in_time_counts_against_settled_and_overdue(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    due = at(18, day=days_ago(3))
    in_time = case(one, (at(9, day=days_ago(9)), due, due))
    late = case(one, (at(9, day=days_ago(9)), due, due + timedelta(seconds=1)))
    overdue = case(one, (at(9, day=days_ago(9)), due, None))
    case(one, (at(9, day=days_ago(9)), at(18, day=DAY + timedelta(days=1)), None))  # open, still in time
    assert figure(TIMELINESS, scope(tree[CITY])) == (1, 3)
    assert list(TIMELINESS.rows(scope(tree[CITY]), above=True)) == [in_time]
    assert set(TIMELINESS.rows(scope(tree[CITY]), above=False)) == {in_time, late, overdue}


def test_a_case_is_on_time_only_if_every_round_was(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    first_late = (at(9, day=days_ago(9)), at(18, day=days_ago(8)), at(9, day=days_ago(7)))
    second = (at(10, day=days_ago(6)), at(18, day=days_ago(2)), at(9, day=days_ago(3)))
    case(one, first_late, second)
    assert figure(TIMELINESS, scope(tree[CITY])) == (0, 1)


def test_a_case_being_handled_again_is_not_settled(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    first = (at(9, day=days_ago(9)), at(18, day=days_ago(5)), at(9, day=days_ago(6)))
    again = (at(9, day=days_ago(2)), at(18, day=DAY + timedelta(days=3)), None)
    case(one, first, again)
    assert figure(TIMELINESS, scope(tree[CITY])) == (0, 0)
    assert figure(TIMELINESS, scope(tree[CITY], days_ago(4))) == (1, 1)


def test_what_ended_without_being_settled_is_not_overdue(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    case(one, (at(9, day=days_ago(9)), at(18, day=days_ago(5)), None), ended_at=at(9, day=days_ago(2)))
    assert figure(TIMELINESS, scope(tree[CITY])) == (0, 0)
    assert figure(TIMELINESS, scope(tree[CITY], days_ago(3))) == (0, 1)


def test_the_period_begins_with_the_month(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    due = at(18, day=date(2026, 11, 30))
    case(one, (at(9, day=date(2026, 10, 20)), due, at(17, day=date(2026, 10, 31))))
    case(one, (at(9, day=date(2026, 10, 20)), due, at(9, day=date(2026, 11, 1))))
    assert figure(TIMELINESS, scope(tree[CITY])) == (1, 1)


def test_cases_count_for_the_region_in_which_they_were_registered(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    case(one, (at(9, day=days_ago(9)), at(18, day=days_ago(3)), at(9, day=days_ago(4))))
    Enterprise.objects.update(region=tree[DUSHANZI], region_path=tree[DUSHANZI].path)
    assert tally(CASES, scope(tree[CITY])).places == {KARAMAY}


def test_a_case_at_the_fourth_level_is_named_while_it_is_overdue(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    named = case(one, (at(9, day=days_ago(17)), at(18, day=days_ago(16)), None))
    other = case(one, (at(9, day=days_ago(17)), at(18, day=days_ago(16)), None))
    settled = case(one, (at(9, day=days_ago(17)), at(18, day=days_ago(16)), at(9, day=days_ago(1))))
    for appeal, level in ((named, 4), (other, 3), (settled, 4)):
        appeal.escalations.create(trigger="overdue_long", round=1, level=level, due_at=at(9), at=at(9), listed=True)
    assert list(named_cases(scope(tree[CITY]))) == [named]
    assert list(named_cases(scope(tree[CITY], as_of=at(8)))) == []


# --- against the slow definition -------------------------------------------------------------------------------


def slow_standing(one: Enterprise, day: date) -> Standing:
    statuses = {status.day: status.state for status in OperatingStatus.objects.filter(enterprise=one)}
    for age in (0, 1, 2, 3):
        if day - timedelta(days=age) in statuses:
            return Standing(statuses[day - timedelta(days=age)], age)
    return Standing(None, None)


def slow_timeliness(where: str, since: datetime, until: datetime) -> tuple[int, int]:
    in_time = below = 0
    for appeal in Appeal.objects.filter(region_path__startswith=where):
        rounds = [one for one in appeal.rounds.all() if one.started_at <= until]
        if not rounds:
            continue
        last = rounds[-1]
        if last.settled_at is not None and last.settled_at <= until:
            if last.settled_at > since:
                below += 1
                in_time += all(one.settled_at is not None and one.settled_at <= one.due_at for one in rounds)
        elif last.due_at < until and (appeal.ended_at is None or appeal.ended_at > until):
            below += 1
    return in_time, below


class AgainstTheSlowDefinition(TestCase):
    """Whatever the data, the figures are those of the definition, and the rows are as many as the figures say."""

    hours = st.integers(-40 * 24, 48)
    statuses = st.dictionaries(st.integers(-1, 5), st.sampled_from(["none", "partial", "full"]), max_size=4)
    places = st.sampled_from([CITY, DUSHANZI, KARAMAY, TIANSHAN, BAIJIANTAN, WUERHE])
    enterprises = st.lists(st.tuples(places, st.booleans(), st.booleans(), statuses), max_size=8)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(enterprises)
    def test_of_enterprises(self, some: list[tuple[str, bool, bool, dict[int, str]]]) -> None:
        tree = karamay.regions()
        park = karamay.park(tree[CITY])
        listed: list[Enterprise] = []
        for place, in_base, in_park, statuses in some:
            one = enterprise(tree[place], park=park if in_park else None)
            listed += [one] if in_base else []
            for age, state in statuses.items():
                factories.status(one, days_ago(age), state, reported_at=at(9))
        karamay.freeze(tree[CITY], *listed)
        for region in (tree[CITY], tree[KARAMAY], tree[DUSHANZI], park):
            here = [one for one in listed if one.region_path.startswith(region.path) or one.park == region]
            standings = [slow_standing(one, DAY) for one in here]
            expected = {
                BASE: (len(here), len(here)),
                RESUMPTION: (sum(one.state in {"partial", "full"} for one in standings), len(here)),
                REPORTING: (sum(one.age == 0 for one in standings), len(here)),
            }
            for indicator, slow in expected.items():
                agrees(indicator, scope(region), slow)

    rounds = st.lists(st.tuples(hours, st.integers(1, 400), st.none() | st.integers(0, 600)), min_size=1, max_size=3)
    cases = st.lists(st.tuples(places, rounds, st.none() | hours), max_size=6)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def test_of_cases(self, some: list[tuple[str, list[tuple[int, int, int | None]], int | None]]) -> None:
        tree = karamay.regions()
        for place, rounds, ended in some:
            ends = at(12) + timedelta(hours=ended) if ended is not None and rounds[-1][2] is None else None
            case(enterprise(tree[place]), *chained(rounds), ended_at=ends)
        for region in (tree[CITY], tree[KARAMAY], tree[DUSHANZI]):
            for day in (DAY, days_ago(9)):
                where = scope(region, day)
                agrees(TIMELINESS, where, slow_timeliness(region.path, where.since, where.until))


def chained(rounds: list[tuple[int, int, int | None]]) -> list[tuple[datetime, datetime, datetime | None]]:
    """Each round begins after the one before it was settled; only the last may be open."""
    begins, found = at(12) + timedelta(hours=rounds[0][0]), []
    for number, (_, limit, taken) in enumerate(rounds, start=1):
        is_open = taken is None and number == len(rounds)
        settled = None if is_open else begins + timedelta(hours=limit if taken is None else taken)
        found.append((begins, begins + timedelta(hours=limit), settled))
        begins = (settled or begins) + timedelta(hours=5)
    return found


def agrees(indicator: Indicator, where: Scope, slow: tuple[int, int]) -> None:
    counted = figure(indicator, where)
    assert counted == slow
    assert indicator.rows(where, above=True).count() == counted.numerator
    assert indicator.rows(where, above=False).count() == counted.denominator


# --- numbers ---------------------------------------------------------------------------------------------------


def test_every_standing_has_a_code_of_its_own_and_is_found_by_it() -> None:
    assert len({standing.code for standing in STANDINGS}) == len(STANDINGS) == 13
    assert all(Standing.of(standing.code) == standing for standing in STANDINGS)


def test_differences_are_in_points_and_from_the_counts() -> None:
    assert Figure(926, 1000).points_above(Figure(908, 1000)) == Decimal("1.8")
    assert Figure(2, 3).points_above(Figure(2, 3)) == 0
    assert Figure(1, 4).points_above(Figure(1, 2)) == Decimal("-25.0")
    assert Figure(1, 4).points_above(Figure(0, 0)) is None


@pytest.mark.parametrize(
    ("value", "shown"), [("12.25", "12.3"), ("-12.25", "-12.3"), ("0.04", "0.0"), ("99.95", "100.0")]
)
def test_halves_are_rounded_away_from_zero(value: str, shown: str) -> None:
    assert str(rounded(Fraction(value))) == shown
