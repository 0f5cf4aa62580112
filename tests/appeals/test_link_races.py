"""Two at once at a signed link: one counts, the other is told; and no tries beyond the limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from appeals import links
from appeals.models import EnterpriseLink, LinkAnswer
from appeals.workflow import Status
from tests.appeals.guests import Case, form_of, fresh
from tests.appeals.pages import signed_in
from workflow.links import TRIES_PER_LINK, Try

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act answers, all begun at the same moment on connections of their own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result(60) for one in [pool.submit(run, act) for act in acts]]


def filled(client: Client, case: Case, act: str = "confirm", **said: str) -> dict[str, Any]:
    page = client.get(case.appeal_page).content.decode()
    usual = {"solved": "yes", "rating": "satisfied"} if act == "confirm" else {"note": "没有解决"}
    return form_of(page, act) | usual | said


@pytest.mark.parametrize("time", range(3))
def test_of_two_phones_at_once_exactly_one_counts_and_the_other_is_told(time: int) -> None:
    case = Case()
    phones = [case.phone(address=f"10.0.0.{number}") for number in (1, 2)]
    forms = [filled(phones[0], case, rating="satisfied"), filled(phones[1], case, rating="fair")]
    answers = together(*(lambda n=n: phones[n].post(case.appeal_page, forms[n]) for n in (0, 1)))
    by_status = {answer.status_code: answer for answer in answers}
    assert set(by_status) == {302, 409}
    assert "已有人通过企业链接确认并评价" in by_status[409].content.decode()
    appeal = fresh(case.appeal)
    assert appeal.events.filter(step="confirm").count() == LinkAnswer.objects.count() == 1
    assert appeal.rating == ("satisfied" if answers[0].status_code == 302 else "fair")


def test_of_two_links_of_one_enterprise_at_once_exactly_one_counts() -> None:
    case = Case()
    token = case.make()[1]
    first, second = case.phone(), Client()
    second.post(f"/e/{token}/", {"digits": "5678"})
    there = f"/e/{token}/appeals/{case.appeal.pk}/"
    forms = filled(first, case), form_of(second.get(there).content.decode(), "dispute") | {"note": "没有解决"}
    answers = together(lambda: first.post(case.appeal_page, forms[0]), lambda: second.post(there, forms[1]))
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert fresh(case.appeal).events.filter(step__in=("confirm", "dispute")).count() == 1


def test_the_same_form_twice_at_the_same_moment_is_one_answer() -> None:
    case = Case()
    phone = case.phone()
    form = filled(phone, case)
    answers = together(*(lambda: phone.post(case.appeal_page, form) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [302] * 3
    assert fresh(case.appeal).events.filter(step="confirm").count() == 1


def test_of_the_enterprise_and_its_specialist_at_once_one_counts() -> None:
    case = Case()
    phone, specialist = case.phone(), signed_in(case.people.specialist)
    form = filled(phone, case, act="dispute")
    proxy = {
        "version": case.appeal.version, "solved": "yes", "rating": "satisfied", "confirmed_by": "王经理",
        "confirmed_how": "phone",
    }  # fmt: skip
    steps = f"/appeals/{case.appeal.pk}/steps/confirm/"
    by_link, by_proxy = together(lambda: phone.post(case.appeal_page, form), lambda: specialist.post(steps, proxy))
    assert (by_link.status_code, by_proxy.status_code) in {(302, 422), (409, 302)}
    assert fresh(case.appeal).events.filter(step__in=("confirm", "dispute")).count() == 1


@pytest.mark.parametrize("time", range(3))
def test_an_answer_is_before_the_revocation_or_not_at_all(time: int) -> None:
    case = Case()
    phone = case.phone()
    form, link = filled(phone, case), case.link
    answer, revoked = together(
        lambda: phone.post(case.appeal_page, form),
        lambda: links.revoke(link, by=case.people.specialist, now=timezone.now()),
    )
    assert revoked
    assert EnterpriseLink.objects.get().revoked_at is not None
    counted = fresh(case.appeal).status == Status.CLOSING
    assert answer.status_code == (302 if counted else 404)


def test_an_answer_waits_for_a_revocation_under_way_and_then_counts_no_more() -> None:
    case = Case()
    phone = case.phone()
    form = filled(phone, case)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            links.revoke(case.link, by=case.people.specialist, now=timezone.now())
            sent = pool.submit(_post_on_its_own_connection, phone, case.appeal_page, form)
            _wait_until_somebody_waits_for_us()
        assert sent.result(60) == 404
    assert fresh(case.appeal).status == Status.CONFIRMING


def _wait_until_somebody_waits_for_us() -> None:
    give_up_at = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < give_up_at
            time.sleep(0.05)


def _post_on_its_own_connection(phone: Client, address: str, form: dict[str, Any]) -> int:
    try:
        return phone.post(address, form).status_code
    finally:
        connections.close_all()


def test_guessing_from_many_places_at_once_gets_no_try_more() -> None:
    case = Case()
    guesses = [Client(REMOTE_ADDR=f"10.7.0.{number}") for number in range(20)]
    together(*(lambda c=client: c.post(case.page, {"digits": "0000"}) for client in guesses))
    assert Try.objects.count() == TRIES_PER_LINK
    case.link.refresh_from_db()
    assert (case.link.locks, case.link.wrong_tries) == (1, 0)
