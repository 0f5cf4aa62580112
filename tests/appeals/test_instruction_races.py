"""Two at once on one instruction, over two connections; sweeps at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from appeals import escalation
from appeals.demand_workflow import State
from appeals.instructing.acting import INSTRUCTIONS, give
from appeals.models import Escalation, Instruction
from appeals.workflow import Status
from cadres.models import Outbox
from cadres.roles import Role
from tests import factories
from tests.appeals.people import NOW, People
from tests.appeals.test_order_races import together
from workflow.steps import IllegalStepError

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_supervisors_one_judges_and_the_other_is_told() -> None:
    people = People()
    second = factories.cadre(Role.SUPERVISOR, name="吴婷")
    instruction = give(people.at(Status.HANDLING), "请速办", by=people.leader, now=NOW)
    INSTRUCTIONS.answer(instruction, "已研究", by=people.head, now=NOW, version=1)
    seen: dict[str, Any] = {"now": NOW, "version": 2}
    due = instruction.reply_due_at
    answers = together(
        lambda: INSTRUCTIONS.accept(instruction, "", by=people.supervisor, **seen),
        lambda: INSTRUCTIONS.give_back(instruction, "不够", due, by=second, **seen),
    )
    lost = [one for one in answers if isinstance(one, IllegalStepError)]
    assert len(lost) == 1
    assert "请刷新后再办理" in str(lost[0])
    assert instruction.appeal.events.filter(step__in=("instruction_accept", "instruction_return")).count() == 1


def test_the_same_form_twice_at_once_is_one_instruction() -> None:
    people, client_id = People(), uuid4()
    appeal = people.at(Status.HANDLING)
    one = lambda: give(appeal, "请速办", by=people.leader, now=NOW, client_id=client_id)  # noqa: E731
    made = together(one, one)
    assert made[0] == made[1] == Instruction.objects.get()


def test_a_case_is_closed_while_its_instruction_is_answered() -> None:
    people = People()
    appeal = people.at(Status.CLOSING)
    instruction = give(appeal, "请速办", by=people.leader, now=NOW)
    together(
        lambda: people.take(appeal, "close", "office"),
        lambda: INSTRUCTIONS.answer(instruction, "已办", by=people.handler, now=NOW, version=1),
    )
    instruction.refresh_from_db()
    assert instruction.status == State.ENDED


def test_sweeps_at_once_see_each_late_answer_once() -> None:
    people = People()
    made = [give(people.at(Status.HANDLING), "请速办", by=people.leader, now=NOW) for _ in range(8)]
    due = made[0].reply_due_at
    together(*[lambda: escalation.apply_ladder(due)] * 3)
    assert Escalation.objects.filter(trigger="instruction").count() == len(made)
    assert Outbox.objects.filter(subject__contains="批示逾期未反馈").count() == len(made)


def test_an_answer_meets_the_sweep_at_its_date() -> None:
    """Whoever is first: the rung is there, once, and the answer too."""
    people = People()
    instruction = give(people.at(Status.HANDLING), "请速办", by=people.leader, now=NOW)
    due = instruction.reply_due_at
    together(
        lambda: escalation.apply_ladder(due),
        lambda: INSTRUCTIONS.answer(instruction, "已办", by=people.handler, now=due, version=1),
    )
    instruction.refresh_from_db()
    assert instruction.status == State.ANSWERED
    assert Escalation.objects.filter(trigger="instruction").count() == 1
