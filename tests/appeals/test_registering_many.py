"""Several appeals of one enterprise are submitted at once exactly as each would be alone, in few statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from appeals.models import Appeal, Category, Event
from appeals.registration import register, register_all
from cadres.models import Outbox
from cadres.roles import Role
from tests import factories
from workflow.steps import Actor, IllegalStepError
from workflow.worktime import BEIJING

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)
OWN = {"id", "number", "title"}


@pytest.fixture
def enterprise(db: None):
    return factories.EnterpriseFactory.create()


@pytest.fixture
def specialist(enterprise):
    cadre = factories.cadre(Role.SPECIALIST, region=enterprise.region)
    factories.assign(cadre, enterprise)
    return cadre


def fields(title: str, **values: Any) -> dict[str, Any]:
    plain = {"description": "冷库扩容后用电负荷不足，望尽快增容。", "category": Category.objects.first()}
    return {"title": title, **plain, **values}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("urgency", ["ordinary", "critical"])
def test_each_stands_as_if_it_had_been_submitted_alone(enterprise, specialist, urgency):
    alone = register(enterprise, by=specialist, now=NOW, **fields("一", urgency=urgency))
    together = register_all(
        enterprise, [fields("二", urgency=urgency), fields("三", urgency=urgency)], by=specialist, now=NOW
    )
    stored = Appeal.objects.order_by("pk").values()
    same = [{name: value for name, value in row.items() if name not in OWN} for row in stored]
    assert same == [same[0]] * 3
    assert [row["number"][-4:] for row in stored] == ["0001", "0002", "0003"]
    events = Event.objects.order_by("pk").values(
        "step", "before", "after", "actor_kind", "cadre", "at", "note", "changes"
    )
    assert list(events) == [events[0]] * 3
    notices = [
        (row.subject, row.body.split()[1], row.audience, row.actor, row.url) for row in Outbox.objects.order_by("pk")
    ]
    assert notices == [
        (f"请受理新诉求：{one.title}", enterprise.name, notices[0][2], specialist, one.get_absolute_url())
        for one in (alone, *together)
    ]
    together[0].take("withdraw", by=Actor.of(specialist), now=NOW, note="企业已自行解决")


def test_one_that_lacks_something_keeps_all_out(enterprise, specialist):
    with pytest.raises(IllegalStepError, match="描述至少 10 个字"):
        register_all(enterprise, [fields("好的"), fields("坏的", description="短")], by=specialist, now=NOW)
    assert not Appeal.objects.exists()


def test_who_may_not_submit_registers_none(enterprise):
    with pytest.raises(IllegalStepError, match="你的角色不能办理"):
        register_all(enterprise, [fields("一")], by=factories.cadre(Role.HANDLER), now=NOW)


def test_twenty_take_hardly_more_statements_than_two(enterprise, specialist):
    def count(number: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            register_all(enterprise, [fields(str(one)) for one in range(number)], by=specialist, now=NOW)
        taken = [one for one in queries.captured_queries if "appeals_category" not in one["sql"]]
        return len(taken) - number  # the running numbers

    count(1)
    assert count(20) == count(2)


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_what_begins_as_submitted_without_its_event(enterprise, specialist):
    draft = register(enterprise, by=specialist, now=NOW, submit=False, **fields("草稿"))
    draft.pk, draft.number, draft.status = None, "SQ1", "pending"
    with pytest.raises(IntegrityError, match="without an event"), transaction.atomic():
        draft.save(force_insert=True)
