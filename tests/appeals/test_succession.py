"""A department that ends passes its open appeals to its successor, on the day, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from appeals import succession
from appeals.models import Appeal
from cadres.models import Cadre, Department, Outbox
from cadres.roles import Role
from enterprises.models import Access
from tests import factories
from workflow.steps import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def old() -> Department:
    unit = factories.DepartmentFactory.create(name="市经信委", region=factories.city())
    factories.cadre(Role.HANDLER, department=unit)
    return unit


@pytest.fixture
def new() -> Department:
    unit = factories.DepartmentFactory.create(name="市工信局", region=factories.city())
    factories.cadre(Role.HEAD, department=unit)
    return unit


def led_by(unit: Department, **fields: object) -> Appeal:
    now = timezone.now()
    appeal = factories.appeal(now=now)
    office = factories.cadre(Role.OFFICE, region=appeal.region)
    appeal.take("assign", by=Actor.of(office), now=now, lead=unit, triage="single", urgency="ordinary", **fields)
    return appeal


def end(old: Department, new: Department, *, in_days: int = 0) -> None:
    day = timezone.localdate() + timedelta(days=in_days)
    Department.objects.filter(pk=old.pk).update(valid_until=day, successor=new)


def test_open_appeals_pass_on_the_day_once(old: Department, new: Department) -> None:
    appeal, due = led_by(old), None
    due = appeal.due_at
    handler = Cadre.objects.holding(Role.HANDLER).get(department=old)
    appeal.take("sign", by=Actor.of(handler), now=timezone.now())
    end(old, new)
    assert [succession.pass_on(timezone.now()) for _ in range(2)] == [1, 0]
    appeal.refresh_from_db()
    assert (appeal.lead, appeal.handler, appeal.due_at) == (new, None, due)
    event = appeal.events.get(step="succeed")
    assert event.changes == {"lead": ["市经信委", "市工信局"]}
    assert Access.objects.get(enterprise=appeal.enterprise, reason=f"appeal:{appeal.pk}").department == new
    assert Outbox.objects.filter(key=f"succeed:{old.pk}:{new.pk}").count() == 1


def test_nothing_passes_before_the_day(old: Department, new: Department) -> None:
    appeal = led_by(old)
    end(old, new, in_days=1)
    assert succession.pass_on(timezone.now()) == 0
    appeal.refresh_from_db()
    assert appeal.lead == old
    assert succession.pass_on(timezone.now() + timedelta(days=1)) == 1


def test_a_handler_who_came_along_goes_on(old: Department, new: Department) -> None:
    appeal = led_by(old)
    handler = Cadre.objects.holding(Role.HANDLER).get(department=old)
    appeal.take("sign", by=Actor.of(handler), now=timezone.now())
    Cadre.objects.filter(pk=handler.pk).update(department=new)
    end(old, new)
    succession.pass_on(timezone.now())
    appeal.refresh_from_db()
    assert appeal.handler == handler


def test_what_has_ended_keeps_the_old_name(old: Department, new: Department) -> None:
    appeal = led_by(old)
    specialist = appeal.registered_by
    appeal.take("withdraw", by=Actor.of(specialist), now=timezone.now(), note="企业已自行解决")
    end(old, new)
    assert succession.pass_on(timezone.now()) == 0
    appeal.refresh_from_db()
    assert appeal.lead == old


def test_a_chain_of_successors_leads_to_the_last(old: Department, new: Department) -> None:
    last = factories.DepartmentFactory.create(name="市产业局", region=factories.city())
    appeal = led_by(old)
    end(old, new)
    end(new, last)
    succession.pass_on(timezone.now())
    appeal.refresh_from_db()
    assert appeal.lead == last


def test_departments_that_name_each_other_pass_nothing_round_and_round(old: Department, new: Department) -> None:
    appeal = led_by(old)
    end(old, new)
    end(new, old)
    assert succession.pass_on(timezone.now()) == 0
    appeal.refresh_from_db()
    assert appeal.lead == old


def test_who_only_helped_is_followed_too(old: Department, new: Department) -> None:
    lead = factories.DepartmentFactory.create(region=factories.city())
    one, both = led_by(lead, co_departments=[old]), led_by(lead, co_departments=[old, new])
    end(old, new)
    succession.pass_on(timezone.now())
    assert list(one.co_departments.all()) == [new]
    assert list(both.co_departments.all()) == [new]
