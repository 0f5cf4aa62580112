"""The workbench: what each role has to do, and numbers that lead to exactly the rows they count."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appeals import escalation
from appeals.instructing import acting as instructing
from appeals.models import Appeal
from appeals.workflow import Status
from cadres import counting
from cadres.models import AuditRow, Cadre, Message, Outbox
from cadres.roles import ADMINISTRATORS, Role
from enterprises.models import Enterprise
from reports.models import Briefing, ImportJob
from reports.workbench import bench, cases, visiting
from reports.workbench.pieces import Task, greeting
from tests import factories
from tests.appeals.people import NOW, People
from tests.policies.people import People as PolicyPeople
from tests.reports import karamay
from visits.models import Visit, VisitDraft
from workflow.worktime import BEIJING, forget, load_calendar

pytestmark = pytest.mark.django_db

BUSINESS = ("specialist", "team_leader", "handler", "head", "office", "supervisor", "leader")
OPEN = (
    Status.PENDING,
    Status.ASSIGNED,
    Status.HANDLING,
    Status.REVIEWING,
    Status.CONFIRMING,
    Status.CLOSING,
)
MOST_QUERIES = 12


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def page_of(cadre: Cadre, path: str = "/"):
    response = signed_in(cadre).get(path)
    assert response.status_code == 200
    return response


def text_of(cadre: Cadre, path: str = "/") -> str:
    return page_of(cadre, path).content.decode()


def bench_of(cadre: Cadre) -> bench.Bench:
    return page_of(cadre).context["bench"]


def tasks_of(cadre: Cadre) -> list[Task]:
    return [task for _, task in page_of(cadre, "/?show=today").context["tasks"].rows]


def stats_of(cadre: Cadre) -> dict[str, int]:
    return {stat.label: stat.number for stat in bench_of(cadre).stats}


def today() -> date:
    return timezone.localdate()


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def visit(cadre: Cadre, enterprise: Enterprise, on: date | None = None) -> Visit:
    return Visit.objects.create(
        client_id=uuid4(),
        number=f"ZF{uuid4().hex[:20]}",
        cadre=cadre,
        entered_by=cadre,
        enterprise=enterprise,
        region_path=enterprise.region_path,
        visited_on=on or today(),
        begun_at=timezone.now(),
        logged_at=timezone.now(),
    )


def visit_draft(cadre: Cadre, enterprise: Enterprise | None) -> VisitDraft:
    now = timezone.now()
    return VisitDraft.objects.create(client_id=uuid4(), cadre=cadre, enterprise=enterprise, begun_at=now, saved_at=now)


def fill(people: People, rows: int) -> None:
    """Appeals in every status, some of them late and escalated, and one's own and others' visits and reports."""
    for _ in range(rows):
        for status in OPEN:
            people.at(status, timezone.now())
        people.draft(timezone.now())
        people.at(Status.HANDLING, days_ago(40))
        now = timezone.now()
        soon = {"due_at": now + timedelta(hours=2), "yellow_at": now - timedelta(hours=2)}
        for level, deadline in ((0, soon), (1, soon), (2, {}), (3, {})):
            case = people.at(Status.HANDLING, now)
            Appeal.objects.filter(pk=case.pk).update(level=level, **deadline)
        instructing.give(case, "请速办", by=people.leader, now=now)
        mine, other = factories.EnterpriseFactory.create_batch(2, region=people.enterprise.region)
        factories.assign(people.specialist, mine)
        factories.assign(people.team_leader, mine, role="leader")
        factories.status(mine, today(), on_duty=8, due=9)
        visit(people.specialist, mine)
        visit(people.team_leader, other)
        visit_draft(people.specialist, mine)
    escalation.apply_ladder(timezone.now())


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
        numbers.append((shown.pressing.url, shown.pressing.count))
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


def test_twenty_rows_cost_no_more_queries_than_two(people: People) -> None:
    fill(people, 2)
    few = {role: queries(getattr(people, role)) for role in BUSINESS}
    fill(people, 18)
    assert {role: queries(getattr(people, role)) for role in BUSINESS} == few
    assert max(page for page, _ in few.values()) <= MOST_QUERIES


def queries(who: Cadre) -> tuple[int, int]:
    """Of the whole page, and of the workbench without its frame; the calendar's minute may end at any of them."""
    read_calendar_afresh()
    page = queries_of_page(who)
    read_calendar_afresh()
    return page, queries_of_assembling(who)


