"""Counts that are kept by day: the same as counting anew after whatever is written, and read while they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus
from reports import bases
from reports.figures import Counts
from reports.indicators import CASES, ENTERPRISES, OPEN_CASES, Scope, days_of, keep_days, tally
from reports.indicators.keeping import A_DAY, CARRIED_ON_FOR, keep_moments
from reports.indicators.kept import FRESH, attendance_of, moments_of
from reports.indicators.measures import attendance
from reports.models import BaseEntry, BaseList, CountedDay, DayMark, Moment
from tests import factories
from tests.meanwhile import on_another_connection
from tests.reports import karamay
from tests.reports.benches import bench_of
from tests.reports.karamay import CITY, DUSHANZI, TIANSHAN
from tests.reports.test_indicators import case

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = timezone.localdate()
DAYS = [TODAY - timedelta(days=back) for back in range(7)]
STATEMENTS_KEPT, STATEMENTS_COUNTED = 1, 2


@pytest.fixture
def tree() -> dict[str, Region]:
    """Two districts and a park, with reports of several days."""
    tree = karamay.regions()
    park = karamay.park(tree[CITY])
    some = karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None, day=TODAY)
    some += karamay.enterprises(tree[DUSHANZI], "full", "none", day=TODAY - timedelta(days=2))
    Enterprise.objects.filter(pk=some[0].pk).update(park=park)
    OperatingStatus.objects.filter(enterprise=some[1]).update(due=10, on_duty=7)
    first = min(DAYS).replace(day=1)
    karamay.freeze(tree[CITY], *Enterprise.objects.order_by("pk"), first=first, last=TODAY + timedelta(days=9))
    tree["park"] = park
    keep_days(timezone.now())
    return tree


def agree(tree: dict[str, Region], *, statements: int) -> None:
    """What is read says what counting says, of the city, of a district and of a park."""
    for code in (CITY, DUSHANZI, "park"):
        scope = Scope.of_month(tree[code], TODAY, timezone.now() + FRESH + timedelta(seconds=1))
        with CaptureQueriesContext(connection) as queries:
            found = days_of([replace(scope, day=day) for day in DAYS])
        assert len(queries) <= statements
        assert [one.tally.cells for one in found] == [tally(ENTERPRISES, replace(scope, day=day)).cells for day in DAYS]
        assert attendance_of(scope, found[0]) == attendance(scope)


def one_of(tree: dict[str, Region], code: str = TIANSHAN) -> Enterprise:
    return Enterprise.objects.filter(region=tree[code]).order_by("pk").first()


def report(tree: dict[str, Region]) -> None:
    factories.status(Enterprise.objects.filter(statuses=None).get(), TODAY, "full", on_duty=8, due=9)


def correct(tree: dict[str, Region]) -> None:
    OperatingStatus.objects.filter(enterprise=one_of(tree)).update(state="none", reported_at=timezone.now())


def take_back(tree: dict[str, Region]) -> None:
    OperatingStatus.objects.filter(enterprise=one_of(tree)).delete()


def report_late(tree: dict[str, Region]) -> None:
    """Of three days ago, which speaks for the days since."""
    factories.status(Enterprise.objects.filter(statuses=None).get(), TODAY - timedelta(days=3), "full")


def move(tree: dict[str, Region]) -> None:
    Enterprise.objects.filter(pk=one_of(tree).pk).update(
        region=tree[DUSHANZI], region_path=tree[DUSHANZI].path, park=None
    )
    bases.follow_changes(BaseList.objects.get(), now=timezone.now())


def stop(tree: dict[str, Region]) -> None:
    Enterprise.objects.filter(pk=one_of(tree).pk).update(state=Enterprise.State.SUSPENDED)
    bases.follow_changes(BaseList.objects.get(), now=timezone.now())


def join(tree: dict[str, Region]) -> None:
    factories.EnterpriseFactory.create(region=tree[DUSHANZI])
    bases.follow_changes(BaseList.objects.get(), now=timezone.now())


def leave_at_once(tree: dict[str, Region]) -> None:
    BaseEntry.objects.filter(enterprise=one_of(tree)).update(left_on=TODAY - timedelta(days=1))


def shorten(tree: dict[str, Region]) -> None:
    BaseList.objects.update(ends_on=TODAY - timedelta(days=1))


WRITES = (report, correct, take_back, report_late, move, stop, join, leave_at_once, shorten)


@pytest.mark.parametrize("write", WRITES, ids=lambda act: act.__name__)
def test_kept_counts_are_those_of_counting_anew(tree: dict[str, Region], write: Callable[[Any], None]) -> None:
    agree(tree, statements=STATEMENTS_KEPT)
    write(tree)
    agree(tree, statements=STATEMENTS_COUNTED)
    assert keep_days(timezone.now())
    assert keep_days(timezone.now()) == 0
    agree(tree, statements=STATEMENTS_COUNTED)


def test_what_a_writer_has_not_committed_yet_is_counted_once_it_is(tree: dict[str, Region]) -> None:
    with transaction.atomic():
        report(tree)
        correct(tree)
        on_another_connection(lambda: [CountedDay.objects.all().delete(), keep_days(timezone.now())])
    assert DayMark.objects.filter(day=TODAY).exists()
    agree(tree, statements=STATEMENTS_COUNTED)
    keep_days(timezone.now())
    agree(tree, statements=STATEMENTS_KEPT)


def test_what_was_known_before_is_not_read_from_what_was_counted_later(tree: dict[str, Region]) -> None:
    scope = Scope.of_month(tree[CITY], TODAY, timezone.now() - timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        (found,) = days_of([scope])
    assert len(queries) == STATEMENTS_COUNTED
    assert found.tally.cells == tally(ENTERPRISES, scope).cells


def test_a_region_that_gets_another_name_in_the_tree_takes_its_counts_along(tree: dict[str, Region]) -> None:
    for one in Region.objects.filter(path__startswith=tree[DUSHANZI].path):
        Region.objects.filter(pk=one.pk).update(path=one.path.replace(tree[DUSHANZI].code, "650299000000"))
    tree[DUSHANZI].refresh_from_db()
    agree(tree, statements=STATEMENTS_KEPT)


def test_that_nothing_is_to_be_resumed_is_kept_as_well(tree: dict[str, Region]) -> None:
    scope = Scope.of_month(tree["650204000000"], TODAY, timezone.now() + timedelta(seconds=1))
    with CaptureQueriesContext(connection) as queries:
        (found,) = days_of([scope])
        assert attendance_of(scope, found) == attendance(scope)
    assert len(queries) == STATEMENTS_KEPT + 1  # the attendance that it is compared with
    assert found.tally.cells == {}


def test_what_was_counted_a_moment_ago_is_read_though_something_was_written(tree: dict[str, Region]) -> None:
    """And says as of when it speaks; half an hour later it is counted."""
    before = CountedDay.objects.get(day=TODAY).counted_at
    report(tree)
    scope = Scope.of_month(tree[CITY], TODAY, timezone.now())
    with CaptureQueriesContext(connection) as queries:
        (found,) = days_of([scope])
    assert len(queries) == STATEMENTS_KEPT
    assert (found.as_of, found.tally.cells) != (scope.as_of, tally(ENTERPRISES, scope).cells)
    assert found.as_of == before
    (later,) = days_of([replace(scope, as_of=scope.as_of + timedelta(minutes=30))])
    assert later.tally.cells == tally(ENTERPRISES, scope).cells


def test_what_still_held_a_moment_ago_is_read_however_long_ago_it_was_counted(tree: dict[str, Region]) -> None:
    """The first report after a quiet night makes no page count a city."""
    now = timezone.now()
    CountedDay.objects.update(counted_at=now - timedelta(hours=3), held_at=now - timedelta(hours=3))
    assert keep_days(now) == 0
    report(tree)
    scope = Scope.of_month(tree[CITY], TODAY, now + timedelta(seconds=30))
    with CaptureQueriesContext(connection) as queries:
        (found,) = days_of([scope])
    assert len(queries) == STATEMENTS_KEPT
    assert found.as_of == now
    (later,) = days_of([replace(scope, as_of=now + FRESH + timedelta(seconds=1))])
    assert later.tally.cells == tally(ENTERPRISES, scope).cells != found.tally.cells


@pytest.fixture
def compared(tree: dict[str, Region]) -> dict[str, Region]:
    """With a case overdue since long ago, one that was settled just now, and one before this month and the last."""
    now = timezone.now()
    begun, long_ago = now - 3 * A_DAY, now - 70 * A_DAY
    with transaction.atomic():
        case(one_of(tree), (begun, now - 2 * A_DAY, None))
        case(one_of(tree, DUSHANZI), (begun, now + A_DAY, now))
        case(one_of(tree, DUSHANZI), (long_ago, long_ago + A_DAY, long_ago))
    OperatingStatus.objects.filter(day=TODAY - A_DAY).update(reported_at=now - A_DAY - timedelta(hours=1))
    return tree


def moments(tree: dict[str, Region], code: str, now: Any) -> list[tuple[str, Scope]]:
    today, before = timezone.localdate(now), timezone.localdate(now) - A_DAY
    scopes = (Scope.of_month(tree[code], today, now), Scope.of_month(tree[code], before, now - A_DAY))
    return [(Moment.Of.CASES, scopes[0]), (Moment.Of.CASES, scopes[1]), (Moment.Of.ENTERPRISES, scopes[1])]


@pytest.mark.parametrize("code", [CITY, DUSHANZI, "park"])
def test_kept_moments_are_those_of_counting_anew(compared: dict[str, Region], code: str) -> None:
    now = timezone.now()
    keep_moments(now)
    wanted = moments(compared, code, now + timedelta(seconds=30))
    with CaptureQueriesContext(connection) as queries:
        kept = moments_of(wanted)
    assert len(queries) == 1
    anew = [tally({"cases": CASES}.get(of, ENTERPRISES), scope) for of, scope in wanted]
    assert [one.tally.cells for one in kept] == [one.cells for one in anew]
    assert {one.as_of for one in kept} == {now, now - A_DAY}
    assert code == "park" or all(one.cells for one in anew[::2])


def yesterday_by_the_second(tree: dict[str, Region], now: Any) -> None:
    """Within the next second one enterprise reported yesterday, in that after it another put right what it had said."""
    silent = Enterprise.objects.filter(statuses=None).get()
    factories.status(silent, TODAY - A_DAY, "full", reported_at=now - A_DAY + timedelta(seconds=0.5))
    said = factories.status(one_of(tree), TODAY - A_DAY, "none", reported_at=now - 2 * A_DAY)
    said.state, said.reported_at = "full", now - A_DAY + timedelta(seconds=1.5)
    said.save()


def of_yesterday(tree: dict[str, Region], now: Any) -> Any:
    """What is kept of yesterday at this hour, which has to be what counting says."""
    keep_moments(now)
    wanted = [moments(tree, code, now)[2] for code in (CITY, DUSHANZI, "park")]
    kept = [moments_of([one])[0] for one in wanted]
    assert {one.as_of for one in kept} == {now - A_DAY}
    assert [one.tally.cells for one in kept] == [tally(ENTERPRISES, scope).cells for _, scope in wanted]
    return kept[0].tally.cells


def counted_of_the_base(queries: CaptureQueriesContext) -> set[str]:
    """What was counted of the base, of any city: all of it, a few, or nothing at all."""
    sent = [query["sql"] for query in queries if 'FROM "reports_baseentry"' in query["sql"]]
    return {"a few" if "bigint[]" in sql else "all" for sql in sent if "COUNT" in sql}


def test_yesterday_at_this_hour_is_carried_on_from_one_count_to_the_next(compared: dict[str, Region]) -> None:
    """A second apart, so that hardly ever a midnight lies between."""
    now = timezone.now()
    yesterday_by_the_second(compared, now)
    keep_days(now)
    found = []
    for second in range(4):
        with CaptureQueriesContext(connection) as queries:
            keep_moments(now + timedelta(seconds=second))
        assert counted_of_the_base(queries) == [{"all"}, {"a few"}, {"a few"}, set()][second]
        found.append(of_yesterday(compared, now + timedelta(seconds=second)))
    assert found[0] != found[1] != found[2] == found[3]


@pytest.mark.parametrize("write", WRITES, ids=lambda act: act.__name__)
@pytest.mark.parametrize("are_days_counted", [True, False])
def test_yesterday_is_counted_anew_after_whatever_is_written(
    compared: dict[str, Region], write: Callable[[Any], None], are_days_counted: bool
) -> None:
    """Also where the day was counted meanwhile, so that no mark tells of it any more."""
    now = timezone.now()
    OperatingStatus.objects.filter(day=TODAY).update(day=TODAY - A_DAY, reported_at=now - A_DAY - timedelta(minutes=9))
    keep_days(now)
    of_yesterday(compared, now)
    write(compared)
    if are_days_counted:
        keep_days(timezone.now())
    of_yesterday(compared, now + timedelta(minutes=1))


def test_after_a_gap_yesterday_is_counted_anew(compared: dict[str, Region]) -> None:
    now = timezone.now()
    yesterday_by_the_second(compared, now)
    keep_days(now)
    of_yesterday(compared, now - CARRIED_ON_FOR)
    with CaptureQueriesContext(connection) as queries:
        keep_moments(now + timedelta(minutes=1))
    assert counted_of_the_base(queries) == {"all"}


def test_moments_of_long_ago_and_of_other_periods_are_counted(compared: dict[str, Region]) -> None:
    now = timezone.now()
    keep_moments(now - FRESH - timedelta(seconds=1))
    wanted = moments(compared, CITY, now)
    found = moments_of(wanted)
    assert [one.tally.cells for one in found] == [
        tally({"cases": CASES}.get(of, ENTERPRISES), scope).cells for of, scope in wanted
    ]
    assert [one.as_of for one in found] == [scope.as_of for _, scope in wanted]
    keep_moments(now)
    longer = replace(wanted[0][1], since=now - 80 * A_DAY)
    assert moments_of([(Moment.Of.CASES, longer)])[0].tally.cells == tally(CASES, longer).cells
    assert tally(CASES, longer).cells != tally(CASES, wanted[0][1]).cells


@pytest.mark.parametrize("code", [CITY, DUSHANZI, "park"])
def test_open_cases_are_kept_by_region_and_counted_of_a_park(compared: dict[str, Region], code: str) -> None:
    """Never is nothing kept taken for none."""
    for where in (Enterprise.objects.get(park=compared["park"]), one_of(compared, DUSHANZI)):
        factories.appeal(where)
    now = timezone.now()
    keep_moments(now)
    scope = Scope.of_month(compared[code], timezone.localdate(now), now + timedelta(seconds=30))
    with CaptureQueriesContext(connection) as queries:
        (found,) = moments_of([(Moment.Of.OPEN_CASES, scope)])
    assert len(queries) == 1
    assert found.as_of == (scope.as_of if code == "park" else now)
    assert found.tally.cells == tally(OPEN_CASES, scope).cells
    assert found.tally.cells


def test_pages_say_of_when_the_oldest_of_their_figures_is(compared: dict[str, Region]) -> None:
    now = timezone.now()
    earlier = now - timedelta(seconds=60)
    keep_moments(earlier)
    assert Counts(Scope.of_month(compared[CITY], timezone.localdate(now), now)).as_of == earlier
    leader = factories.cadre(Role.LEADER, region=compared[CITY])
    said = f"复工率、上报率、按时办结率截至 {timezone.localtime(earlier):%H:%M}"
    assert said in bench_of(leader).said


def test_moments_are_counted_by_one_at_a_time_and_those_of_past_days_go(compared: dict[str, Region]) -> None:
    now = timezone.now()
    keep_moments(now - 2 * A_DAY)
    on_another_connection(lambda: keep_moments(now))
    keep_moments(now)
    assert sorted(Moment.objects.values_list("of", "day")) == [
        ("cases", TODAY - A_DAY),
        ("cases", TODAY),
        ("enterprises", TODAY - A_DAY),
        ("open", TODAY),
    ]
