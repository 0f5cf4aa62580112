"""What the workbench says is to be done: whose turn it is, why, by when, in which order."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.utils import timezone

from appeals import escalation
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Enterprise
from reports.models import Briefing, ImportJob
from reports.workbench import cases
from tests import factories
from tests.appeals.people import NOW, People
from tests.reports.benches import (
    BUSINESS,
    bench_of,
    days_ago,
    page_of,
    tasks_of,
    today,
    visit_draft,
)
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


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
