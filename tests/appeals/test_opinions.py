"""Co-departments are asked for their opinions (会办), answer in time or are named, once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from appeals import bulk, escalation, recomputing, succession
from appeals.models import Appeal, Attachment, Escalation, Limit, Opinion
from appeals.workflow import Status
from cadres import delivery
from cadres.models import Cadre, Department, Message, Outbox
from cadres.roles import Role
from enterprises.models import Access
from tests import factories
from tests.appeals.pages import cost_of, get, offers, signed_in, titles
from tests.appeals.people import NOW, People
from tests.uploads import jpeg, uploaded
from workflow.models import Holiday, RuleChange
from workflow.steps import IllegalStepError
from workflow.worktime import BEIJING, forget

pytestmark = pytest.mark.django_db

# An ordinary appeal assigned on Wednesday at 10:00: opinions are due three working days later, the case on 2 December.
DUE = datetime(2026, 11, 23, 18, 0, tzinfo=BEIJING)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def calendar() -> Iterator[None]:
    """What a test adds to the calendar is no other test's."""
    yield
    forget()


@pytest.fixture
def traffic(people: People) -> Department:
    return staffed("市交通局")


@pytest.fixture
def police(people: People) -> Department:
    return staffed("市公安局")


def staffed(name: str) -> Department:
    unit = factories.DepartmentFactory.create(name=name)
    factories.cadre(Role.HANDLER, department=unit, name=f"{name}承办人")
    factories.cadre(Role.HEAD, department=unit, name=f"{name}局长")
    return unit


def of(unit: Department, role: Role = Role.HANDLER) -> Cadre:
    found: Cadre = Cadre.objects.holding(role).get(department=unit)
    return found


def opine(people: People, appeal: Appeal, unit: Department, text: str = "可增开班车", now: datetime = NOW) -> None:
    people.asked = of(unit)
    people.take(appeal, "opine", "asked", now, opinion=text)


def post(cadre: Cadre, appeal: Appeal, **data: Any) -> Any:
    return signed_in(cadre).post(f"/appeals/{appeal.pk}/steps/opine/", data)


def late(appeal: Appeal) -> list[tuple[int, int, int]]:
    found = appeal.escalations.filter(trigger="opinion").order_by("subject")
    return [(rung.round, rung.level, rung.subject) for rung in found]


def told(prefix: str) -> set[str]:
    delivery.deliver_waiting(NOW)
    return set(Message.objects.filter(outbox__key__startswith=prefix).values_list("recipient__name", flat=True))


# --- asking ----------------------------------------------------------------------------------------------------


def test_each_co_department_is_asked_until_a_day_of_its_own(
    people: People, traffic: Department, police: Department
) -> None:
    appeal = people.assigned(co_departments=[traffic, police])
    asked = appeal.opinions.order_by("department__name")
    assert [(one.department, one.round, one.due_at) for one in asked] == [(traffic, 1, DUE), (police, 1, DUE)]
    assert told("opinion-asked") == {"市交通局承办人", "市公安局承办人"}
    assert told("appeal-event").isdisjoint({"市交通局承办人"})  # to sign is the lead's alone
    notice = Outbox.objects.filter(key__startswith="opinion-asked").first()
    assert notice
    assert "请在 11-23 18:00 前出具。" in notice.body


@pytest.mark.parametrize(
    ("urgency", "due"),
    [
        ("critical", NOW + timedelta(hours=2)),
        ("urgent", datetime(2026, 11, 19, 18, tzinfo=BEIJING)),
        ("pressing", datetime(2026, 11, 20, 18, tzinfo=BEIJING)),
    ],
)
def test_the_more_urgent_the_sooner(people: People, traffic: Department, urgency: str, due: datetime) -> None:
    assert people.assigned(urgency=urgency, co_departments=[traffic]).opinions.get().due_at == due


def test_an_opinion_is_due_no_later_than_the_case(people: People, traffic: Department) -> None:
    Limit.objects.filter(urgency="ordinary").update(opinion_amount=30)
    appeal = people.assigned(co_departments=[traffic])
    assert appeal.opinions.get().due_at == appeal.due_at
    chosen = people.assigned(co_departments=[traffic], opinion_due_on=(NOW + timedelta(days=90)).date())
    assert chosen.opinions.get().due_at == chosen.due_at


