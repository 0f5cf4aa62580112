"""What a cadre was told: exactly once, about others' acts, and only to them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cadres import audience, delivery, notices
from cadres.models import Cadre, Message, Outbox
from cadres.roles import Role
from tests import factories


def tell(key: str, *people: audience.Target, **fields: Any) -> None:
    notices.tell(key, list(people), "请签收：招工难<b>'=𠮷", now=timezone.now(), **fields)


@pytest.mark.django_db
def test_a_notice_reaches_those_it_is_for_once_however_often_it_is_told_and_delivered() -> None:
    handler = factories.cadre(Role.HANDLER)
    for _ in range(2):
        tell("k", audience.cadre(handler.pk), audience.of_department(Role.HANDLER, handler.department_id))
        delivery.deliver_waiting(timezone.now())
    assert [message.recipient for message in Message.objects.all()] == [handler]


@pytest.mark.django_db
def test_nobody_is_told_about_their_own_act() -> None:
    actor = factories.cadre(Role.OFFICE)
    other = factories.cadre(Role.OFFICE, department=actor.department)
    tell("k", audience.of_region(Role.OFFICE, actor.department.region_id), actor=actor)
    delivery.deliver_waiting(timezone.now())
    assert [message.recipient for message in Message.objects.all()] == [other]


@pytest.mark.django_db
def test_a_role_that_nobody_holds_falls_to_the_region_above() -> None:
    city_office = factories.cadre(Role.OFFICE)
    assert audience.resolve([audience.of_region(Role.OFFICE, factories.district().pk)]) == {city_office.pk}


@pytest.mark.django_db
def test_a_department_without_a_handler_falls_to_its_head_and_then_to_the_office() -> None:
    office = factories.cadre(Role.OFFICE)
    department = factories.DepartmentFactory.create()
    target = [audience.of_department(Role.HANDLER, department.pk)]
    assert audience.resolve(target) == {office.pk}
    head = factories.cadre(Role.HEAD, department=department)
    assert audience.resolve(target) == {head.pk}


@pytest.mark.django_db
def test_a_batch_takes_as_many_queries_for_twenty_notices_as_for_two() -> None:
    department = factories.cadre(Role.HANDLER).department
    assert department is not None
    assert queries_of_delivering(2, department.pk) == queries_of_delivering(20, department.pk)
    assert Message.objects.count() == 22


def queries_of_delivering(count: int, department: int) -> int:
    for number in range(count):
        tell(f"{count}-{number}", audience.of_department(Role.HANDLER, department))
    with CaptureQueriesContext(connection) as captured:
        delivery.deliver_waiting(timezone.now())
    return len(captured)


@pytest.mark.django_db
def test_somebody_who_is_no_longer_active_is_not_told() -> None:
    handler = factories.cadre(Role.HANDLER, is_active=False)
    assert audience.resolve([audience.cadre(handler.pk)]) == set()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_deliver_each_notice_once() -> None:
    handler = factories.cadre(Role.HANDLER)
    for number in range(300):
        tell(f"k{number}", audience.cadre(handler.pk))
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        delivery.deliver_waiting(timezone.now())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Message.objects.count() == 300
    assert not Outbox.objects.waiting().exists()


def inbox_of(client: Client, cadre: Cadre, **query: str) -> str:
    client.force_login(cadre)
    return client.get("/inbox/", query).content.decode()


@pytest.mark.django_db
def test_the_inbox_shows_ones_own_messages_with_their_text_escaped(client: Client) -> None:
    mine, other = factories.cadre(Role.HANDLER), factories.cadre(Role.HANDLER)
    tell("k", audience.cadre(mine.pk))
    delivery.deliver_waiting(timezone.now())
    assert "请签收：招工难&lt;b&gt;&#x27;=𠮷" in inbox_of(client, mine)
    assert "没有消息" in inbox_of(client, other)


@pytest.mark.django_db
def test_opening_a_message_marks_it_read_and_leads_to_its_subject(client: Client) -> None:
    mine = factories.cadre(Role.HANDLER)
    tell("k", audience.cadre(mine.pk), url="/appeals/")
    delivery.deliver_waiting(timezone.now())
    message = Message.objects.get()
    client.force_login(mine)
    assert client.get(f"/inbox/{message.pk}/").headers["Location"] == "/appeals/"
    message.refresh_from_db()
    assert message.read_at is not None


@pytest.mark.django_db
def test_somebody_elses_message_is_not_found(client: Client) -> None:
    mine, other = factories.cadre(Role.HANDLER), factories.cadre(Role.HANDLER)
    tell("k", audience.cadre(mine.pk))
    delivery.deliver_waiting(timezone.now())
    client.force_login(other)
    assert client.get(f"/inbox/{Message.objects.get().pk}/").status_code == 404


@pytest.mark.django_db
def test_all_are_marked_read_at_once(client: Client) -> None:
    mine, other = factories.cadre(Role.HANDLER), factories.cadre(Role.HANDLER)
    for number in range(3):
        tell(f"k{number}", audience.cadre(mine.pk), audience.cadre(other.pk))
    delivery.deliver_waiting(timezone.now())
    client.force_login(mine)
    client.post("/inbox/read/")
    assert not Message.objects.visible_to(mine).unread().exists()
    assert Message.objects.visible_to(other).unread().count() == 3


@pytest.mark.django_db
def test_the_inbox_asks_as_many_questions_for_twenty_messages_as_for_two(
    client: Client, django_assert_num_queries: Any
) -> None:
    mine = factories.cadre(Role.HANDLER)
    client.force_login(mine)
    counts = []
    for total in (2, 20):
        for number in range(total):
            tell(f"k{total}:{number}", audience.cadre(mine.pk))
        delivery.deliver_waiting(timezone.now())
        with django_assert_num_queries(1000, exact=False) as captured:
            assert client.get("/inbox/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{"status": "x"}, {"from": "昨天"}, {"page": "0"}, {"nonsense": "1"}])
def test_an_unknown_filter_is_a_sentence_and_shows_no_rows(client: Client, query: dict[str, str]) -> None:
    mine = factories.cadre(Role.HANDLER)
    tell("k", audience.cadre(mine.pk))
    delivery.deliver_waiting(timezone.now())
    assert "请签收" not in inbox_of(client, mine, **query)
