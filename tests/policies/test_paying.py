"""Payments: never more than was approved, never the same voucher twice, also when two come at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from policies import paying
from policies.models import Fulfilment, Payment
from policies.workflow import Status
from tests.policies.people import DUE, NOW, TODAY, People
from workflow.steps import Actor, IllegalStepError


@pytest.fixture
def people(db: None) -> People:
    return People()


def pay(row: Fulfilment, people: People, amount: object = DUE, voucher: str = "2026-001", **values: object) -> Payment:
    told = {"voucher": voucher, "amount": Decimal(str(amount)), "paid_on": TODAY, "now": NOW} | values
    return paying.pay(row, by=Actor.of(people.handler), **told)


def test_what_pays_the_rest_ends_the_row(people: People) -> None:
    row = people.at(Status.PAYING)
    pay(row, people, "40000")
    assert (row.status, row.amount_paid, row.amount_left) == (Status.PAYING, 40000, 60000)
    pay(row, people, "60000", "2026-002")
    row.refresh_from_db()
    assert (row.status, row.amount_paid, row.paid_on) == (Status.PAID, DUE, TODAY)
    assert [event.step for event in row.events.all()][-3:] == ["pay", "pay", "complete"]


def test_more_than_was_approved_is_refused_in_words_and_by_the_database(people: People) -> None:
    row = people.at(Status.PAYING)
    with pytest.raises(IllegalStepError, match=r"还可拨付 100,000.00 元，本次填了 100,000.01 元"):
        pay(row, people, "100000.01")
    with pytest.raises(IllegalStepError, match="还可拨付"):
        pay(row, people, "999999999999.99")
    with pytest.raises(IntegrityError, match="fulfilment_paid_within_approved"), transaction.atomic():
        Payment.objects.create(fulfilment=row, voucher="x", amount=DUE + 1, paid_on=TODAY, recorded_at=NOW)
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_a_payment_is_more_than_nothing(people: People, amount: str) -> None:
    with pytest.raises(IllegalStepError, match="须大于 0"):
        pay(people.at(Status.PAYING), people, amount)


def test_the_same_voucher_twice_is_one_payment(people: People) -> None:
    row, other = people.at(Status.PAYING), people.at(Status.PAYING, period="2025")
    pay(row, people, 10, "v<'=𠮷1")
    for again in (row, other):
        with pytest.raises(IllegalStepError, match=r"凭证号“V<'=𠮷1”已登记过（2026-11-18，10.00 元）"):
            pay(again, people, 10, " V<'=𠮷1 ")
    assert Payment.objects.count() == 1
    row.refresh_from_db()
    assert row.amount_paid == 10


def test_nothing_is_paid_before_it_is_approved(people: People) -> None:
    row = people.at(Status.REVIEWING)
    with pytest.raises(IllegalStepError, match="现为“审核中”"):
        pay(row, people)
    with pytest.raises(IntegrityError, match="is not being paid"), transaction.atomic():
        Payment.objects.create(fulfilment=row, voucher="x", amount=1, paid_on=TODAY, recorded_at=NOW)


def test_nothing_is_paid_tomorrow(people: People) -> None:
    with pytest.raises(IllegalStepError, match="不能晚于今天"):
        pay(people.at(Status.PAYING), people, paid_on=TODAY + timedelta(days=1))


def test_whoever_approved_the_amount_does_not_pay_it(people: People) -> None:
    row = people.at(Status.PAYING)
    with pytest.raises(IllegalStepError, match="核定金额的人不能登记拨付"):
        paying.pay(row, voucher="1", amount=DUE, paid_on=TODAY, by=Actor.of(people.head), now=NOW)


def test_a_voided_payment_is_to_be_paid_again_with_the_same_voucher(people: People) -> None:
    row = people.at(Status.PAYING)
    payment = pay(row, people)
    assert row.status == Status.PAID
    paying.void(payment, reason="户名写错退回", by=Actor.of(people.handler), now=NOW)
    row.refresh_from_db()
    assert (row.status, row.amount_paid, row.paid_on) == (Status.PAYING, 0, None)
    with pytest.raises(IllegalStepError, match="没有拨付"):
        paying.void(payment, reason="再来一次", by=Actor.of(people.handler), now=NOW)
    pay(row, people)
    assert row.payments.valid().count() == 1


def test_a_payment_is_never_changed_or_deleted(people: People) -> None:
    payment = pay(people.at(Status.PAYING), people)
    with pytest.raises(IntegrityError, match="can only be voided"), transaction.atomic():
        Payment.objects.update(amount=1)
    with pytest.raises(Exception, match="Cannot delete"), transaction.atomic():
        payment.delete()


def test_no_more_is_recovered_than_was_paid(people: People) -> None:
    row = people.at(Status.PAYING)
    pay(row, people)
    with pytest.raises(IllegalStepError, match=r"追回金额不能超过已拨付的 100,000.00 元"):
        people.take(row, "recover", "office", amount_recovered=DUE + 1)
    people.take(row, "recover", "office", amount_recovered=DUE)
    assert row.status == Status.RECOVERED


def test_an_amount_of_nothing_can_be_approved_and_completed(people: People) -> None:
    row = people.at(Status.REVIEWING)
    people.take(row, "approve", "head", amount_approved=Decimal(0))
    with pytest.raises(IllegalStepError, match="已全部拨付"):
        pay(row, people, 1)
    people.take(row, "complete", "handler")
    assert (row.status, row.amount_paid) == (Status.PAID, 0)


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_never_pay_too_much() -> None:
    people = People()
    row = people.at(Status.PAYING)
    outcomes = at_once(
        lambda: pay(Fulfilment.objects.get(pk=row.pk), people, "60000", "A"),
        lambda: pay(Fulfilment.objects.get(pk=row.pk), people, "60000", "B"),
    )
    row.refresh_from_db()
    assert (sorted(outcomes), row.amount_paid, Payment.objects.count()) == (["done", "refused"], 60000, 1)


@pytest.mark.django_db(transaction=True)
def test_the_constraint_holds_for_payments_that_are_written_past_the_act() -> None:
    people = People()
    row = people.at(Status.PAYING)

    def write(voucher: str) -> None:
        Payment.objects.create(fulfilment=row, voucher=voucher, amount=60000, paid_on=TODAY, recorded_at=NOW)

    outcomes = at_once(lambda: write("A"), lambda: write("B"))
    row.refresh_from_db()
    assert (sorted(outcomes), row.amount_paid) == (["done", "refused"], 60000)


@pytest.mark.django_db(transaction=True)
def test_one_voucher_at_two_places_at_once_is_one_payment() -> None:
    people = People()
    rows = [people.at(Status.PAYING), people.at(Status.PAYING, period="2025")]
    outcomes = at_once(*(lambda row=row: pay(row, people, 10, "A") for row in rows))
    assert (sorted(outcomes), Payment.objects.count()) == (["done", "refused"], 1)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Start these together, each in a connection of its own: which were done, and which refused."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        barrier.wait()
        try:
            act()
        except (IllegalStepError, IntegrityError):
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize(
    ("amount", "sentence"), [("100000.01", "还可拨付"), ("0", "不能小于"), ("12345678901234", ""), ("很多", "")]
)
def test_the_form_of_a_payment_says_what_is_wrong(people: People, client: Client, amount: str, sentence: str) -> None:
    row = people.at(Status.PAYING)
    client.force_login(people.handler)
    values = {"voucher": "1", "paid_on": TODAY, "version": row.version, "amount": amount}
    response = client.post(f"/fulfilments/{row.pk}/steps/pay/", values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert client.post(f"/fulfilments/{row.pk}/steps/pay/", values | {"amount": "12.5"}).status_code == 302
    assert "12.50" in client.get(row.get_absolute_url()).content.decode()