def test_the_office_may_choose_the_day(people: People, traffic: Department) -> None:
    appeal = people.submitted(timezone.now())
    day = timezone.localdate() + timedelta(days=1)
    data = {
        "lead": people.department.pk,
        "co_departments": [traffic.pk],
        "triage": "single",
        "urgency": "ordinary",
        "opinion_due_on": f"{day:%Y-%m-%d}",
    }
    address = f"/appeals/{appeal.pk}/steps/assign/"
    past = signed_in(people.office).post(address, data | {"opinion_due_on": "2020-01-01"})
    assert "会办意见时限不能早于今天" in past.content.decode()
    assert signed_in(people.office).post(address, data).status_code == 302
    one = appeal.opinions.get()
    assert (timezone.localtime(one.due_at).date(), one.limit_unit) == (day, "")
    assert f"会办意见时限：{day:%Y-%m-%d}" in get(people.office, appeal.get_absolute_url())


def test_a_case_that_is_late_already_asks_for_an_opinion_to_come(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING)
    after = datetime(2026, 12, 8, 10, tzinfo=BEIJING)
    people.take(
        appeal, "reassign", "supervisor", after, lead=people.office.department, co_departments=[traffic], note="改"
    )
    assert appeal.opinions.get().due_at == datetime(2026, 12, 11, 18, tzinfo=BEIJING)


# --- answering -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD])
def test_handler_or_head_answers_with_evidence_and_the_lead_is_told(
    people: People, traffic: Department, role: Role
) -> None:
    appeal = people.at(Status.HANDLING, timezone.now(), co_departments=[traffic])
    writer = of(traffic, role)
    assert "会办意见" in offers(get(writer, appeal.get_absolute_url()))
    text = "可增开<b>一趟</b>班车 =1+1 𠮷"
    assert post(writer, appeal, opinion=text, uploads=[uploaded(jpeg(), "班次.jpg")]).status_code == 302
    one = appeal.opinions.get()
    assert (one.text, one.given_by) == (text, writer)
    assert Attachment.objects.get().given_with == "opine"
    assert told("appeal-event") >= {people.handler.name}
    page = get(people.handler, appeal.get_absolute_url())
    assert "已出具 1 家" in page
    assert "可增开&lt;b&gt;一趟&lt;/b&gt;班车 =1+1 𠮷" in page
    assert "随会办意见" in page


def test_the_case_says_who_has_answered_and_who_has_not(
    people: People, traffic: Department, police: Department
) -> None:
    appeal = people.at(Status.HANDLING, timezone.now(), co_departments=[traffic, police])
    opine(people, appeal, traffic, now=timezone.now())
    page = get(people.office, appeal.get_absolute_url())
    assert "已出具 1 家，未出具 1 家" in page
    assert "待出具" in page


def test_the_same_form_sent_twice_is_one_opinion_and_another_adds_to_it(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING, timezone.now(), co_departments=[traffic])
    for _ in range(2):
        assert post(of(traffic), appeal, opinion="可增开班车").status_code == 302
    assert appeal.events.filter(step="opine").count() == 1
    first = appeal.opinions.get().given_at
    assert post(of(traffic), appeal, opinion="周五起增开").status_code == 302
    one = appeal.opinions.get()
    assert (one.text, one.given_at) == ("周五起增开", first)
    said = [event.changes["opinion"][1] for event in appeal.events.filter(step="opine")]
    assert said == ["可增开班车", "周五起增开"]


def test_who_was_not_asked_has_no_say(people: People, traffic: Department, police: Department) -> None:
    appeal = people.at(Status.HANDLING, timezone.now(), co_departments=[traffic])
    for who, status in ((people.handler, 403), (people.office, 403), (people.specialist, 403), (of(police), 404)):
        assert post(who, appeal, opinion="x").status_code == status, who
    assert appeal.opinions.get().given_at is None
    with pytest.raises(IllegalStepError, match="没有征求你单位的会办意见"):
        people.take(appeal, "opine", "handler", opinion="x")


def test_nothing_is_asked_any_more_once_the_case_is_answered(people: People, traffic: Department) -> None:
    appeal = people.at(Status.CONFIRMING, timezone.now(), co_departments=[traffic])
    assert "会办意见" not in offers(get(of(traffic), appeal.get_absolute_url()))
    assert "未出具" in get(people.office, appeal.get_absolute_url())
    assert not Appeal.objects.awaiting(of(traffic)).exists()


