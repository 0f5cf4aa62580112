"""The pages of instructions: list, instruction, paper, the forms, the queue and the case that show them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from appeals.demand_workflow import State
from appeals.instructing.acting import INSTRUCTIONS, give
from appeals.models import Appeal, Instruction
from appeals.workflow import Status
from cadres.models import AuditRow, Cadre
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import QUEUE, cost_of, get, signed_in, tab
from tests.appeals.people import People
from tests.uploads import PDF, jpeg, uploaded

LIST = "/appeals/instructions/"


def given(people: People, appeal: Appeal | None = None, **values: Any) -> Instruction:
    now = timezone.now()
    values = {"by": people.leader, "now": now} | values
    return give(appeal or people.at(Status.HANDLING, now), "请抓紧<办>'=𠮷", **values)


def answer(instruction: Instruction, people: People) -> Instruction:
    seen = {"now": timezone.now(), "version": instruction.version}
    return INSTRUCTIONS.answer(instruction, "已研究", by=people.handler, **seen)


def post(cadre: Cadre, instruction: Instruction, act: str, **data: Any) -> Any:
    return signed_in(cadre).post(f"{LIST}{instruction.pk}/{act}/", {"version": instruction.version, **data})


def where_of(appeal: Appeal) -> str:
    return f"/appeals/{appeal.pk}/instructions/new/"


def entry(people: People, **more: Any) -> dict[str, Any]:
    """What the office sends to enter one."""
    told = {"client_id": str(uuid4()), "demand": "请速办", "leader": people.leader.pk}
    return told | {"instructed_on": timezone.localdate().isoformat(), "scan": [uploaded(jpeg(), "批示.jpg")]} | more


def test_the_list_has_tabs_and_filters(people: People) -> None:
    first, second = given(people), answer(given(people), people)
    other = factories.cadre(Role.LEADER, name="马市长")
    third = given(people, by=other)
    page = get(people.supervisor, LIST)
    counts = {label: tab(page, label).strip("（）") for label in ("待我办理", "待反馈", "待认可", "已办结")}
    assert counts == {"待我办理": "1", "待反馈": "2", "待认可": "1", "已办结": "0"}
    rows = (first, second, third)
    for query, found in (
        ({}, rows),
        ({"status": "waiting"}, [second]),
        ({"status": "owed"}, [first, third]),
        ({"leader": other.pk}, [third]),
        ({"leader": people.leader.pk, "status": "owed"}, [first]),
        ({"light": "green"}, [first, third]),
        ({"q": first.number}, [first]),
        ({"q": people.enterprise.name}, rows),
        ({"lead": people.department.pk}, rows),
        ({"region": people.enterprise.region.code}, rows),
        ({"from": (timezone.localdate() + timedelta(days=1)).isoformat()}, []),
        ({"urgency": "critical"}, []),
    ):
        page = get(people.supervisor, LIST, **query)
        assert [row.number in page for row in rows] == [row in found for row in rows], query
    for broken in ({"nonsense": "1"}, {"status": "raised"}, {"leader": people.office.pk}):
        assert "筛选条件" in get(people.supervisor, LIST, **broken)
    assert first.number in get(people.handler, LIST, status="waiting")


def test_the_list_and_the_case_cost_the_same_for_two_and_for_twenty(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    Appeal.objects.update(level=1)
    places = (LIST, f"/appeals/{appeal.pk}/", QUEUE)
    for _ in range(2):
        given(people, appeal)
    few = [cost_of(people.supervisor, place) for place in places]
    for _ in range(18):
        given(people, appeal)
    assert [cost_of(people.supervisor, place) for place in places] == few


def test_a_leader_instructs_from_the_case_and_from_the_queue(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    Appeal.objects.update(level=1)
    where = where_of(appeal)
    assert where in get(people.leader, appeal.get_absolute_url())
    assert where in get(people.leader, QUEUE)
    assert where not in get(people.supervisor, QUEUE)
    page = get(people.leader, where)
    assert "市人社局" in page
    assert 'name="scan"' not in page
    sent = {"client_id": str(uuid4()), "demand": "请速办"}
    client = signed_in(people.leader)
    for _ in range(2):
        response = client.post(where, sent)
        assert response.status_code == 302
    instruction = Instruction.objects.get()
    assert response["Location"] == instruction.get_absolute_url()
    case = get(people.specialist, appeal.get_absolute_url())
    assert instruction.number in case
    assert "请速办" in case
    assert instruction.get_absolute_url() not in case  # the specialist can't open it
    assert signed_in(people.specialist).get(instruction.get_absolute_url()).status_code == 403
    assert instruction.get_absolute_url() in get(people.supervisor, QUEUE)


def test_the_office_enters_one_with_its_scan_which_leaves_a_trace_when_opened(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    client, where = signed_in(people.office), where_of(appeal)
    assert "代录批示" in get(people.office, appeal.get_absolute_url())
    without = client.post(where, {**entry(people), "scan": []})
    assert without.status_code == 422
    future = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert "批示日期不能晚于今天" in client.post(where, entry(people, instructed_on=future)).content.decode()
    assert client.post(where, entry(people, leader=people.supervisor.pk)).status_code == 422
    assert not Instruction.objects.exists()
    assert client.post(where, entry(people)).status_code == 302
    instruction = Instruction.objects.get()
    scan = instruction.scan
    assert scan
    page = get(people.head, instruction.get_absolute_url())
    assert f"/appeals/files/{scan.pk}/" in page
    assert "钱志远" in page
    assert signed_in(people.head).get(f"/appeals/files/{scan.pk}/").status_code == 200
    row = AuditRow.objects.get(action="download")
    assert (row.cadre, row.subject) == (people.head, f"批示件 {scan.name}")
    assert client.get(f"/appeals/files/{scan.pk}/void/").status_code == 403


def test_a_co_department_can_be_named_where_there_is_one(people: People) -> None:
    now, other = timezone.now(), factories.DepartmentFactory.create(name="市交通局")
    assert 'name="department"' not in get(people.leader, where_of(people.at(Status.HANDLING, now)))
    appeal = people.at(Status.HANDLING, now, co_departments=[other])
    stranger = factories.DepartmentFactory.create(name="市水务局")
    assert 'name="department"' in get(people.leader, where_of(appeal))
    sent = {"client_id": str(uuid4()), "demand": "请速办"}
    client = signed_in(people.leader)
    assert client.post(where_of(appeal), {**sent, "department": stranger.pk}).status_code == 422
    assert client.post(where_of(appeal), {**sent, "department": other.pk}).status_code == 302
    assert Instruction.objects.get().answering == other
    helper = factories.cadre(Role.HANDLER, department=other)
    assert Instruction.objects.get().number in get(helper, LIST, status="waiting")


def test_the_page_shows_what_its_reader_may_do_and_the_words_as_they_were_typed(people: People) -> None:
    instruction = given(people)
    where = instruction.get_absolute_url()
    page = get(people.handler, where)
    assert "请抓紧&lt;办&gt;&#x27;=𠮷" in page
    assert f"{where}answer/" in page
    assert f"{where}revoke/" not in page
    instruction = answer(instruction, people)
    page = get(people.supervisor, where)
    assert all(f"{where}{act}/" in page for act in ("accept", "return", "revoke"))
    assert f"{where}answer/" not in page
    assert f"{where}revoke/" in get(people.leader, where)


def test_the_department_answers_with_files_and_the_supervisor_gives_back_and_accepts(people: People) -> None:
    instruction = given(people)
    response = post(people.head, instruction, "answer", reply="已研究", uploads=[uploaded(PDF, "方案.pdf")])
    assert response.status_code == 302
    instruction.refresh_from_db()
    file = instruction.evidence.get()
    assert file.given_with == "feedback"
    assert post(people.supervisor, instruction, "return", note="没有时间表").status_code == 302
    instruction.refresh_from_db()
    assert (instruction.status, instruction.returns) == (State.RETURNED, 1)
    instruction = answer(instruction, people)
    assert post(people.supervisor, instruction, "accept").status_code == 302
    instruction.refresh_from_db()
    assert instruction.status == State.ACCEPTED


def test_a_reason_is_needed_to_revoke_and_who_is_late_keeps_the_words(people: People) -> None:
    instruction = given(people)
    assert post(people.leader, instruction, "revoke").status_code == 422
    assert post(people.leader, instruction, "revoke", note="写错了").status_code == 302
    response = post(people.head, instruction, "answer", reply="我来反馈")
    page = response.content.decode()
    assert response.status_code == 422
    assert "我来反馈" in page
    assert "办理“撤销批示”" in page
    assert signed_in(people.head).get(f"{LIST}{instruction.pk}/answer/").status_code == 302


def test_the_paper_holds_everything_that_is_signed(people: People) -> None:
    instruction = answer(given(people), people)
    seen = {"by": people.supervisor, "now": timezone.now(), "version": instruction.version}
    INSTRUCTIONS.accept(instruction, "可行", **seen)
    page = get(people.leader, f"{LIST}{instruction.pk}/paper/")
    number = instruction.appeal.number or ""
    said = (
        "领导批示办理单",
        people.leader.name,
        instruction.number,
        number,
        "请抓紧&lt;办&gt;",
        "已研究",
        "认可。可行",
        "盖章",
    )
    for words in said:
        assert words in page, words


def test_nothing_breaks_where_there_is_no_instruction(people: People) -> None:
    assert "没有批示" in get(people.supervisor, LIST)
    assert signed_in(people.supervisor).get(f"{LIST}1/").status_code == 404
    assert signed_in(people.supervisor).get(f"{LIST}1/nonsense/").status_code == 404


def test_the_workbench_names_what_waits_for_each(people: People) -> None:
    instruction = given(people)
    assert f"{instruction.get_absolute_url()}answer/" in get(people.handler, "/")
    assert f"{instruction.get_absolute_url()}answer/" in get(people.head, "/")
    bench = get(people.leader, "/")
    assert f"{LIST}?status=owed&amp;leader={people.leader.pk}" in bench
    assert "我的批示待反馈" in bench
    answer(instruction, people)
    assert "去认可" in get(people.supervisor, "/")
