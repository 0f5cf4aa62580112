"""Two people at once, over two connections: one wins, the other is told what happened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import People

pytestmark = pytest.mark.django_db(transaction=True)


def both_post(cadres: list[Cadre], appeal: Appeal, name: str, data: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Both press the button at the same moment, with the same page before their eyes."""
    together = Barrier(len(cadres))
    clients = [signed_in(cadre) for cadre in cadres]

    def press(number: int) -> tuple[int, str]:
        together.wait(10)
        try:
            sent = {"version": appeal.version, **data[number]}
            response = clients[number].post(f"/appeals/{appeal.pk}/steps/{name}/", sent)
            return response.status_code, response.content.decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(cadres)) as pool:
        return sorted(pool.map(press, range(len(cadres))))


@pytest.mark.parametrize("time", range(3))
def test_of_two_who_sign_one_wins_and_the_other_is_told(time: int) -> None:
    people = People()
    appeal = people.at(Status.ASSIGNED, timezone.now())
    won, lost = both_post([people.handler, people.colleague], appeal, "sign", [{}, {}])
    appeal.refresh_from_db()
    assert (won[0], lost[0]) == (302, 422)
    assert appeal.handler in (people.handler, people.colleague)
    assert f"{appeal.handler}已于" in lost[1]
    assert "办理“签收”，该诉求现为“办理中”，请刷新后再办理。" in lost[1]
    assert appeal.events.filter(step="sign").count() == 1


@pytest.mark.parametrize("time", range(3))
def test_of_two_who_assign_one_wins_and_the_other_keeps_the_words(time: int) -> None:
    people = People()
    second = factories.cadre(Role.OFFICE, name="吴婷")
    others = factories.DepartmentFactory.create(name="市交通局")
    appeal = people.submitted(timezone.now())
    usual = {"triage": "single", "urgency": "ordinary"}
    data = [
        {"lead": people.department.pk, "note": "请人社局办理", **usual},
        {"lead": others.pk, "note": "请交通局办理", **usual},
    ]
    won, lost = both_post([people.office, second], appeal, "assign", data)
    appeal.refresh_from_db()
    event = appeal.events.get(step="assign")
    assert (won[0], lost[0]) == (302, 422)
    assert f"{event.who}已于" in lost[1]
    assert "办理“转办”，该诉求现为“待签收”" in lost[1]
    assert ("请交通局办理" if event.note == "请人社局办理" else "请人社局办理") in lost[1]
    assert (appeal.lead, appeal.rounds.count()) == (people.department if event.cadre == people.office else others, 1)


def test_of_a_signature_and_a_bounce_one_wins() -> None:
    people = People()
    appeal = people.at(Status.ASSIGNED, timezone.now())
    data = {"suggested_lead": factories.DepartmentFactory.create(name="市交通局").pk, "note": "不属本局"}
    together = Barrier(2)

    def press(who: str, name: str, sent: dict[str, Any]) -> int:
        client = signed_in(getattr(people, who))
        together.wait(10)
        try:
            return client.post(f"/appeals/{appeal.pk}/steps/{name}/", sent).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        signed, bounced = pool.submit(press, "handler", "sign", {}), pool.submit(press, "colleague", "bounce", data)
    # Who comes after the bounce may find that the appeal has left the department.
    assert sorted([signed.result(), bounced.result()])[0] == 302
    assert sorted([signed.result(), bounced.result()])[1] in (404, 422)
    assert appeal.events.filter(step__in=("sign", "bounce")).count() == 1


def test_numbers_of_one_day_are_given_once() -> None:
    people = People()
    together = Barrier(4)

    def submit(_: int) -> str:
        together.wait(10)
        try:
            return str(people.submitted(timezone.now()).number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        numbers = sorted(pool.map(submit, range(4)))
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003", "0004"]
