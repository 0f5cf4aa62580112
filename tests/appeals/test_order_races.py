"""Two at once on one order, over two connections; sweeps at once; ladders that stood before there were orders."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connections
from django.utils import timezone

from appeals import escalation
from appeals.demand_workflow import State
from appeals.models import Escalation, Order
from appeals.supervising import acting, sweeping
from appeals.supervising.acting import ORDERS
from appeals.workflow import Status
from cadres.models import Outbox
from cadres.roles import Role
from tests import factories
from tests.appeals.people import NOW, People
from tests.appeals.test_sweep import LATE
from workflow.models import Rung
from workflow.steps import IllegalStepError

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each of them answers, or the error that it raises, where all begin at the same moment."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        ready.wait(10)
        try:
            return act()
        except IllegalStepError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize("time", range(3))
def test_of_two_supervisors_one_issues_and_the_other_is_told(time: int) -> None:
    people = People()
    second = factories.cadre(Role.SUPERVISOR, name="吴婷")
    appeal = people.at(Status.HANDLING)

    def issue(who: Any) -> Callable[[], Order]:
        return lambda: acting.issue(appeal, "yellow", "请报", by=who, now=NOW)

    answers = together(issue(people.supervisor), issue(second))
    assert sum(isinstance(one, Order) for one in answers) == 1
    lost = next(one for one in answers if isinstance(one, IllegalStepError))
    assert "已有督办单（黄）" in str(lost)
    assert Order.objects.count() == appeal.events.filter(step="order").count() == 1


def test_the_same_form_twice_at_once_is_one_order() -> None:
    people, client_id = People(), uuid4()
    appeal = people.at(Status.HANDLING)
    one = lambda: acting.issue(appeal, "red", "请报", by=people.supervisor, now=NOW, client_id=client_id)  # noqa: E731
    made = together(one, one)
    assert made[0] == made[1] == Order.objects.get()


def test_an_answer_meets_the_revocation_of_its_order() -> None:
    people = People()
    order = acting.issue(people.at(Status.HANDLING), "blue", "请报", by=people.supervisor, now=NOW)
    seen: dict[str, Any] = {"now": NOW, "version": order.version}
    answers = together(
        lambda: ORDERS.answer(order, "已办", by=people.handler, **seen),
        lambda: ORDERS.revoke(order, "不再督办", by=people.supervisor, **seen),
    )
    order.refresh_from_db()
    lost = [one for one in answers if isinstance(one, IllegalStepError)]
    assert len(lost) == 1
    assert order.status in {State.ANSWERED, State.REVOKED}
    assert order.appeal.events.filter(step__startswith="order_").count() == 1


def test_two_sweeps_at_once_draw_each_order_once() -> None:
    people = People()
    appeals = [people.at(Status.HANDLING) for _ in range(12)]

    def sweep() -> int:
        escalation.apply_ladder(LATE)
        return sweeping.raise_unanswered(LATE)

    together(sweep, sweep, sweep)
    together(sweep, sweep)
    assert Order.objects.count() == len(appeals) == Order.objects.values("escalation").distinct().count()
    assert len(set(Order.objects.values_list("number", flat=True))) == len(appeals)
    assert Outbox.objects.filter(key__startswith="order:").count() == len(appeals)
    later = max(order.reply_due_at for order in Order.objects.all())
    assert sum(together(*[lambda: sweeping.raise_unanswered(later)] * 3)) == len(appeals)
    assert Escalation.objects.count() == 4 * len(appeals)


def test_a_case_is_closed_while_its_order_is_answered() -> None:
    people = People()
    appeal = people.at(Status.CLOSING, timezone.now())
    order = acting.issue(appeal, "blue", "请报", by=people.supervisor, now=timezone.now())
    together(
        lambda: people.take(appeal, "close", "office", timezone.now()),
        lambda: ORDERS.answer(order, "已办", by=people.handler, now=timezone.now(), version=order.version),
    )
    order.refresh_from_db()
    assert order.status == State.ENDED


def test_a_ladder_that_stands_already_gets_its_colours_once() -> None:
    colour = import_module("workflow.migrations.0007_default_colours").colour
    seeded = dict(Rung.objects.filter(trigger="overdue").values_list("pk", "draws"))
    assert sorted(seeded.values()) == ["", "", "red", "red", "yellow", "yellow"]
    Rung.objects.update(draws="")
    colour(apps, None)
    assert dict(Rung.objects.filter(trigger="overdue").values_list("pk", "draws")) == seeded
