"""Windows that close: one reminder, one end, however often and by however many it is looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cadres.models import Outbox
from policies import windows
from policies.models import Event, Fulfilment
from policies.workflow import Status
from tests import factories
from tests.policies.people import NOW, TODAY, People

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


def closing(people: People, days: int, status: Status = Status.ENTITLED, period: str = "2026") -> Fulfilment:
    row = people.at(status, period=period)
    Fulfilment.objects.filter(pk=row.pk).update(closes_on=TODAY + timedelta(days=days))
    return row


def test_what_nobody_applied_for_ends_the_day_after_and_once(people: People) -> None:
    row = closing(people, -1)
    assert windows.sweep(NOW) == (1, 0)
    assert windows.sweep(NOW) == (0, 0)
    row.refresh_from_db()
    assert row.status == Status.LAPSED
    event = Event.objects.get(fulfilment=row, step="lapse")
    assert (event.actor_label, event.before, event.note) == ("系统", "entitled", "申报于 2026-11-17 截止")


def test_on_the_last_day_and_without_one_nothing_ends(people: People) -> None:
    closing(people, 0)
    Fulfilment.objects.filter(pk=people.row(period="2025").pk).update(closes_on=None)
    assert windows.sweep(NOW)[0] == 0


def test_what_was_applied_for_goes_on_after_the_window(people: People) -> None:
    closing(people, -1, Status.DECLARED)
    assert windows.sweep(NOW) == (0, 0)


def test_many_end_with_few_queries(people: People, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        closing(people, -1, period=f"{2000 + number}")
    with django_assert_max_num_queries(20):
        assert windows.sweep(NOW)[0] == 12


def test_the_specialist_is_reminded_once_of_all_enterprises(people: People) -> None:
    closing(people, 3)
    second = factories.EnterpriseFactory.create(name="惠民<厂>", region=people.enterprise.region)
    factories.assign(people.specialist, second)
    people.enterprise = second
    closing(people, 3)
    assert windows.sweep(NOW) == (0, 2)
    assert windows.sweep(NOW + timedelta(days=1)) == (0, 0)
    notice = Outbox.objects.get(key__startswith="closing:")
    assert notice.subject == "申报即将截止（2026-11-21）：失业保险稳岗返还"
    assert notice.body.startswith("2 家企业还没有申报：")
    assert notice.audience == [{"cadre": people.specialist.pk}]


def test_without_a_specialist_the_office_is_reminded(people: People) -> None:
    people.enterprise = factories.EnterpriseFactory.create(region=people.enterprise.region)
    row = people.row()
    Fulfilment.objects.filter(pk=row.pk).update(closes_on=TODAY)
    windows.sweep(NOW)
    notice = Outbox.objects.get(key__startswith="closing:")
    assert notice.audience == [{"role": "office", "region": row.region_id}]


def test_a_week_before_is_soon_enough(people: People) -> None:
    closing(people, 8)
    assert windows.sweep(NOW) == (0, 0)
    assert windows.sweep(NOW + timedelta(days=1)) == (0, 1)
