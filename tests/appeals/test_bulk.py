"""Urging and reassigning many appeals of the queue at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals import bulk, escalation
from appeals.forms.bulk import UrgeManyForm
from appeals.models import Appeal, Event
from appeals.workflow import Status
from cadres.models import Cadre, Department, Message, Outbox
from cadres.roles import Role
from cadres.tasks import deliver
from enterprises.models import Access
from tests import factories
from tests.appeals.pages import QUEUE, get, signed_in, tab, titles
from tests.appeals.people import NOW, People

pytestmark = pytest.mark.django_db

URGE, REASSIGN = f"{QUEUE}urge/", f"{QUEUE}reassign/"
LATE = timedelta(days=60)


def traffic() -> Department:
    return factories.DepartmentFactory.create(name="市交通局")


def late(people: People, count: int = 2, status: Status = Status.HANDLING) -> list[Appeal]:
    """Appeals that the queue holds."""
    found = [people.at(status, timezone.now() - LATE) for _ in range(count)]
    Appeal.objects.filter(pk__in=[one.pk for one in found]).update(level=2)
    return found


def post(cadre: Cadre, address: str, **data: Any) -> Any:
    return signed_in(cadre).post(address, data)


def hidden(response: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found
    return found[1]


def picked(response: Any) -> str:
    return hidden(response, "picked")


def told(cadre: Cadre) -> list[str]:
    deliver()
    return list(Message.objects.filter(recipient=cadre).order_by("pk").values_list("outbox__subject", flat=True))


# --- the pages -------------------------------------------------------------------------------------------------


def test_the_page_names_how_many_and_which_before_anything_happens(people: People) -> None:
    appeals = late(people, 12)
    page = post(people.supervisor, REASSIGN, pk=[one.pk for one in appeals]).content.decode()
    assert "确认改派？共 12 件诉求" in page
    assert "确认改派 12 件</button>" in page
    assert "另有 2 件，一并改派。" in page
    assert not Event.objects.filter(step="reassign").exists()


def test_what_can_not_be_done_is_named_with_its_reason_before_and_left_alone(people: People) -> None:
    able, closed = late(people, 1)[0], people.at(Status.CLOSED)
    page = post(people.supervisor, REASSIGN, pk=[able.pk, closed.pk]).content.decode()
    assert "确认改派？共 1 件诉求" in page
    assert "1 件不能改派，不会改动" in page
    assert "现为“已销号”，不能改派。" in page
    assert f"{closed.pk}-" not in picked(post(people.supervisor, REASSIGN, pk=[able.pk, closed.pk]))


def test_urging_from_the_queue(people: People) -> None:
    appeals = late(people)
    asked = post(people.supervisor, URGE, pk=[one.pk for one in appeals], back="level=2")
    done = post(people.supervisor, URGE, picked=picked(asked), back="level=2", note="请今日 18:00 前反馈")
    assert (done.status_code, done["Location"]) == (302, f"{QUEUE}?level=2")
    assert "已催办 2 件" in signed_in_page(people.supervisor, done)
    assert [event.note for event in Event.objects.filter(step="urge")] == ["请今日 18:00 前反馈"] * 2
    page = get(people.supervisor, QUEUE)
    assert "已催办 1 次" in page
    assert "郑海燕催办：请今日 18:00 前反馈" in page
    assert tab(page, "我已督办") == "（2）"
    assert len(titles(get(people.supervisor, QUEUE, status="supervised"))) == 2
    other = factories.cadre(Role.SUPERVISOR)
    assert tab(get(other, QUEUE), "我已督办") == "（0）"


def signed_in_page(cadre: Cadre, response: Any) -> str:
    return str([str(message) for message in response.wsgi_request._messages])


def test_all_that_the_filters_find_are_taken_by_one_tick(people: People) -> None:
    late(people, 25)
    other = late(people, 1)[0]
    Appeal.objects.filter(pk=other.pk).update(title="另一类", level=3)
    page = get(people.supervisor, QUEUE, level=2)
    assert 'data-pick-every="25"' in page
    assert re.search(r'name="every"\s+value="level=2"', page)
    assert "确认催办？共 25 件诉求" in post(people.supervisor, URGE, every="level=2").content.decode()


@pytest.mark.parametrize("data", [{}, {"pk": ["x", "9" * 30]}, {"every": "level=9"}, {"every": "colour=red"}])
def test_nothing_or_nonsense_chosen_leads_back_with_a_sentence(people: People, data: dict[str, Any]) -> None:
    response = post(people.supervisor, URGE, **data)
    assert response.status_code == 302
    assert len(list(response.wsgi_request._messages)) == 1


@pytest.mark.parametrize("nonsense", ["", "x", "1-", "1-2-3", "-", "1-2," * 3, "９-1", "9" * 40 + "-1"])
def test_a_forged_list_changes_nothing(people: People, nonsense: str) -> None:
    late(people)
    response = post(people.supervisor, REASSIGN, picked=nonsense, lead=traffic().pk, note="改")
    assert response.status_code == 302
    assert not Event.objects.filter(step="reassign").exists()


def test_a_form_without_words_comes_back_with_the_same_choice(people: People) -> None:
    asked = post(people.supervisor, REASSIGN, pk=[one.pk for one in late(people)])
    again = post(people.supervisor, REASSIGN, picked=picked(asked), note="")
    assert again.status_code == 422
    assert set(again.context["form"].errors) == {"lead", "note"}
    assert sorted(picked(again).split(",")) == sorted(picked(asked).split(","))


@pytest.mark.parametrize(
    ("who", "urge", "reassign"),
    [
        ("supervisor", True, True),
        ("office", False, True),
        ("leader", False, False),
        ("team_leader", False, False),
        ("handler", False, False),
    ],
)
def test_who_may_act_on_many(people: People, who: str, urge: bool, reassign: bool) -> None:
    appeals = late(people)
    for address, may in ((URGE, urge), (REASSIGN, reassign)):
        response = post(getattr(people, who), address, pk=[appeals[0].pk])
        assert response.status_code == (200 if may else 403), address
    if who in {"supervisor", "office", "leader"}:
        page = get(getattr(people, who), QUEUE)
        assert ("批量催办" in page, "批量改派" in page) == (urge, reassign)
        assert ("data-pick-all" in page) is (urge or reassign)


def test_markup_in_titles_and_words_stays_text(people: People) -> None:
    appeals = late(people)
    Appeal.objects.update(title="<b>'=𠮷")
    asked = post(people.supervisor, URGE, pk=[one.pk for one in appeals])
    assert "&lt;b&gt;&#x27;=𠮷" in asked.content.decode()
    post(people.supervisor, URGE, picked=picked(asked), note="<script>'=𠮷")
    page = get(people.supervisor, QUEUE)
    assert "<script>'" not in page
    assert "&lt;script&gt;&#x27;=𠮷" in page


# --- what follows ----------------------------------------------------------------------------------------------


def test_many_reassigned_are_as_each_reassigned_alone(people: People) -> None:
    lead = traffic()
    newcomer = factories.cadre(Role.HANDLER, department=lead)
    one, two = (people.at(Status.HANDLING, co_departments=[lead]) for _ in range(2))
    now = NOW + timedelta(days=1)
    people.take(one, "reassign", "supervisor", now, lead=lead, co_departments=[], note="客运归交通局管")
    done = bulk.reassign_all({two.pk: two.version}, lead, by=people.supervisor, now=now, note="客运归交通局管")
    assert (done.done, done.refused) == (1, [])
    one.refresh_from_db()
    two.refresh_from_db()
    assert columns(one) == columns(two)
    for subject in (one, two):
        event = subject.events.latest("pk")
        assert event.changes == {"lead": ["市人社局", "市交通局"], "co_departments": ["市交通局", ""]}
        assert not subject.co_departments.exists()
        rights = Access.objects.filter(reason=f"appeal:{subject.pk}")
        assert [right.department for right in rights] == [lead]
    assert told(newcomer).count("请签收改派诉求：外地员工无法返岗") == 2


def columns(appeal: Appeal) -> dict[str, Any]:
    own = {"id", "number", "client_id"}
    return {field.attname: getattr(appeal, field.attname) for field in Appeal._meta.fields if field.name not in own}


def test_a_department_is_told_once_of_many(people: People) -> None:
    lead = traffic()
    newcomer = factories.cadre(Role.HANDLER, department=lead)
    appeals = late(people, 7)
    escalation.apply_ladder(timezone.now())
    seen = {one.pk: one.version for one in Appeal.objects.all()}
    deliver()
    Message.objects.all().delete()
    bulk.reassign_all(seen, lead, by=people.supervisor, now=timezone.now(), note="客运归交通局管")
    assert told(newcomer) == ["请签收改派诉求 7 件：外地员工无法返岗等"]
    assert told(people.handler) == told(people.head) == ["诉求已改派其他单位 7 件：外地员工无法返岗等"]
    bulk.urge_all([one.pk for one in appeals], by=people.supervisor, now=timezone.now(), note="请即办理")
    assert told(newcomer)[1:] == ["催办 7 件：外地员工无法返岗等"]
    notice = Outbox.objects.latest("pk")
    assert notice.body.startswith("请即办理\nSQ")
    assert notice.body.endswith("等 7 件")


def test_urges_of_many_reach_whoever_has_to_act_on_each(people: People) -> None:
    statuses = (Status.PENDING, Status.ASSIGNED, Status.HANDLING, Status.REVIEWING, Status.CONFIRMING, Status.CLOSING)
    keys = [people.at(status).pk for status in statuses]
    deliver()
    Message.objects.all().delete()
    assert bulk.urge_all(keys, by=people.supervisor, now=NOW, note="请即办理").done == 6
    assert len(told(people.office)) == 1  # both what waits for 转办 and what waits for 销号
    assert told(people.specialist) == ["催办：外地员工无法返岗"]
    assert len(told(people.handler)) == 2  # all handlers are asked to sign, one of them to handle
    assert len(told(people.colleague)) == 1
    assert len(told(people.head)) == 3
    assert told(people.supervisor) == []


def test_what_moved_meanwhile_is_named_with_who_moved_it(people: People) -> None:
    still, moved, ended = late(people, 3)
    asked = post(people.supervisor, REASSIGN, pk=[still.pk, moved.pk, ended.pk])
    people.take(moved, "progress", "handler", timezone.now(), note="已联系")
    people.take(ended, "reply", "handler", timezone.now())
    page = post(people.supervisor, REASSIGN, picked=picked(asked), lead=traffic().pk, note="改").content.decode()
    assert "已改派 1 件，2 件未改派" in page
    assert "赵明已于" in page
    assert "办理“登记进展”，请核对后再改派。" in page
    assert "现为“待审核”，不能改派。" in page
    assert {one.pk for one in Appeal.objects.filter(lead=traffic())} == {still.pk}


def test_the_same_request_twice_changes_nothing_the_second_time(people: People) -> None:
    asked = post(people.supervisor, REASSIGN, pk=[one.pk for one in late(people)])
    first = post(people.supervisor, REASSIGN, picked=picked(asked), lead=traffic().pk, note="改")
    second = post(people.supervisor, REASSIGN, picked=picked(asked), lead=traffic().pk, note="改")
    assert (first.status_code, second.status_code) == (302, 200)
    assert second.content.decode().count("已由市交通局主办。") == 2
    assert Event.objects.filter(step="reassign").count() == 2


def test_the_same_urge_twice_within_a_minute_is_one(people: People) -> None:
    keys = [one.pk for one in late(people)]
    for seconds, events in ((0, 2), (59, 2), (61, 4)):
        at = NOW + LATE + timedelta(seconds=seconds)
        assert bulk.urge_all(keys, by=people.supervisor, now=at, note="请即办理").done == 2
        assert Event.objects.filter(step="urge").count() == events


def test_an_urge_sent_again_much_later_from_one_page_is_one(people: People) -> None:
    keys = [one.pk for one in late(people)]
    asked = post(people.supervisor, URGE, pk=keys)
    form = UrgeManyForm(QueryDict(f"note=请即办理&asked_at={hidden(asked, 'asked_at')}"), by=people.supervisor)
    assert form.is_valid(), form.errors
    page, hour = form.cleaned_data["asked_at"], timedelta(hours=1)
    for since, now, events in ((page, page, 2), (page, page + 2 * hour, 2), (page + hour, page + 2 * hour, 4)):
        said = {"by": people.supervisor, "note": "请即办理", "now": now + timedelta(seconds=1), "asked_at": since}
        assert bulk.urge_all(keys, **said).done == 2
        assert Event.objects.filter(step="urge").count() == events


def test_a_department_of_another_district_gets_nothing(people: People) -> None:
    elsewhere = factories.DepartmentFactory.create(region=factories.district(9), name="九区商务局")
    appeals = late(people)
    seen = {one.pk: one.version for one in Appeal.objects.all()}
    done = bulk.reassign_all(seen, elsewhere, by=people.supervisor, now=timezone.now(), note="改")
    assert done.done == 0
    assert {refusal.reason for refusal in done.refused} == {"九区商务局不承办第2区的诉求。"}
    assert Appeal.objects.filter(lead=people.department).count() == len(appeals)


def test_what_lies_outside_the_scope_is_not_told_apart_from_what_is_not_there(people: People) -> None:
    foreign = late(people, 1)[0]
    done = bulk.urge_all([foreign.pk, 10**9], by=people.stranger, now=timezone.now(), note="请即办理")
    assert done.refused == [bulk.Refusal(None, bulk.LEFT)] * 2
    assert not Event.objects.filter(step="urge").exists()


def test_after_the_second_bounce_the_office_moves_nothing(people: People) -> None:
    appeal = late(people, 1)[0]
    Appeal.objects.filter(pk=appeal.pk).update(bounces=2)
    page = post(people.office, REASSIGN, pk=[appeal.pk]).content.decode()
    assert "该诉求已两次退单，须由督查办理“改派”。" in page


def test_what_the_ladder_had_due_is_recorded_before_the_move(people: People) -> None:
    appeal = people.assigned(timezone.now() - LATE)  # counts as signed long ago, for no sweep has looked
    seen = {appeal.pk: appeal.version}
    done = bulk.reassign_all(seen, traffic(), by=people.supervisor, now=timezone.now(), note="改")
    assert done.done == 0
    assert "系统已于" in done.refused[0].reason
    assert appeal.events.filter(step="sign").exists()


# --- many ------------------------------------------------------------------------------------------------------


def test_twenty_cost_as_many_queries_as_two(people: People) -> None:
    late(people, 22)
    keys = list(Appeal.objects.order_by("pk").values_list("pk", "version"))
    lead = traffic()
    factories.cadre(Role.SUPERVISOR)
    people.supervisor.has_perm("appeals.urge_appeal"), people.supervisor.region_scope
    costs = [reassigning(people, dict(some), lead) for some in (keys[:2], keys[2:])]
    assert costs[0] == costs[1] < 40
    assert urging(people, [key for key, _ in keys[:2]]) == urging(people, [key for key, _ in keys[2:]]) < 20


def reassigning(people: People, seen: dict[int, int], lead: Department) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert bulk.reassign_all(seen, lead, by=people.supervisor, now=timezone.now(), note="改").done == len(seen)
    return len(captured)


def urging(people: People, keys: list[int]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert bulk.urge_all(keys, by=people.supervisor, now=timezone.now(), note="请即办理").done == len(keys)
    return len(captured)


def test_two_thousand_are_the_most(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    late(people, 3)
    monkeypatch.setattr("appeals.views.bulk.MOST", 2)
    response = post(people.supervisor, URGE, every="")
    assert response.status_code == 302
    assert "一次最多催办 2 件，请用筛选缩小范围。" in signed_in_page(people.supervisor, response)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_the_same_cases_one_wins_and_the_other_is_told() -> None:
    people = People()
    late(people, 5)
    seen = dict(Appeal.objects.values_list("pk", "version"))
    leads = [traffic(), factories.DepartmentFactory.create(name="市商务局")]
    together = Barrier(2)

    def move(number: int) -> bulk.Done:
        together.wait(10)
        try:
            return bulk.reassign_all(seen, leads[number], by=people.supervisor, now=timezone.now(), note="改")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(move, range(2)), key=lambda done: done.done)
    assert [done.done for done in found] == [0, 5]
    assert all("郑海燕已于" in refusal.reason for refusal in found[0].refused)
    assert Event.objects.filter(step="reassign").count() == 5