def test_an_opinion_holds_nobody_up_who_is_filling_in_a_form(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic])
    seen = appeal.version
    opine(people, appeal, traffic)
    people.take(appeal, "reply", "handler", version=seen)
    assert appeal.status == Status.REVIEWING


@pytest.mark.django_db(transaction=True)
def test_two_of_one_department_at_once_give_one_opinion() -> None:
    people = People()
    traffic = staffed("市交通局")
    appeal = people.at(Status.HANDLING, timezone.now(), co_departments=[traffic])
    together = Barrier(2)

    def send(role: Role) -> int:
        together.wait(10)
        try:
            return int(post(of(traffic, role), appeal, opinion=f"{role.label}意见").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, (Role.HANDLER, Role.HEAD))) == [302, 302]
    assert Opinion.objects.count() == 1
    assert appeal.events.filter(step="opine").count() == 2  # what each said is in the history


# --- late ------------------------------------------------------------------------------------------------------


def test_a_late_opinion_raises_the_case_and_tells_that_departments_head_once(
    people: People, traffic: Department, police: Department
) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic, police])
    opine(people, appeal, police)
    escalation.apply_ladder(DUE - SECOND)
    assert late(appeal) == []
    for now in (DUE, DUE, DUE + timedelta(days=1)):
        escalation.apply_ladder(now)
    one = appeal.opinions.get(department=traffic)
    assert late(appeal) == [(1, 1, one.pk)]
    appeal.refresh_from_db()
    assert appeal.level == 1
    assert told("escalation:") == {"市交通局局长"}
    assert "会办意见逾期（市交通局）：一级督办" in get(people.office, appeal.get_absolute_url())


def test_two_late_departments_are_each_told_even_by_a_sweep_that_comes_days_too_late(
    people: People, traffic: Department, police: Department
) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic, police])
    escalation.apply_ladder(datetime(2026, 12, 10, 3, tzinfo=BEIJING))
    assert [key[1] for key in late(appeal)] == [1, 1]
    assert told("escalation:") >= {"市交通局局长", "市公安局局长"}
    assert appeal.escalations.filter(notified=True).count() == 3  # and the case's own highest rung
    assert escalation.apply_ladder(datetime(2026, 12, 10, 3, tzinfo=BEIJING)).rungs == 0


def test_a_redone_case_asks_anew_and_is_late_anew(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic])
    escalation.apply_ladder(DUE)
    for name, who in (("reply", "handler"), ("approve", "head"), ("dispute", "specialist")):
        people.take(appeal, name, who, DUE, **({"note": "没解决"} if name == "dispute" else {}))
    assert [(one.round, one.withdrawn_at is None) for one in appeal.opinions.order_by("pk")] == [(1, False), (2, True)]
    escalation.apply_ladder(DUE + timedelta(days=20))
    assert [(round_, level) for round_, level, _ in late(appeal)] == [(1, 1), (2, 1)]


def test_while_the_clock_stands_still_nobody_is_late(people: People, traffic: Department) -> None:
    appeal = people.at(Status.CLOSING, co_departments=[traffic])
    escalation.apply_ladder(DUE + timedelta(days=3))
    assert late(appeal) == []
    people.take(appeal, "return", "office", DUE + timedelta(days=3), note="凭证不足")
    assert appeal.opinions.get().due_at > DUE + timedelta(days=3)


def test_the_database_refuses_the_same_late_opinion_twice(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic])
    escalation.apply_ladder(DUE)
    again = Escalation.objects.get(appeal=appeal, trigger="opinion")
    again.pk = None
    with pytest.raises(IntegrityError, match="escalation_exactly_once"), transaction.atomic():
        again.save()


@pytest.mark.django_db(transaction=True)
def test_three_sweeps_at_once_tell_of_each_late_opinion_once() -> None:
    people = People()
    units = [staffed("市交通局"), staffed("市公安局")]
    appeals = [people.at(Status.HANDLING, co_departments=units) for _ in range(8)]
    together = Barrier(3)

    def sweep(_: int) -> int:
        together.wait(10)
        try:
            return escalation.apply_ladder(DUE).rungs
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as workers:
        assert sum(workers.map(sweep, range(3))) == 16
    assert all(len(late(appeal)) == 2 for appeal in appeals)
    assert Outbox.objects.filter(key__startswith="escalation:").count() == 16


