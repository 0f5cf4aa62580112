"""The bulletin: what it says, that it is made once, and that nothing changes it once it is signed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cadres.models import Cadre, Outbox, Region
from cadres.roles import Role
from config.local.home import ROOT
from enterprises.models import Enterprise, OperatingStatus
from reports import briefing, counting, evidence, tasks, wording
from reports.briefing import SigningError
from reports.indicators import REPORTING, RESUMPTION, TIMELINESS, Scope, tally
from reports.models import BaseList, Briefing
from reports.snapshot import Line, Snapshot
from tests import broker, factories
from tests.reports import karamay
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, WUERHE, at
from tests.reports.test_indicators import case, days_ago

# The rows of a bulletin are read in a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)

YESTERDAY = days_ago(1)
SET_TIME = at(17)
SIGNED_AT = at(17, 20)


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def office(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.OFFICE, region=tree[CITY], name="钱志远")


def make(region: Region, day: date = DAY, now: datetime = SET_TIME) -> Briefing:
    return briefing.freeze(region, day, now=now)


def of(issue: Briefing) -> Snapshot:
    issue.refresh_from_db()
    return Snapshot.from_json(issue.figures)


def sign(issue: Briefing, by: Cadre, now: datetime = SIGNED_AT) -> Briefing:
    return briefing.sign(issue, seen_at=issue.made_at, now=now, by=by)


def line(lines: list[Line], name: str) -> Line:
    return next(one for one in lines if one.name == name)


def report(one: Enterprise, state: str, reported_at: datetime) -> None:
    OperatingStatus.objects.update_or_create(
        enterprise=one, day=DAY, defaults={"state": state, "source": "office", "reported_at": reported_at}
    )


# --- what it says ----------------------------------------------------------------------------------------------


def test_its_figures_are_those_of_the_indicators_at_the_cut_off(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None)
    karamay.enterprises(tree[DUSHANZI], "full")
    shown = of(make(tree[CITY]))
    counted = tally(RESUMPTION.population, Scope.of_month(tree[CITY], DAY, at(15)))
    assert shown.total.resumption == counted.figure(RESUMPTION) == (3, 5)
    assert shown.total.reporting == counted.figure(REPORTING) == (4, 5)
    assert line(shown.places, "克拉玛依区").resumption == counted.figure(RESUMPTION, place=KARAMAY) == (2, 4)
    assert (shown.total.full, shown.total.silent) == (2, 1)


def test_counting_its_evidence_gives_its_figures(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None)
    some = karamay.enterprises(tree[DUSHANZI], "full", "full")
    case(some[0], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), at(9, day=days_ago(4))))
    case(some[1], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), None))
    issue = make(tree[CITY])
    shown = of(issue)
    first, *lines = evidence.decoded(issue.evidence)
    assert first == {"row": "bulletin", "region": CITY, "day": "2026-11-18", "cut_off_at": shown.cut_off_at}
    rows = [one for one in lines if one["row"] == "enterprise"]
    assert len(rows) == shown.total.base
    assert sum(one["state"] in {"partial", "full"} for one in rows) == shown.total.resumed
    assert sum(one["days_old"] == 0 for one in rows) == shown.total.reported
    for place in shown.places:
        assert sum(one["place"] == place.code for one in rows) == place.base
    cases = [one for one in lines if one["row"] == "case"]
    assert (sum(one["standing"] == 1 for one in cases), len(cases)) == shown.cases.timeliness == (1, 2)


def test_the_checksum_is_that_of_the_stored_evidence(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = make(tree[CITY])
    issue.refresh_from_db()
    assert issue.evidence_sha256 == hashlib.sha256(bytes(issue.evidence)).hexdigest()


def test_the_same_rows_give_the_same_evidence(tree: dict[str, Region], office: Cadre) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    issue = make(tree[CITY])
    again = briefing.refetch(issue, now=at(18), by=office)
    assert again.evidence_sha256 == issue.evidence_sha256
    assert bytes(again.evidence) == bytes(issue.evidence)


def test_what_is_reported_after_the_cut_off_counts_nowhere(tree: dict[str, Region]) -> None:
    one, other = karamay.enterprises(tree[TIANSHAN], None, None)
    report(one, "full", at(15, 1))
    report(other, "none", at(14))
    report(other, "full", at(15, 30))
    issue = make(tree[CITY])
    shown = of(issue)
    assert (shown.total.resumed, shown.total.reported) == (0, 1)
    assert issue.cut_off_at == at(15)


def test_before_the_cut_off_it_counts_what_is_there(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = make(tree[CITY], now=at(10, 12))
    assert issue.cut_off_at == at(10, 12)
    assert issue.text.startswith("截至11月18日10时12分，全市应复工1家")


def test_the_day_before_is_compared_in_points_with_who_was_added_and_lost(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], *["full"] * 6, "none", "full", day=YESTERDAY)
    karamay.freeze(tree[CITY], *some)
    for one, state in zip(some, [*["full"] * 5, "none", "full", "full"], strict=True):
        factories.status(one, DAY, state)
    total = of(make(tree[CITY])).total
    assert (total.resumed_before, total.added, total.lost, total.resumed) == (7, 1, 1, 7)
    assert total.points == 0
    OperatingStatus.objects.filter(enterprise=some[0], day=DAY).update(state="none")
    district = of(make(tree[KARAMAY])).total
    assert district.points == Decimal("-12.5")


def test_yesterday_is_counted_as_its_own_bulletin_counted_it(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    karamay.freeze(tree[CITY], one)
    factories.status(one, YESTERDAY, "full", reported_at=at(11, day=YESTERDAY))
    make(tree[CITY], YESTERDAY, now=at(10, day=YESTERDAY))
    total = of(make(tree[CITY])).total
    assert total.resumed_before == 0
    assert total.added == 1


def test_on_a_lists_first_day_there_is_nothing_to_compare_with(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], "full", "none")
    karamay.freeze(tree[CITY], *some, first=DAY)
    issue = make(tree[CITY])
    assert of(issue).total.points is None
    assert of(issue).total.added is None
    assert "前一日" not in issue.text.partition("。")[0]


def test_districts_are_ranked_and_who_reports_too_little_is_not(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], *["full"] * 9, "none")
    karamay.enterprises(tree[DUSHANZI], *["full"] * 9, "none")
    karamay.enterprises(tree[BAIJIANTAN], *["full"] * 5, *["none"] * 5)
    karamay.enterprises(tree[WUERHE], *["full"] * 8, None, None)
    shown = of(make(tree[CITY]))
    ranks = [(place.rank, place.name) for place in shown.places]
    assert ranks == [(1, "独山子区"), (1, "克拉玛依区"), (3, "白碱滩区"), (None, "乌尔禾区")]
    assert [place.name for place in shown.unranked] == ["乌尔禾区"]


def test_a_park_stands_beside_the_districts(tree: dict[str, Region]) -> None:
    park = karamay.park(tree[CITY])
    inside = karamay.enterprises(tree[DUSHANZI], "full", "none")
    Enterprise.objects.filter(pk=inside[0].pk).update(park=park)
    shown = of(make(tree[CITY]))
    assert [(one.name, one.base, one.resumed) for one in shown.parks] == [("石油化工园区", 1, 1)]
    assert "石油化工园区" not in [place.name for place in shown.places]
    assert shown.total.base == 2 == sum(place.base for place in shown.places)


def test_who_has_not_resumed_is_listed_with_whom_to_ask(tree: dict[str, Region]) -> None:
    full, idle, silent, old = karamay.enterprises(tree[TIANSHAN], "full", "none", None, None)
    factories.status(old, days_ago(2), "none")
    Enterprise.objects.filter(pk=idle.pk).update(contact_phone="13899991234")
    factories.assign(factories.cadre(Role.SPECIALIST, region=tree[KARAMAY], name="王晓敏"), idle)
    listed = of(make(tree[CITY])).not_resumed
    assert [(one.name, one.state, one.on) for one in listed] == [
        (idle.name, "未复工", "2026-11-18"),
        (old.name, "未复工", "2026-11-16"),
        (silent.name, "未报", ""),
    ]
    assert (listed[0].specialist, listed[0].phone, listed[0].place) == ("王晓敏", "138****1234", "克拉玛依区")
    assert full.name not in {one.name for one in listed}


def test_who_left_the_base_is_named_and_so_the_rate_does_not_rise_unseen(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], "full", "none", day=YESTERDAY)
    make(tree[CITY], YESTERDAY, now=at(17, day=YESTERDAY))
    some[1].state = Enterprise.State.CANCELLED
    some[1].save()
    issue = make(tree[CITY])
    assert of(issue).total.resumption == (1, 1)
    assert [(one.name, one.joined, one.because, one.place) for one in of(issue).changes] == [
        (some[1].name, False, "注销", "克拉玛依区")
    ]
    assert f"应复工名单当日移出1家（{some[1].name}，注销）。" in issue.text


def test_the_appeals_of_the_day_run_from_cut_off_to_cut_off(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], "full")[0]
    due = at(18, day=DAY + timedelta(days=3))
    began = at(9, day=days_ago(5))
    case(one, (began, due, at(16, day=YESTERDAY)), submitted_at=at(15, day=YESTERDAY))
    case(one, (began, due, at(15)), submitted_at=at(15, 1, day=YESTERDAY))
    case(one, (began, due, at(15, 1)), submitted_at=at(15))
    case(one, (began, at(14), None), submitted_at=at(15, 1))
    cases = of(make(tree[CITY])).cases
    assert (cases.new, cases.settled, cases.overdue) == (2, 2, 1)
    counted = tally(TIMELINESS.population, Scope.of_month(tree[CITY], DAY, at(15)))
    assert cases.timeliness == counted.figure(TIMELINESS) == (2, 3)


def test_cases_at_the_fourth_level_are_named(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], "full")[0]
    lead = factories.DepartmentFactory.create(region=tree[CITY], name="市交通局")
    appeal = case(one, (at(9, day=days_ago(17)), at(18, day=days_ago(16)), None), number="SQ6502032026110100001")
    type(appeal).objects.filter(pk=appeal.pk).update(lead=lead)
    appeal.escalations.create(trigger="overdue_long", round=1, level=4, due_at=at(9), at=at(9), listed=True)
    issue = make(tree[CITY])
    assert [(named.number, named.lead, named.days_overdue) for named in of(issue).named] == [
        ("SQ6502032026110100001", "市交通局", 16)
    ]
    assert "四级督办诉求1件：" in issue.text
    assert f"{one.name}“外地员工无法返岗”（SQ6502032026110100001，主办单位市交通局，超期16天）" in issue.text


def test_the_text_has_the_customary_form(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], *["full"] * 8, "none", "none", day=YESTERDAY)
    some += karamay.enterprises(tree[DUSHANZI], *["full"] * 2, day=YESTERDAY)
    karamay.freeze(tree[CITY], *some)
    for one in some[:9] + some[10:]:
        factories.status(one, DAY, "partial" if one == some[8] else "full")
    text = make(tree[CITY]).text.splitlines()
    assert text[0] == (
        "截至11月18日15时，全市应复工12家，累计复工11家（全面复工10家，部分复工1家），复工率91.7%，"
        "较前一日提高8.3个百分点，当日新增复工1家。当日上报11家，上报率91.7%；沿用此前3日内状况1家，未报0家。"
    )
    assert text[1] == "区县复工率第一位为：独山子区（100.0%）；末位为：克拉玛依区（90.0%）。"
    assert text[2] == "11月17日15时以来，新增企业诉求0件，办结0件；尚有超期未办结0件。"


def test_an_empty_city_says_so_and_shows_no_rate(tree: dict[str, Region]) -> None:
    issue = make(tree[CITY])
    assert issue.text.startswith("截至11月18日15时，全市没有应复工企业。")
    assert of(issue).total.resumption.text == "—"
    assert not BaseList.objects.exists()


def test_a_snapshot_is_read_back_as_it_was_written(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    with transaction.atomic():
        karamay.freeze(tree[CITY], *Enterprise.objects.all())
        before = Scope.of_month(tree[CITY], YESTERDAY, at(15, day=YESTERDAY))
        taken = counting.take(tree[CITY], DAY, cut_off=at(15), before=before)
    issue = Briefing.objects.create(
        region=tree[CITY], day=DAY, number=1, cut_off_at=at(15), made_at=SET_TIME, evidence=b"",
        figures=taken.snapshot.to_json(),
    )  # fmt: skip
    assert of(issue) == taken.snapshot
    assert wording.text_of(of(issue)) == wording.text_of(taken.snapshot)


def test_many_districts_and_enterprises_take_as_many_statements_as_few(tree: dict[str, Region]) -> None:
    def statements(region: Region) -> int:
        make(region)
        with CaptureQueriesContext(connection) as queries:
            briefing.read(region, DAY, now=SET_TIME)
        return len(queries)

    karamay.enterprises(tree[DUSHANZI], "full", "none")
    few = statements(tree[DUSHANZI])
    for number in range(10, 30):
        district = factories.RegionFactory.create(
            code=f"6502{number}000000", name=f"{number}区", kind="district", parent=tree[CITY]
        )
        some = karamay.enterprises(district, "full", "none", None)
        case(some[0], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), at(9, day=days_ago(4))))
        factories.assign(factories.cadre(Role.SPECIALIST, region=district), some[1])
    Briefing.objects.all().delete()
    assert statements(tree[CITY]) == few


# --- when it is made -------------------------------------------------------------------------------------------


def test_it_is_made_at_the_set_time_and_not_before(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    assert briefing.make_due(at(16, 59)) == 0
    assert briefing.make_due(at(17)) == 1
    assert briefing.make_due(at(17, 5)) == 0
    assert Briefing.objects.get().day == DAY


def test_districts_that_have_an_office_get_their_own(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    factories.cadre(Role.OFFICE, region=tree[DUSHANZI])
    factories.cadre(Role.SUPERVISOR, region=tree[WUERHE])
    factories.cadre(Role.OFFICE, region=tree[BAIJIANTAN], is_active=False)
    briefing.make_due(SET_TIME)
    assert [str(issue) for issue in Briefing.objects.order_by("region__path")] == [
        "克拉玛依市每日复工通报 第1期",
        "独山子区每日复工通报 第1期",
    ]


def test_missed_days_are_made_up_in_order_and_numbered(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    karamay.freeze(tree[CITY], one)
    factories.status(one, days_ago(2), "full")
    make(tree[CITY], days_ago(4), now=at(17, day=days_ago(4)))
    assert briefing.make_due(at(9)) == 3
    made = Briefing.objects.order_by("number")
    assert [(issue.number, issue.day) for issue in made] == [(n, days_ago(5 - n)) for n in (1, 2, 3, 4)]
    assert [of(issue).total.resumed for issue in made] == [0, 0, 1, 1]
    assert [issue.cut_off_at for issue in made] == [at(15, day=issue.day) for issue in made]


def test_no_more_than_a_month_is_made_up(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    make(tree[CITY], days_ago(60), now=at(17, day=days_ago(60)))
    assert briefing.make_due(at(9)) == 31
    assert Briefing.objects.order_by("day")[1].day == days_ago(31)


def test_in_an_empty_database_nothing_is_made() -> None:
    assert briefing.make_due(SET_TIME) == 0


def test_the_office_is_told_of_the_draft_and_once_if_it_stays_unsigned(tree: dict[str, Region], office: Cadre) -> None:
    for now in (at(17), at(17, 5), at(17, 29), at(17, 30), at(17, 35), at(23)):
        briefing.make_due(now)
    issue = Briefing.objects.get()
    told = list(Outbox.objects.order_by("pk").values_list("subject", "url", "created_at"))
    assert told == [
        (f"{issue} 已生成，请核对签发", issue.get_absolute_url(), at(17)),
        (f"{issue} 尚未签发，请尽快核对签发", issue.get_absolute_url(), at(17, 30)),
    ]
    assert Outbox.objects.latest("pk").audience == [{"role": "office", "region": tree[CITY].pk}]


def test_a_signed_bulletin_alerts_nobody_and_is_told_to_its_readers(tree: dict[str, Region], office: Cadre) -> None:
    briefing.make_due(at(17))
    issue = sign(Briefing.objects.get(), office)
    briefing.make_due(at(18))
    last = Outbox.objects.order_by("pk").values_list("subject", "audience")[1:]
    readers = [{"role": role, "region": tree[CITY].pk} for role in ("leader", "supervisor")]
    assert list(last) == [(f"{issue} 已签发", readers)]


def test_two_workers_at_once_make_one_bulletin_and_one_notice(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def work() -> None:
        try:
            start.wait()
            briefing.make_due(SET_TIME)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert Briefing.objects.count() == 1
    assert Outbox.objects.count() == 1
    assert BaseList.objects.count() == 1


# --- a worker that is killed -----------------------------------------------------------------------------------


@pytest.fixture
def start_worker(tmp_path: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Real Celery workers on the test's database and broker."""
    broker.clear()
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    url = f"{server}/{connection.settings_dict['NAME']}"
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "worker", "--pool", "solo"]
    workers: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(workers)}.log").open("wb") as log:
            environment = {**os.environ, "DATABASE_URL": url, "BRIEFING_TIME": "00:00"}
            worker = subprocess.Popen(
                [*command, "--queues", "heavy", "--without-gossip", "--without-mingle"],
                cwd=ROOT, stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.kill()
        worker.wait(20)
    broker.clear()


def wait_until(holds: Callable[[], bool], within: float = 40) -> None:
    give_up_at = time.monotonic() + within
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_makes_it_once(
    tree: dict[str, Region], start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    today = timezone.localdate()
    some = karamay.enterprises(tree[TIANSHAN], "full", "none", day=today)
    karamay.freeze(tree[CITY], *some, first=today.replace(day=1), last=today.replace(day=28))
    holder = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    # Reading is done, the base list is there: the worker waits where it is about to write.
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE reports_briefing IN SHARE ROW EXCLUSIVE MODE")
    victim = start_worker()
    tasks.make_briefings.delay()
    wait_until(waits_for_a_lock)
    victim.send_signal(signal.SIGKILL)
    victim.wait(20)
    holder.rollback()
    holder.close()
    assert not Briefing.objects.exists()
    assert not Outbox.objects.exists()

    start_worker()
    tasks.make_briefings.delay()
    tasks.make_briefings.delay()
    wait_until(Briefing.objects.exists)
    wait_until(lambda: broker.waiting("heavy") == [])
    assert Briefing.objects.count() == 1
    assert Outbox.objects.count() == 1


# --- signing ---------------------------------------------------------------------------------------------------


def test_a_draft_is_fetched_again_with_what_came_in_since(tree: dict[str, Region], office: Cadre) -> None:
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    issue = make(tree[CITY], now=at(10))
    report(one, "full", at(11))
    again = briefing.refetch(issue, now=at(12), by=office)
    assert (again.pk, again.number, again.made_by) == (issue.pk, issue.number, office)
    assert of(again).total.resumed == 1
    assert Briefing.objects.count() == 1


def test_signed_nothing_changes_it(tree: dict[str, Region], office: Cadre) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = sign(make(tree[CITY]), office)
    assert (issue.signed_by, issue.signed_at) == (office, SIGNED_AT)
    for change in ({"text": "改"}, {"figures": {}}, {"signed_at": None, "signed_by": None, "workbook": None}):
        with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
            Briefing.objects.filter(pk=issue.pk).update(**change)
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        Briefing.objects.filter(pk=issue.pk).delete()
    with pytest.raises(SigningError, match="钱志远已于 11-18 17:20 签发"):
        briefing.refetch(issue, now=at(18), by=office)


def test_the_second_signer_is_told_who_was_first(tree: dict[str, Region], office: Cadre) -> None:
    issue = make(tree[CITY])
    stale = Briefing.objects.get(pk=issue.pk)
    sign(issue, office)
    with pytest.raises(SigningError, match="钱志远已于 11-18 17:20 签发"):
        sign(stale, factories.cadre(Role.OFFICE, region=tree[CITY]), at(17, 21))
    issue.refresh_from_db()
    assert issue.signed_by == office


def test_a_draft_that_was_fetched_again_is_not_signed_unseen(tree: dict[str, Region], office: Cadre) -> None:
    issue = make(tree[CITY])
    seen_at = issue.made_at
    briefing.refetch(issue, now=at(17, 10), by=office)
    fresh = Briefing.objects.get(pk=issue.pk)
    with pytest.raises(SigningError, match="11-18 17:10 已重新取数"):
        briefing.sign(fresh, seen_at=seen_at, now=at(17, 20), by=office)
    assert Briefing.objects.get().signed_at is None


def test_a_status_that_arrives_during_the_signing_changes_nothing(tree: dict[str, Region], office: Cadre) -> None:
    one = karamay.enterprises(tree[TIANSHAN], "none")[0]
    issue = make(tree[CITY])
    before = bytes(issue.evidence)
    report(one, "full", at(14))  # dated back to before the cut-off
    signed = sign(issue, office)
    signed.refresh_from_db()
    assert of(signed).total.resumed == 0
    assert bytes(signed.evidence) == before


# --- the command -----------------------------------------------------------------------------------------------


def test_the_command_makes_it_once_and_writes_the_same_file_again(
    tree: dict[str, Region], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    arguments = ("make_briefing", "--date", "2026-11-18", "--region", CITY, "--out")
    call_command(*arguments, str(tmp_path / "first"))
    call_command(*arguments, str(tmp_path / "second"))
    said = capsys.readouterr().out
    assert "克拉玛依市每日复工通报 第1期（2026-11-18）：新生成，草稿" in said
    assert "新增 1，已有 0" in said
    assert said.endswith("新增 0，已有 1\n")
    files = [next((tmp_path / name).glob("*.xlsx")) for name in ("first", "second")]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--date", "18.11.2026"), "日期“18.11.2026”不对"),
        (("--date", "2999-01-01"), "还没有到"),
        (("--region", "999999999999"), "没有代码为 999999999999 的区域"),
        (("--region", TIANSHAN), "只有市和区县发通报"),
        (("--out", "/proc/nowhere"), "不能写入 /proc/nowhere"),
    ],
)
def test_the_command_says_what_is_wrong(tree: dict[str, Region], arguments: tuple[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("make_briefing", *arguments)
    assert not Briefing.objects.exists()
