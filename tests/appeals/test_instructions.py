"""Leaders' instructions: given, entered, answered, judged, revoked; late once for each date; mails by day alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, transaction

from appeals import escalation, succession
from appeals.bulk import reassign_all
from appeals.demand_workflow import State
from appeals.demanding.recording import events_of
from appeals.instructing.acting import INSTRUCTIONS, Paper, give
from appeals.models import Appeal, Escalation, Instruction
from appeals.workflow import Status
from cadres import delivery
from cadres.models import Cadre, Department, Message, Outbox
from cadres.roles import Role
from cadres.uploads import DOCUMENTS, Checked, check
from tests import factories
from tests.appeals.people import NOW, People
from tests.cadres.deputies import capacity
from tests.uploads import jpeg, uploaded
from workflow.models import Rung
from workflow.steps import IllegalStepError
from workflow.worktime import BEIJING

DEMAND = "请主要负责人牵头，三日内拿出办法"


def at(month: int, day: int, hour: int = 18, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


# Three working days after NOW, a Wednesday.
DUE = at(11, 23)


def given(people: People, appeal: Appeal | None = None, **values: Any) -> Instruction:
    values = {"by": people.leader, "now": NOW} | values
    return give(appeal or people.at(Status.HANDLING), DEMAND, **values)


def answered(instruction: Instruction, people: People, now: datetime = NOW) -> Instruction:
    return INSTRUCTIONS.answer(instruction, "已研究", by=people.head, now=now, version=instruction.version)


def given_back(instruction: Instruction, people: People, due: datetime) -> Instruction:
    seen = {"by": people.supervisor, "now": NOW, "version": instruction.version}
    return INSTRUCTIONS.give_back(answered(instruction, people), "没有时间表", due, **(seen | {"version": 2}))


def scan() -> Checked:
    return check(uploaded(jpeg()), DOCUMENTS)


def paper(leader: Cadre) -> Paper:
    return Paper(leader, date(2026, 11, 17), scan())


def with_co_department(people: People) -> tuple[Appeal, Department]:
    other = factories.DepartmentFactory.create(name="市交通局")
    return people.at(Status.HANDLING, co_departments=[other]), other


# --- given and entered --------------------------------------------------------------------------------------------


def test_a_leader_instructs_the_department_that_has_the_case(people: People) -> None:
    instruction = given(people)
    appeal = instruction.appeal
    assert instruction.number == f"PS{appeal.region.short_code}202611180001"
    assert (instruction.department, instruction.answering) == (people.department, people.department)
    assert (instruction.leader, instruction.entered_by, instruction.instructed_on) == (people.leader, None, NOW.date())
    assert (instruction.status, instruction.reply_due_at) == (State.AWAITING, DUE)
    event = appeal.events.get(step="instruction")
    assert (event.who, event.before, event.after, event.note) == (people.leader.name, "handling", "handling", DEMAND)
    assert event.changes == {
        "instruction": ["", instruction.number],
        "answering": ["", "市人社局"],
        "reply_due_at": ["", "2026-11-23 18:00"],
    }
    assert list(Appeal.objects.supervised_by(people.leader)) == [appeal]


def test_a_critical_case_is_answered_by_the_clock_and_a_date_of_ones_own_goes_first(people: People) -> None:
    assert given(people, people.at(Status.HANDLING, urgency="critical")).reply_due_at == NOW + timedelta(hours=4)
    assert given(people, reply_due_at=at(12, 1)).reply_due_at == at(12, 1)


def test_the_office_enters_what_a_leader_wrote_on_paper(people: People) -> None:
    instruction = Instruction.objects.get(pk=given(people, by=people.office, paper=paper(people.leader)).pk)
    assert (instruction.leader, instruction.entered_by) == (people.leader, people.office)
    assert instruction.instructed_on == date(2026, 11, 17)
    assert instruction.scan
    assert instruction.scan.given_with == "instruction"
    event = instruction.appeal.events.get(step="instruction")
    assert event.who == "钱志远"
    assert event.changes["leader"] == ["", people.leader.name]
    told = Outbox.objects.get(key=f"instruction:{event.pk}:leader")
    assert told.audience == [{"cadre": people.leader.pk}]
    assert told.subject.startswith("已代录你的批示")


def test_what_is_entered_has_its_scan_and_a_leader_of_the_place(people: People) -> None:
    with pytest.raises(IllegalStepError, match="须附批示件"):
        given(people, by=people.office)
    elsewhere = factories.cadre(Role.LEADER, region=factories.district(9))
    with pytest.raises(IllegalStepError, match="不是该诉求所在辖区的领导"):
        given(people, by=people.office, paper=paper(elsewhere))
    with pytest.raises(IllegalStepError, match="不是该诉求所在辖区的领导"):
        given(people, by=people.office, paper=paper(people.supervisor))
    with pytest.raises(IllegalStepError, match="不用代录"):
        given(people, paper=paper(people.leader))
    assert not Instruction.objects.exists()


@pytest.mark.parametrize("who", ["supervisor", "handler", "head", "specialist", "stranger"])
def test_nobody_else_instructs(people: People, who: str) -> None:
    with pytest.raises(IllegalStepError):
        given(people, by=getattr(people, who))


def test_a_leader_elsewhere_does_not_instruct_and_an_ended_case_gets_none(people: People) -> None:
    elsewhere = factories.cadre(Role.LEADER, region=factories.district(9))
    with pytest.raises(IllegalStepError, match="辖区"):
        given(people, by=elsewhere)
    with pytest.raises(IllegalStepError, match="已销号"):
        given(people, people.at(Status.CLOSED))


def test_a_deputy_instructs_for_the_leader_and_both_are_kept(people: People) -> None:
    deputy = factories.cadre(Role.HEAD, name="张三")
    instruction = given(people, by=capacity(people.leader, deputy))
    kept = Instruction.objects.select_related("leader", "leader_deputy").get()
    assert (kept.leader_id, kept.leader_deputy_id) == (people.leader.pk, deputy.pk)
    assert str(kept.leader) == f"张三（代{people.leader.name}）"
    assert instruction.appeal.events.get(step="instruction").who == str(kept.leader)


def test_the_same_form_sent_twice_is_one_instruction(people: People) -> None:
    appeal, client_id = people.at(Status.HANDLING), uuid4()
    first, second = (given(people, appeal, client_id=client_id) for _ in range(2))
    assert first == second
    assert Instruction.objects.count() == appeal.events.filter(step="instruction").count() == 1


# --- answered and judged ------------------------------------------------------------------------------------------


def test_an_instruction_is_answered_and_accepted_by_the_supervisor(people: People) -> None:
    instruction = given(people)
    for who in (people.handler, people.head):
        assert list(Instruction.objects.awaiting(who)) == [instruction]
    assert not Instruction.objects.awaiting(people.supervisor).exists()
    instruction = answered(instruction, people)
    assert list(Instruction.objects.awaiting(people.supervisor)) == [instruction]
    assert INSTRUCTIONS.offered(people.supervisor, instruction) == ["accept", "return", "revoke"]
    assert INSTRUCTIONS.offered(people.leader, instruction) == ["revoke"]
    ended = INSTRUCTIONS.accept(instruction, "可行", by=people.supervisor, now=NOW, version=instruction.version)
    assert (ended.status, ended.ended_at) == (State.ACCEPTED, NOW)
    steps = [event.step for event in events_of(ended)]
    assert steps == ["instruction", "instruction_answer", "instruction_accept"]


def test_each_is_told_and_nobody_of_their_own_act(people: People) -> None:
    instruction = answered(given(people), people)
    INSTRUCTIONS.accept(instruction, "", by=people.supervisor, now=NOW, version=instruction.version)
    department, region = people.department.pk, instruction.appeal.region_id
    answering = [
        {"role": "head", "department": department},
        {"cadre": people.handler.pk, "role": "handler", "department": department},
    ]
    supervisors, leader = {"role": "supervisor", "region": region}, {"cadre": people.leader.pk}
    rows = Outbox.objects.filter(key__startswith="instruction:").order_by("pk")
    assert [(row.subject.partition("：")[0], row.audience, row.actor) for row in rows] == [
        ("领导批示，请办理并反馈", answering, people.leader),
        ("领导作出批示，请跟踪督办", [supervisors], people.leader),
        ("批示已反馈，请认可或退回", [supervisors], people.head),
        ("你的批示已有反馈", [leader], people.head),
        ("批示反馈已认可", [*answering, leader], people.supervisor),
    ]


def test_only_the_department_that_owes_it_answers_and_a_supervisor_judges(people: People) -> None:
    instruction = given(people)
    stranger = factories.cadre(Role.HANDLER, department=factories.DepartmentFactory.create())
    for who in (stranger, people.supervisor, people.leader, people.office):
        with pytest.raises(IllegalStepError):
            INSTRUCTIONS.answer(instruction, "已办", by=who, now=NOW, version=instruction.version)
    instruction = answered(instruction, people)
    for who in (people.leader, people.office, people.head, people.handler):
        with pytest.raises(IllegalStepError):
            INSTRUCTIONS.accept(instruction, "", by=who, now=NOW, version=instruction.version)


def test_the_leader_the_office_that_entered_it_and_the_supervisor_revoke_and_nobody_else(people: People) -> None:
    other = factories.cadre(Role.LEADER)
    for who in (people.leader, people.office, people.supervisor):
        instruction = given(people, by=people.office, paper=paper(people.leader))
        for stranger in (other, people.head, factories.cadre(Role.OFFICE)):
            with pytest.raises(IllegalStepError, match="撤销"):
                INSTRUCTIONS.revoke(instruction, "录错", by=stranger, now=NOW, version=1)
        revoked = INSTRUCTIONS.revoke(instruction, "录错", by=who, now=NOW, version=1)
        assert revoked.status == State.REVOKED
        assert events_of(revoked)[-1].note == "录错"


def test_who_comes_second_is_told_who_was_first(people: People) -> None:
    instruction = given(people)
    answered(instruction, people)
    with pytest.raises(IllegalStepError, match="李局长已于 11-18 10:00 办理“反馈批示”，该批示现为“已反馈”"):
        INSTRUCTIONS.answer(instruction, "又办", by=people.handler, now=NOW, version=1)


# --- nobody answers -----------------------------------------------------------------------------------------------


def rungs(appeal: Appeal) -> list[tuple[int, int]]:
    found = appeal.escalations.filter(trigger="instruction").order_by("pk")
    return list(found.values_list("level", "occurrence"))


def test_a_date_without_an_answer_is_a_rung_of_its_own_exactly_once(people: People) -> None:
    instruction = given(people)
    appeal = instruction.appeal
    escalation.apply_ladder(DUE - timedelta(seconds=1))
    assert rungs(appeal) == []
    for _ in range(2):
        escalation.apply_ladder(DUE)
    escalation.apply_ladder(DUE + timedelta(days=30))
    assert rungs(appeal) == [(1, 0)]
    rung = appeal.escalations.get(trigger="instruction")
    assert (rung.subject, rung.due_at, rung.notified) == (instruction.pk, DUE, True)
    told = Outbox.objects.get(key__startswith=f"escalation:{appeal.pk}:instruction")
    assert told.subject.startswith("一级督办（批示逾期未反馈）")
    assert told.audience == [
        {"role": "head", "department": people.department.pk},
        {"role": "supervisor", "region": appeal.region_id},
    ]


def test_it_is_seen_whatever_the_case_waits_for(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    given(people, appeal)
    escalation.apply_ladder(DUE)
    assert rungs(appeal) == [(1, 0)]
    appeal.refresh_from_db()
    assert appeal.level == 1


def test_an_answer_in_time_is_no_rung_and_a_returned_one_may_be_late_anew(people: People) -> None:
    instruction = given_back(given(people), people, at(11, 25))
    escalation.apply_ladder(DUE)
    assert rungs(instruction.appeal) == []
    escalation.apply_ladder(at(11, 25))
    assert rungs(instruction.appeal) == [(1, 1)]


def test_each_date_of_one_instruction_counts(people: People) -> None:
    instruction = given(people)
    escalation.apply_ladder(DUE)
    late = answered(instruction, people, DUE + timedelta(hours=15))
    seen = {"by": people.supervisor, "now": at(11, 24, 10), "version": late.version}
    INSTRUCTIONS.give_back(late, "没有时间表", at(11, 26), **seen)
    escalation.apply_ladder(at(11, 27))
    assert rungs(instruction.appeal) == [(1, 0), (1, 1)]


def test_what_was_late_before_the_answer_is_a_rung_though_no_sweep_ran(people: People) -> None:
    instruction = given(people)
    answered(instruction, people, DUE + timedelta(minutes=1))
    assert rungs(instruction.appeal) == [(1, 0)]


def test_a_new_round_of_the_case_does_not_repeat_it(people: People) -> None:
    instruction = given(people)
    escalation.apply_ladder(DUE)
    appeal = instruction.appeal
    for name, who in (("reply", "handler"), ("approve", "head")):
        people.take(appeal, name, who, DUE)
    people.take(appeal, "dispute", "specialist", at(11, 24, 9), confirmed_by="王", confirmed_how="phone", note="没解决")
    escalation.apply_ladder(at(11, 25))
    assert rungs(appeal) == [(1, 0)]


def test_an_opinion_and_an_instruction_with_one_key_are_both_told(people: People) -> None:
    appeal, other = with_co_department(people)
    opinion = appeal.opinions.get()
    instruction = given(people, appeal, reply_due_at=opinion.due_at)
    # Both tables count from one, so that sooner or later two of a case have the same key.
    Instruction.objects.filter(pk=instruction.pk).update(id=opinion.pk)
    escalation.apply_ladder(opinion.due_at)
    told = Escalation.objects.filter(subject=opinion.pk, notified=True).values_list("trigger", flat=True)
    assert sorted(told) == ["instruction", "opinion"]
    audiences = [row.audience for row in Outbox.objects.filter(key__startswith=f"escalation:{appeal.pk}:")]
    assert [{"role": "head", "department": other.pk}] in audiences


def test_a_ladder_without_the_rung_says_nothing(people: People) -> None:
    Rung.objects.filter(trigger="instruction").delete()
    instruction = given(people)
    escalation.apply_ladder(DUE)
    assert rungs(instruction.appeal) == []


# --- at night -----------------------------------------------------------------------------------------------------


def mailed_at(people: People, now: datetime, urgency: str = "ordinary") -> datetime | None:
    """When the head is mailed about an instruction that is given then; the inbox has it at once."""
    Cadre.objects.filter(pk=people.head.pk).update(email="head@example.cn")
    appeal = people.at(Status.HANDLING, urgency=urgency)
    given(people, appeal, now=now)
    delivery.deliver_waiting(now)
    mine = Message.objects.filter(recipient=people.head, outbox__key__startswith="instruction:")
    message = mine.get(outbox__subject__startswith="领导批示")
    assert message.at == now
    assert not message.in_digest
    return message.mail_due_at


NIGHT = at(11, 20, 22, 30)  # a Friday


def test_by_day_it_is_mailed_at_once(people: People) -> None:
    assert mailed_at(people, NOW) == NOW


def test_at_night_it_is_mailed_when_work_begins(people: People) -> None:
    assert mailed_at(people, NIGHT) == at(11, 23, 9)


def test_about_a_critical_case_it_is_mailed_at_night(people: People) -> None:
    assert mailed_at(people, NIGHT, "critical") == NIGHT


def test_an_order_is_mailed_at_night_as_before(people: People) -> None:
    Cadre.objects.filter(pk=people.head.pk).update(email="head@example.cn", mail_manner="at_once")
    people.take(people.at(Status.HANDLING), "urge", "supervisor", NIGHT, note="请抓紧")
    delivery.deliver_waiting(NIGHT)
    urged = Message.objects.get(recipient=people.head, outbox__subject__startswith="催办")
    assert urged.mail_due_at == NIGHT


# --- along with the case ------------------------------------------------------------------------------------------


def now_answering(instruction: Instruction) -> Department | None:
    instruction.refresh_from_db()
    return instruction.answering


def test_it_goes_along_when_the_case_is_moved_and_keeps_to_whom_it_was_given(people: People) -> None:
    first, second = given(people), given(people)
    other = factories.DepartmentFactory.create(name="市交通局")
    people.take(first.appeal, "reassign", "office", lead=other, note="职责不符")
    second.appeal.refresh_from_db()
    reassign_all({second.appeal.pk: second.appeal.version}, other, by=people.office, now=NOW, note="职责")
    for instruction in (first, second):
        assert now_answering(instruction) == other
        assert instruction.department == people.department


def test_while_nobody_leads_the_office_owes_the_answer(people: People) -> None:
    office = factories.DepartmentFactory.create(name="市助企办")
    Cadre.objects.filter(pk=people.office.pk).update(department=office)
    instruction = given(people, people.submitted())
    assert instruction.answering == office
    assert list(Instruction.objects.awaiting(Cadre.objects.get(pk=people.office.pk))) == [instruction]
    people.take(instruction.appeal, "assign", "office")
    assert now_answering(instruction) == people.department


def test_a_co_department_is_named_and_keeps_it_until_it_leaves_the_case(people: People) -> None:
    appeal, other = with_co_department(people)
    instruction = given(people, appeal, department=other)
    assert (instruction.answering, instruction.follows_lead) == (other, False)
    third = factories.DepartmentFactory.create(name="市发改委")
    people.take(appeal, "reassign", "office", lead=third, co_departments=[other], note="职责不符")
    assert now_answering(instruction) == other
    fourth = factories.DepartmentFactory.create(name="市工信局")
    people.take(appeal, "reassign", "office", lead=fourth, co_departments=[], note="职责不符")
    assert now_answering(instruction) == fourth
    assert instruction.follows_lead


def test_a_department_that_takes_no_part_is_not_instructed(people: People) -> None:
    stranger = factories.DepartmentFactory.create(name="市水务局")
    with pytest.raises(IllegalStepError, match="市水务局不承办该诉求"):
        given(people, department=stranger)


def test_instructions_pass_on_with_a_department_that_led_or_helped(people: People) -> None:
    appeal, other = with_co_department(people)
    led, helped = given(people, appeal), given(people, appeal, department=other)
    heirs = {}
    for old, name in ((people.department, "市人力资源局"), (other, "市交通运输局")):
        heirs[old] = factories.DepartmentFactory.create(name=name)
        Department.objects.filter(pk=old.pk).update(valid_until=NOW.date(), successor=heirs[old])
    succession.pass_on(NOW)
    assert now_answering(led) == heirs[people.department]
    assert now_answering(helped) == heirs[other]
    assert (led.department, helped.department) == (people.department, other)


def test_an_instruction_ends_with_its_case(people: People) -> None:
    appeal = people.at(Status.CLOSING)
    instruction = given(people, appeal)
    people.take(appeal, "close", "office")
    instruction.refresh_from_db()
    assert (instruction.status, instruction.ended_at) == (State.ENDED, NOW)
    assert (appeal.events.get(step="instruction_end").who, appeal.status) == ("系统", "closed")


# --- what the database keeps --------------------------------------------------------------------------------------


def test_the_database_keeps_instructions_and_their_way(people: People) -> None:
    instruction = given(people)
    with pytest.raises(InternalError), transaction.atomic():
        instruction.delete()
    for refused in ({"status": State.ACCEPTED, "ended_at": NOW}, {"entered_by": people.office}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Instruction.objects.filter(pk=instruction.pk).update(**refused)
