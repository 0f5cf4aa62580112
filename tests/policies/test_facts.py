"""Policy facts of a visit: each becomes what the ledger can hold, and a repetition changes nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policies import facts, periods
from policies.facts import Fact, FactKind
from policies.models import Event, Fulfilment
from policies.workflow import Status
from tests.policies.people import NOW, TODAY, People
from workflow.steps import IllegalStepError

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


def tell(people: People, *found: Fact, on: date = TODAY) -> list[Fulfilment]:
    return facts.record(people.enterprise, found, by=people.specialist, on=on, now=NOW)


def test_each_fact_is_written_down_once(people: People) -> None:
    found = [
        Fact(people.item, "2026", FactKind.HEARD),
        Fact(people.item, "2026", FactKind.DECLARED, "网上申报"),
        Fact(people.item, "2026", FactKind.BLOCKED, "系统里没有本年数据"),
        Fact(people.right, "2026", FactKind.RECEIVED),
    ]
    tell(people, *found)
    once = Event.objects.count()
    row, right = Fulfilment.objects.get(item=people.item), Fulfilment.objects.get(item=people.right)
    assert (row.status, row.heard_on, row.declared_on) == (Status.DECLARED, TODAY, TODAY)
    assert row.block == "系统里没有本年数据"
    assert (right.status, right.enjoyed_on) == (Status.ENJOYED, TODAY)
    tell(people, *found)
    assert Event.objects.count() == once


def test_money_that_is_said_to_have_come_is_noted_and_not_booked(people: People) -> None:
    row = people.at(Status.PAYING)
    tell(people, Fact(people.item, "2026", FactKind.RECEIVED, "说收到10万"))
    row.refresh_from_db()
    assert (row.status, row.received_on, row.amount_paid) == (Status.PAYING, TODAY, 0)


def test_a_block_without_words_writes_nothing(people: People) -> None:
    with pytest.raises(IllegalStepError, match="请写明卡在哪里"):
        tell(people, Fact(people.item, "2026", FactKind.HEARD), Fact(people.right, "2026", FactKind.BLOCKED))
    assert Fulfilment.objects.count() == 0


def test_what_can_no_longer_be_is_refused_in_words(people: People) -> None:
    people.take(people.at(Status.ENTITLED), "waive", "specialist")
    with pytest.raises(IllegalStepError, match="现为“放弃”"):
        tell(people, Fact(people.item, "2026", FactKind.DECLARED))
    people.item.closes_on = TODAY - timedelta(days=1)
    people.item.save()
    with pytest.raises(IllegalStepError, match="已于 2026-11-17 截止"):
        tell(people, Fact(people.item, "2025", FactKind.DECLARED))


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("2026", "2026", "2026年"),
        ("2026年度", "2026", "2026年"),
        ("２０２６年上半年", "2026H1", "2026年上半年"),
        ("2026q3", "2026Q3", "2026年第3季度"),
        ("2026年第三季度", "2026Q3", "2026年第3季度"),
        ("2026-1", "2026-01", "2026年1月"),
        ("2026年12月", "2026-12", "2026年12月"),
    ],
)
def test_a_period_is_stored_in_one_way(typed: str, stored: str, shown: str) -> None:
    assert (periods.parse(typed), periods.words(stored)) == (stored, shown)


@pytest.mark.parametrize("typed", ["", "去年", "2026-13", "2026Q5", "26", "2026H3", "3026", "2026<b>"])
def test_what_is_no_period_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="不是期次"):
        periods.parse(typed)
