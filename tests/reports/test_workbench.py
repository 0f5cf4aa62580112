"""The workbench: what each role has to do, and numbers that lead to exactly the rows they count."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import AuditRow, Cadre, Message, Outbox
from cadres.roles import ADMINISTRATORS, Role
from reports.indicators import OPEN_CASES, Scope, tally
from reports.workbench import bench, visiting
from reports.workbench.pieces import Task, greeting
from tests import factories
from tests.appeals.people import People
from tests.policies.people import People as PolicyPeople
from tests.reports import karamay
from tests.reports.benches import (
    BUSINESS,
    bench_of,
    days_ago,
    fill,
    multiply,
    page_of,
    signed_in,
    stats_of,
    tasks_of,
    text_of,
    today,
    visit,
)
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12


@pytest.fixture
def people() -> People:
    return People()


# --- numbers and their rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", BUSINESS)
def test_every_number_leads_to_exactly_as_many_rows(people: People, role: str) -> None:
    fill(people, 2)
    people.at(Status.CLOSED, days_ago(3))
    namesake = factories.cadre(Role.SPECIALIST, name="王晓敏", department=people.specialist.department)
    visit(namesake, people.enterprise)
    abroad = factories.EnterpriseFactory.create(region=factories.district(9))
    factories.appeal(abroad)
    who = getattr(people, role)
    shown = bench_of(who)
    numbers = [(stat.url, stat.number) for stat in shown.stats]
    numbers += [(key.url, int(key.value)) for key in shown.figures if key.unit in {"件", "家"}]
    if shown.pressing and shown.pressing.count is not None:
        numbers.append((shown.pressing.url, int(shown.pressing.count)))
    if shown.team and shown.team.counted is not None:
        numbers.append((reverse("enterprises:list"), shown.team.counted))
    assert len(numbers) >= 4
    for url, number in numbers:
        context = page_of(who, url).context
        if "tasks" in context and "listing" not in context:
            assert len(context["tasks"].rows) == number, url
        else:
            assert not context["listing"].complaints
            assert context["listing"].counted == number, url
    assert all(number for _, number in numbers)


def test_visits_of_somebody_whose_initials_are_ones_username_are_not_counted(people: People) -> None:
    people.specialist.username = "wxm"
    people.specialist.save()
    other = factories.cadre(Role.SPECIALIST, name="吴小梅", department=people.specialist.department)
    assert other.initials == "wxm"
    visit(people.specialist, people.enterprise)
    visit(other, people.enterprise)
    (stat,) = (stat for stat in bench_of(people.specialist).stats if stat.label == "本月走访")
    assert stat.number == 1
    assert page_of(people.specialist, stat.url).context["listing"].counted == 1


def test_visits_of_other_months_do_not_count(people: People) -> None:
    visit(people.specialist, people.enterprise, today().replace(day=1) - timedelta(days=1))
    assert stats_of(people.specialist)["本月走访"] == 0


@pytest.mark.usefixtures("calendar_stays")
def test_twenty_rows_cost_no_more_queries_than_two(people: People) -> None:
    fill(people, 2)
    few = {role: queries(getattr(people, role)) for role in BUSINESS}
    multiply(people, 9)
    assert {role: queries(getattr(people, role)) for role in BUSINESS} == few
    assert max(page for page, _ in few.values()) <= MOST_QUERIES


def queries(who: Cadre) -> tuple[int, int]:
    """Of the whole page, and of the workbench without its frame."""
    return queries_of_page(who), queries_of_assembling(who)


def queries_of_page(who: Cadre) -> int:
    client = signed_in(who)
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    return len(captured)


def queries_of_assembling(who: Cadre) -> int:
    """Beside what the frame looks up anyway: the cadre, the department, the region and the roles."""
    cadre = Cadre.objects.select_related("department__region").get(pk=who.pk)
    assert cadre.roles
    with CaptureQueriesContext(connection) as captured:
        bench.assemble(cadre, timezone.now())
    return len(captured)


def test_three_hundred_enterprises_are_counted_and_the_longest_waiting_shown(people: People) -> None:
    many = factories.EnterpriseFactory.create_batch(300, region=people.enterprise.region)
    for one in many:
        factories.assign(people.specialist, one)
    shown = bench_of(people.specialist)
    assert shown.team is not None
    assert (shown.team.total, len(shown.team.rows)) == (301, visiting.ENTERPRISES_SHOWN)
    assert shown.tasks is not None
    assert (shown.tasks.total, len(shown.tasks.rows)) == (302, 8)  # each to be contacted, and all to be reported
    assert len(tasks_of(people.specialist)) == 302


# --- figures ---------------------------------------------------------------------------------------------------


def test_a_leader_sees_the_figures_and_how_they_moved() -> None:
    tree = karamay.regions()
    city = tree[karamay.CITY]
    some = [factories.EnterpriseFactory.create(region=tree[karamay.TIANSHAN]) for _ in range(4)]
    yesterday = today() - timedelta(days=1)
    karamay.freeze(city, *some, first=yesterday.replace(day=1), last=today())
    leader = factories.cadre(Role.LEADER, region=city)
    for one in some[:2]:
        factories.status(one, yesterday, reported_at=days_ago(2))
    factories.status(some[2], today(), reported_at=timezone.now())
    shown = bench_of(leader).figures
    figures = {key.label: (key.value, key.unit, key.note) for key in shown}
    assert figures["复工率"] == ("75.0", "%", "较昨日 ↑ 25.0 个百分点")
    assert figures["上报率"] == ("25.0", "%", "较昨日 ↓ 25.0 个百分点")
    assert figures["按时办结率"] == ("—", "", "昨日无数据")
    behind = {key.label: page_of(leader, key.url).context["listing"].counted for key in shown}
    assert behind == {
        "复工率": 3,
        "上报率": 1,
        "按时办结率": 0,
        "已超期诉求": 0,
        "我的批示待反馈": 0,
        "四级督办": 0,
        "今日未报企业": 3,
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 2),
        ({"starts_on": date(2026, 11, 17)}, 1),
        ({"starts_on": date(2026, 11, 18)}, 0),
        ({"ends_on": date(2026, 11, 15)}, 1),
        ({"role": "leader"}, None),
    ],
)
def test_the_month_asks_for_as_many_visits_as_fit_in_it(people: People, fields: dict, expected: int | None) -> None:
    enterprise = factories.EnterpriseFactory.create()
    row = factories.assign(factories.cadre(Role.SPECIALIST), enterprise, **fields)
    assert visiting.expected_visits([row], date(2026, 11, 18)) == expected


def test_of_several_campaigns_the_strictest_counts(people: People) -> None:
    strict = factories.CampaignFactory.create(name="工业经济服务月", contact_every_days=7)
    who = factories.cadre(Role.SPECIALIST)
    enterprise = factories.EnterpriseFactory.create()
    rows = [factories.assign(who, enterprise), factories.assign(who, enterprise, strict)]
    assert visiting.expected_visits(rows, date(2026, 11, 18)) == 4


@pytest.mark.parametrize(
    ("hour", "words"),
    [(0, "晚上好"), (4, "晚上好"), (5, "早上好"), (9, "上午好"), (12, "中午好"), (14, "下午好"), (18, "晚上好")],
)
def test_the_greeting_follows_the_hour_in_beijing(hour: int, words: str) -> None:
    assert greeting(datetime.combine(date(2026, 11, 18), time(hour), tzinfo=BEIJING)) == words


def test_a_task_says_by_when() -> None:
    now = datetime(2026, 11, 18, 10, tzinfo=BEIJING)
    hours = {hours: Task("", "", "", "", "", "", "", now + timedelta(hours=hours)).when(now) for hours in (-1, 4, 30)}
    assert hours == {-1: "已超期", 4: "14:00", 30: "11-19"}
    assert Task("", "", "", "", "", "", "").when(now) == "今天"


# --- who sees what ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_page_while_there_is_nothing(role: Role) -> None:
    page = text_of(factories.cadre(role))
    assert "好，干部" in page
    assert 'class="empty"' in page


@pytest.mark.parametrize("roles", [(), *[(role,) for role in Role]])
def test_nobody_needs_a_department(roles: tuple[Role, ...]) -> None:
    who = factories.cadre(*roles)
    Cadre.objects.filter(pk=who.pk).update(department=None)
    page_of(Cadre.objects.get(pk=who.pk))


@pytest.mark.parametrize("role", [*sorted(ADMINISTRATORS), Role.CALLER, Role.DISCIPLINE])
def test_who_handles_no_business_sees_none(people: People, role: Role) -> None:
    fill(people, 1)
    who = factories.cadre(role)
    outbox = Outbox.objects.create(key="k", subject="抽查任务已下达", url="/", created_at=timezone.now())
    Message.objects.create(outbox=outbox, recipient=who, at=timezone.now())
    page = text_of(who)
    assert "抽查任务已下达" in page
    assert "未读消息 1 条" in page
    assert people.enterprise.name not in page
    assert "外地员工无法返岗" not in page
    assert ("最近审计记录" in page) == (role == Role.AUDITADMIN)


def test_the_audit_administrator_sees_the_newest_rows() -> None:
    AuditRow.objects.create(at=timezone.now(), action="download", username="zhou", subject="通报.xlsx")
    page = text_of(factories.cadre(Role.AUDITADMIN))
    assert "通报.xlsx" in page


def test_another_district_is_neither_shown_nor_counted(people: People) -> None:
    fill(people, 1)
    shown = bench_of(people.stranger)
    assert {stat.label: stat.number for stat in shown.stats} == {
        "待受理": 0,
        "待销号": 0,
        "已超期诉求": 0,
        "今日未报企业": 0,
    }
    assert shown.tasks is not None
    assert shown.tasks.rows == []
    assert people.enterprise.name not in text_of(people.stranger)


def test_several_roles_have_everything_once(people: People) -> None:
    who = factories.cadre(
        Role.SPECIALIST, Role.HANDLER, Role.OFFICE, Role.SUPERVISOR, Role.LEADER, department=people.department
    )
    mine = factories.EnterpriseFactory.create()
    factories.assign(who, mine)
    fill(people, 1)
    shown = bench_of(who)
    assert len({stat.url for stat in shown.stats}) == len(shown.stats) == 12
    assert [row.enterprise for row in shown.team.rows] == [mine]
    assert shown.team.counted is None  # the directory lists the whole region
    assert {"受理", "签收", "办理", "销号", "走访", "补报"} <= {task.kind for task in tasks_of(who)}
    for stat in shown.stats:
        context = page_of(who, stat.url).context
        found = context["listing"].counted if "listing" in context else len(context["tasks"].rows)
        assert found == stat.number, stat.label


def test_what_waits_in_the_policy_ledger_is_one_line_that_leads_to_it() -> None:
    policy_people = PolicyPeople()
    for period in ("2024", "2025", "2026"):
        policy_people.row(period=period)
    shown = page_of(policy_people.specialist, "/").content.decode()
    assert "政策兑现 3 条待我办理" in shown
    assert "政策兑现" not in str(bench_of(policy_people.handler).tasks)
    listing = page_of(policy_people.specialist, "/fulfilments/?status=waiting").context["listing"]
    assert listing.counted == 3


def test_names_are_shown_as_they_are_written(people: People) -> None:
    people.enterprise.name = "澜川<b>O'Neil</b>=𠮷野家有限公司"
    people.enterprise.save()
    people.submitted(timezone.now(), title="<script>alert('x')</script>")
    for who in (people.specialist, people.office):
        page = text_of(who)
        assert "澜川&lt;b&gt;O&#x27;Neil&lt;/b&gt;=𠮷野家有限公司" in page
        assert "<b>O'Neil" not in page
        assert "<script>alert" not in page


def test_an_enterprise_row_says_what_was_reported_today(people: People) -> None:
    factories.status(people.enterprise, today(), "partial", on_duty=88, due=100)
    factories.contact(people.enterprise, "何文娟", "13812345678")
    page = text_of(people.specialist)
    assert "部分复工" in page
    assert "88%" in page
    assert "138****5678" in page
    assert "13812345678" not in page


def test_the_workbench_is_only_read(people: People) -> None:
    assert signed_in(people.office).post("/").status_code == 405
    assert Client().get("/").status_code == 302


def test_standings_cover_every_open_appeal(people: People) -> None:
    fill(people, 1)
    assert people.office.region is not None
    counted = tally(OPEN_CASES, Scope.of_month(people.office.region, today(), timezone.now()))
    assert sum(counted.cells.values()) == Appeal.objects.open().count() > 0