def read_calendar_afresh() -> None:
    forget()
    load_calendar()


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


# --- what there is to do ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "role", "kind", "verb"),
    [
        (Status.DRAFT, "specialist", "草稿", "继续填写"),
        (Status.PENDING, "office", "受理", "去受理"),
        (Status.ASSIGNED, "handler", "签收", "去签收"),
        (Status.HANDLING, "handler", "办理", "去办理"),
        (Status.REVIEWING, "head", "审核", "去审核"),
        (Status.CONFIRMING, "specialist", "回访", "去确认"),
        (Status.CLOSING, "office", "销号", "去销号"),
    ],
)
def test_an_appeal_is_a_task_of_whose_turn_it_is(
    people: People, status: Status, role: str, kind: str, verb: str
) -> None:
    appeal = people.at(status, timezone.now())
    for who in BUSINESS:
        found = [task for task in tasks_of(getattr(people, who)) if appeal.title in task.title]
        assert [(task.kind, task.verb) for task in found] == ([(kind, verb)] if who == role else []), who
    (task,) = (task for task in tasks_of(getattr(people, role)) if appeal.title in task.title)
    page_of(getattr(people, role), task.url)
    page_of(getattr(people, role), task.verb_url)


def test_what_was_sent_back_says_by_whom_and_why(people: People) -> None:
    appeal = people.at(Status.REVIEWING, timezone.now())
    people.take(appeal, "send_back", "head", timezone.now(), note="请补充车次")
    (task,) = tasks_of(people.handler)
    assert (task.kind, task.why) == ("重办", "李局长退回重办：请补充车次")


def test_a_bounced_appeal_goes_to_the_office_and_the_second_time_to_the_supervisor(people: People) -> None:
    appeal = people.assigned(timezone.now())
    people.take(appeal, "bounce", "handler", timezone.now(), note="不属我局职责")
    (task,) = tasks_of(people.office)
    assert (task.kind, task.why) == ("退单", "赵明第 1 次退单：不属我局职责")
    people.take(appeal, "assign", "office", timezone.now())
    people.take(appeal, "bounce", "handler", timezone.now(), note="仍不属我局")
    assert tasks_of(people.office) == []
    (task,) = tasks_of(people.supervisor)
    assert (task.kind, task.why) == ("指定", "赵明第 2 次退单：仍不属我局")