# --- who comes and goes ----------------------------------------------------------------------------------------


def test_whom_a_reassignment_adds_is_asked_and_whom_it_removes_is_not_awaited_any_more(
    people: People, traffic: Department, police: Department
) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic])
    other = staffed("市住建局")
    people.take(appeal, "reassign", "supervisor", NOW, lead=other, co_departments=[police], note="改")
    assert [one.department for one in appeal.opinions.asked()] == [police]
    assert told("appeal-left") >= {"市交通局承办人"}
    escalation.apply_ladder(DUE)
    assert [one.department for one in Opinion.objects.filter(pk__in=[key[2] for key in late(appeal)])] == [police]


def test_who_stays_keeps_its_day_and_what_was_said_stays(
    people: People, traffic: Department, police: Department
) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic, police])
    opine(people, appeal, traffic)
    later, other = NOW + timedelta(days=1), staffed("市住建局")
    people.take(appeal, "reassign", "supervisor", later, lead=other, co_departments=[police], note="改")
    assert appeal.opinions.get(department=police).due_at == DUE
    assert appeal.opinions.get(department=traffic).text == "可增开班车"


@pytest.mark.parametrize("many", [False, True])
def test_a_co_department_that_becomes_the_lead_owes_no_opinion(
    people: People, traffic: Department, *, many: bool
) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic])
    if many:
        bulk.reassign_all({appeal.pk: appeal.version}, traffic, by=people.supervisor, now=NOW, note="改")
    else:
        people.take(appeal, "reassign", "supervisor", lead=traffic, note="改")
    assert not Opinion.objects.awaited().exists()
    escalation.apply_ladder(DUE)
    assert late(appeal) == []


def test_a_successor_owes_what_its_predecessor_owed(people: People, traffic: Department, police: Department) -> None:
    one = people.at(Status.HANDLING, co_departments=[traffic])
    both = people.at(Status.HANDLING, co_departments=[traffic, police])
    Department.objects.filter(pk=traffic.pk).update(valid_until=timezone.localdate(), successor=police)
    for _ in range(2):
        succession.pass_on(timezone.now())
    assert [opinion.department for opinion in one.opinions.asked()] == [police]
    assert [opinion.department for opinion in both.opinions.asked()] == [police]
    assert one.opinions.get().due_at == DUE
    assert Access.objects.filter(department=police, reason=f"appeal:{one.pk}").exists()
    opine(people, one, police)
    assert one.opinions.get().given_at == NOW


def test_a_day_off_that_is_added_moves_what_is_awaited(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING, co_departments=[traffic])
    Holiday.objects.create(day="2026-11-19", kind="rest", name="诺鲁孜节")
    RuleChange.objects.create(kind="calendar", at=NOW, cadre=people.office, words="新增")
    forget()
    recomputing.follow(NOW + timedelta(hours=1))
    assert appeal.opinions.get().due_at == DUE + timedelta(days=1)


# --- where it is seen ------------------------------------------------------------------------------------------


def test_it_waits_for_the_department_on_its_list_and_workbench(people: People, traffic: Department) -> None:
    appeal = people.at(Status.HANDLING, timezone.now(), co_departments=[traffic])
    assert titles(get(of(traffic), "/appeals/?status=waiting")) == [appeal.title]
    bench = get(of(traffic), "/")
    assert "出具意见" in bench
    assert "前出具会办意见" in bench
    assert post(of(traffic), appeal, opinion="可增开班车").status_code == 302
    assert titles(get(of(traffic), "/appeals/?status=waiting")) == []
    assert "出具意见" not in get(of(traffic), "/")


def test_the_case_costs_the_same_for_two_and_for_twelve_departments(people: People) -> None:
    few = people.at(Status.HANDLING, timezone.now(), co_departments=[staffed(f"市{n}局") for n in range(2)])
    many = people.at(Status.HANDLING, timezone.now(), co_departments=[staffed(f"市{n}局") for n in range(20, 32)])
    assert cost_of(people.office, few.get_absolute_url()) == cost_of(people.office, many.get_absolute_url())
