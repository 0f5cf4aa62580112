"""From a blocked row to its appeal with one click, and back when that is solved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appeals.models import Appeal
from appeals.raising import raise_appeal
from cadres.models import Outbox
from policies.models import Fulfilment
from policies.workflow import Status
from tests.policies.people import NOW, People
from workflow.steps import Actor


def blocked(people: People) -> Fulfilment:
    row = people.at(Status.DECLARED)
    people.take(row, "block", "specialist", block="社保<系统>里没有'本年'数据=𠮷")
    return row


def settle(appeal: Appeal, people: People, solved: str = "yes") -> None:
    now = NOW + timedelta(hours=2)
    people.other_specialist.department = people.specialist.department
    way = (
        ("assign", people.office, {"lead": people.department, "triage": "single", "urgency": "ordinary"}),
        ("sign", people.handler, {}),
        ("reply", people.handler, {"outcome": "solved", "reply": "数据已补录，可以提交申报"}),
        ("approve", people.head, {}),
        (
            "confirm",
            people.specialist,
            {"solved": solved, "rating": "satisfied", "confirmed_by": "王经理", "confirmed_how": "phone"},
        ),
        ("close", people.office, {}),
    )
    for name, cadre, values in way:
        appeal.take(name, by=Actor.of(cadre), now=now, note="已看", **values)


@pytest.mark.django_db
def test_one_click_makes_one_appeal_and_both_pages_lead_to_the_other(client: Client) -> None:
    people = People()
    row = blocked(people)
    client.force_login(people.specialist)
    assert "转为诉求" in client.get(row.get_absolute_url()).content.decode()
    url = reverse("appeals:of_fulfilment", args=(row.pk,))
    there = client.post(url)
    appeal = Appeal.objects.get()
    assert there["Location"] == appeal.get_absolute_url()
    assert (appeal.category.name, appeal.fulfilment, appeal.status) == ("政策兑现", row, "pending")
    assert "社保<系统>里没有'本年'数据=𠮷" in appeal.description
    assert client.post(url)["Location"] == appeal.get_absolute_url()
    assert Appeal.objects.count() == 1
    page = client.get(row.get_absolute_url()).content.decode()
    assert appeal.number in page
    assert "转为诉求" not in page
    assert row.get_absolute_url() in client.get(appeal.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_whoever_may_not_see_the_appeal_is_told_that_there_is_one(client: Client) -> None:
    people = People()
    row = blocked(people)
    appeal = raise_appeal(row, by=people.specialist, now=NOW)
    client.force_login(people.handler)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "堵点已转为诉求" in page
    assert appeal.number not in page


@pytest.mark.django_db
def test_what_is_not_blocked_becomes_no_appeal(client: Client) -> None:
    people = People()
    row = people.at(Status.DECLARED)
    client.force_login(people.specialist)
    done = client.post(reverse("appeals:of_fulfilment", args=(row.pk,)), follow=True)
    assert "没有堵点" in done.content.decode()
    assert Appeal.objects.count() == 0


@pytest.mark.django_db
def test_a_solved_appeal_lifts_the_block_and_tells_those_who_go_on() -> None:
    people = People()
    row = blocked(people)
    appeal = raise_appeal(row, by=people.specialist, now=NOW)
    settle(appeal, people)
    row.refresh_from_db()
    assert (row.block, row.status) == ("", Status.DECLARED)
    event = row.events.last()
    assert (event.step, event.actor_label) == ("unblock", "系统")
    assert event.note == f"诉求 {appeal.number} 已销号，堵点已解决"
    notice = Outbox.objects.get(key=f"fulfilment-event:{event.pk}")
    assert {"cadre": people.specialist.pk} in notice.audience
    assert {"role": "handler", "department": people.department.pk} in notice.audience


@pytest.mark.django_db
def test_an_unsolved_appeal_leaves_the_block_and_room_for_another() -> None:
    people = People()
    row = blocked(people)
    settle(raise_appeal(row, by=people.specialist, now=NOW), people, solved="no")
    row.refresh_from_db()
    assert row.block
    raise_appeal(row, by=people.specialist, now=NOW)
    assert Appeal.objects.count() == 2


@pytest.mark.django_db
def test_what_was_put_in_the_way_since_stays() -> None:
    people = People()
    row = blocked(people)
    appeal = raise_appeal(row, by=people.specialist, now=NOW)
    people.take(row, "block", "specialist", NOW + timedelta(hours=1), block="又要补材料")
    settle(appeal, people)
    row.refresh_from_db()
    assert row.block == "又要补材料"


@pytest.mark.django_db
def test_the_database_keeps_one_open_appeal_for_each_row() -> None:
    people = People()
    row = blocked(people)
    appeal = raise_appeal(row, by=people.specialist, now=NOW)
    appeal.pk = None
    appeal.number = "SQ2"
    with pytest.raises(IntegrityError, match="appeal_open_once_per_fulfilment_if_any"), transaction.atomic():
        appeal.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_get_the_same_appeal() -> None:
    people = People()
    row = blocked(people)
    barrier = Barrier(2)

    def press() -> int:
        barrier.wait()
        try:
            mine = Fulfilment.objects.select_related("enterprise__region", "item__policy").get(pk=row.pk)
            return raise_appeal(mine, by=people.specialist, now=timezone.now()).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: press(), range(2))
    assert first == second
    assert Appeal.objects.count() == 1