def test_a_request_for_another_department_waits_for_the_office(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    people.take(appeal, "ask_reassign", "handler", timezone.now(), note="不属本局")
    task = next(task for task in tasks_of(people.office) if task.title.startswith(appeal.title))
    assert (task.kind, task.verb) == ("改派", "去决定")
    assert task.why.startswith("市人社局申请改派，已等")


def test_a_direct_answer_that_was_disputed_waits_for_the_office(people: People) -> None:
    appeal = people.submitted(timezone.now())
    people.take(appeal, "answer", "office", timezone.now())
    people.take(appeal, "dispute", "specialist", timezone.now(), note="没有解决")
    task = next(task for task in tasks_of(people.office) if task.title.startswith(appeal.title))
    assert (task.kind, task.verb) == ("改派", "去改派")


def test_a_supervised_appeal_tells_the_supervisor_who_is_late_and_how_long(people: People) -> None:
    appeal = people.at(Status.HANDLING, days_ago(40))
    escalation.apply_ladder(timezone.now())
    appeal.refresh_from_db()
    (task,) = tasks_of(people.supervisor)
    assert task.kind == "督办"
    assert re.fullmatch(r"四级督办，市人社局，办理中，超期 \d+天\d+小时", task.why)


@pytest.mark.parametrize(
    ("status", "who", "due_at"),
    [
        (Status.PENDING, "office", datetime(2026, 11, 18, 16, tzinfo=BEIJING)),  # 4 working hours
        (Status.REVIEWING, "head", datetime(2026, 11, 19, 18, tzinfo=BEIJING)),  # 1 working day
        (Status.CONFIRMING, "specialist", datetime(2026, 11, 25, 18, tzinfo=BEIJING)),  # 5
        (Status.CLOSING, "office", datetime(2026, 11, 20, 18, tzinfo=BEIJING)),  # 2
    ],
)
def test_who_waits_is_served_before_the_ladder_counts(
    people: People, status: Status, who: str, due_at: datetime
) -> None:
    people.at(status, NOW)
    (task,) = cases.source(getattr(people, who), NOW).first(1, 8)
    assert task.due_at == due_at


def test_a_draft_waits_for_nobody(people: People) -> None:
    people.draft(NOW)
    (task,) = cases.source(people.specialist, NOW).first(1, 8)
    assert task.due_at is None


def test_the_most_urgent_task_comes_first(people: People) -> None:
    fresh = people.at(Status.HANDLING, timezone.now())
    late = people.at(Status.HANDLING, days_ago(40))
    rows = page_of(people.handler, "/?show=today").context["tasks"].rows
    assert [task.url for _, task in rows] == [late.get_absolute_url(), fresh.get_absolute_url()]
    assert rows[0][0] == "已超期"


def test_an_enterprise_is_a_task_until_it_is_contacted(people: People) -> None:
    assert "走访" in {task.kind for task in tasks_of(people.specialist)}
    Enterprise.objects.update(last_contact_on=today())
    assert "走访" not in {task.kind for task in tasks_of(people.specialist)}


def test_an_unreported_enterprise_is_a_task_until_it_is_reported(people: People) -> None:
    (task,) = (task for task in tasks_of(people.specialist) if task.kind == "补报")
    assert (task.title, task.why) == ("今日生产经营状况未报 1 家", people.enterprise.name)
    factories.status(people.enterprise, today())
    assert "补报" not in {task.kind for task in tasks_of(people.specialist)}


def test_a_visit_that_was_begun_is_gone_on_with(people: People) -> None:
    draft = visit_draft(people.specialist, people.enterprise)
    visit_draft(people.team_leader, people.enterprise)
    (task,) = (task for task in tasks_of(people.specialist) if task.kind == "草稿")
    assert task.verb_url == f"/visits/new/?draft={draft.client_id}"
    page_of(people.specialist, task.verb_url)


def test_the_office_signs_bulletins_of_its_own_region_and_confirms_its_own_imports(people: People) -> None:
    city, below = factories.city(), factories.district(2)
    drafts = [briefing(region) for region in (city, below)]
    colleague = factories.cadre(Role.OFFICE, department=people.office.department)
    mine, _ = (import_job(cadre) for cadre in (people.office, colleague))
    import_job(people.office, ImportJob.State.DONE)
    tasks = bench_of(people.office).tasks
    assert tasks is not None
    assert [task.url for _, task in tasks.rows] == [drafts[0].get_absolute_url(), mine.get_absolute_url()]


def test_a_leader_reads_signed_bulletins_alone(people: People) -> None:
    signed = briefing(factories.city(), signed_by=people.office, signed_at=timezone.now(), workbook=b"x")
    briefing(factories.district(2))
    assert bench_of(people.leader).briefings == [signed]


def briefing(region, **fields) -> Briefing:
    now = timezone.now()
    return Briefing.objects.create(
        region=region, day=today(), number=1, cut_off_at=now, evidence=b"", made_at=now, **fields
    )


def import_job(cadre: Cadre, state: str = ImportJob.State.CHECKED) -> ImportJob:
    return ImportJob.objects.create(
        kind="enterprises", filename="a.xlsx", uploaded_by=cadre, uploaded_at=timezone.now(), state=state
    )


# --- figures ---------------------------------------------------------------------------------------------------


def test_a_leader_sees_the_figures_and_how_they_moved() -> None:
    tree = karamay.regions()
    city = tree[karamay.CITY]
    some = [factories.EnterpriseFactory.create(region=tree[karamay.TIANSHAN]) for _ in range(4)]
    karamay.freeze(city, *some, first=today().replace(day=1), last=today())
    leader = factories.cadre(Role.LEADER, region=city)
    for one in some[:2]:
        factories.status(one, today() - timedelta(days=1), reported_at=days_ago(2))
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
    told = counting.ask(people.office, {"cases": cases.by_standing(people.office, timezone.now())})
    counts = cases.Cases.of(told["cases"])
    assert counts.count(lambda case: True) == Appeal.objects.open().count()
