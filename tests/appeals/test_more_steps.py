"""Steps beside the straight way: settled on the spot, answered directly, passed on, moved to another department."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from appeals import casefile, escalation, rules
from appeals.models import Appeal
from appeals.registration import Settlement, may_settle, register, register_all
from appeals.workflow import REQUESTS, Status
from cadres.models import Cadre, Department, Message, Outbox
from cadres.roles import Role
from cadres.tasks import deliver
from enterprises.models import Access
from tests import factories
from tests.appeals.people import NOW, People
from workflow.models import Rung, Trigger
from workflow.steps import IllegalStepError
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db

SPOT = Settlement("当场协调供电所恢复供电", "王经理", "on_site")


def traffic() -> Department:
    return factories.DepartmentFactory.create(name="市交通局")


def told(cadre: Cadre) -> list[str]:
    """The subjects of what a cadre finds in the inbox."""
    deliver()
    return list(Message.objects.filter(recipient=cadre).order_by("pk").values_list("outbox__subject", flat=True))


# --- settled on the spot ---------------------------------------------------------------------------------------


def test_what_was_settled_on_the_spot_waits_for_its_close_and_is_settled_in_time(people: People) -> None:
    appeal = people.settled_on_the_spot()
    appeal.refresh_from_db()
    assert (appeal.status, appeal.number) == (Status.CLOSING, "SQ990102202611180001")
    assert (appeal.outcome, appeal.solved, appeal.rating) == ("solved", "yes", "")
    one = appeal.rounds.get()
    assert (one.number, one.started_at, one.settled_at, appeal.settled_at) == (1, NOW, NOW, NOW)
    assert one.due_at > NOW
    assert told(people.office) == ["现场办结，请核对销号：外地员工无法返岗"]
    people.take(appeal, "close", "office")
    assert appeal.status == Status.CLOSED


def test_the_office_has_two_working_days_to_close_what_was_settled_on_the_spot(people: People) -> None:
    appeal = people.settled_on_the_spot()
    assert set(Appeal.objects.awaiting(people.office)) == {appeal}
    escalation.apply_ladder(datetime(2026, 11, 20, 18, 1, tzinfo=BEIJING))
    assert [(rung.trigger, rung.level) for rung in appeal.escalations.all()] == [(Trigger.CLOSING, 2)]


def test_registering_and_a_visits_form_settle_on_the_spot_alike(people: People) -> None:
    values = {
        "title": "临时停电",
        "description": "厂区上午停电两小时，影响生产。",
        "category": people.submitted().category,
    }
    alone = register(people.enterprise, by=people.specialist, now=NOW, settled=SPOT, **values)
    ordinary, among = register_all(
        people.enterprise, [values, {**values, "settled": SPOT}], by=people.specialist, now=NOW
    )
    assert (alone.status, among.status, ordinary.status) == (Status.CLOSING, Status.CLOSING, Status.PENDING)
    for appeal in (alone, among):
        appeal.refresh_from_db()
        assert [event.step for event in appeal.events.all()] == ["settle"]
        assert appeal.events.get().changes["reply"] == ["", "当场协调供电所恢复供电"]
        assert appeal.rounds.get().settled_at == NOW
    assert ordinary.rounds.count() == 0


def test_the_same_form_sent_twice_settles_one_appeal(people: People) -> None:
    values = {
        "title": "临时停电",
        "description": "厂区上午停电两小时，影响生产。",
        "category": people.submitted().category,
    }
    key = "5c2c5f0e-2b1c-4f6a-9f5e-0d8a52a3a001"
    one, two = (
        register(people.enterprise, by=people.specialist, now=NOW, settled=SPOT, client_id=key, **values)
        for _ in range(2)
    )
    assert one.pk == two.pk
    assert one.events.count() == 1


def test_only_a_specialist_of_the_team_settles_on_the_spot(people: People) -> None:
    assert may_settle(people.specialist, people.enterprise)
    for who in ("team_leader", "office", "handler"):
        assert not may_settle(getattr(people, who), people.enterprise), who
    assert not may_settle(people.specialist, factories.EnterpriseFactory.create())
    with pytest.raises(IllegalStepError, match="你的角色不能办理“现场办结”"):
        factories.appeal(people.enterprise, people.team_leader, now=NOW, settled=SPOT)
    assert not Appeal.objects.filter(number__isnull=False).exists()


def test_an_incomplete_draft_is_not_settled(people: People) -> None:
    draft = people.draft(description="太短")
    with pytest.raises(IllegalStepError, match="描述至少 10 个字"):
        people.take(draft, "settle", "specialist")


def test_who_settled_on_the_spot_never_closes(people: People) -> None:
    people.both = factories.cadre(Role.SPECIALIST, Role.OFFICE, region=people.enterprise.region)
    factories.assign(people.both, people.enterprise, role="member")
    draft = factories.appeal(people.enterprise, people.both, now=NOW, submit=False)
    people.take(draft, "settle", "both")
    with pytest.raises(IllegalStepError, match="答复人不能"):
        people.take(draft, "close", "both")


def test_what_was_not_settled_after_all_is_triaged_as_if_new(people: People) -> None:
    appeal = people.settled_on_the_spot()
    with pytest.raises(IllegalStepError, match="请改用“退回受理”"):
        people.take(appeal, "return", "office", note="没有凭证")
    later = NOW + timedelta(days=1)
    people.take(appeal, "return_to_office", "office", later, note="企业说仍在停电")
    appeal.refresh_from_db()
    assert (appeal.status, appeal.round, appeal.due_at, appeal.reply) == (Status.PENDING, 0, None, "")
    assert appeal.rounds.count() == 0
    assert appeal.events.first().changes["reply"][1] == "当场协调供电所恢复供电"  # what was said stays in the history
    people.take(appeal, "assign", "office", later, urgency="urgent")
    assert appeal.rounds.get().started_at == later
    assert appeal.due_at == datetime(2026, 11, 24, 18, tzinfo=BEIJING)


def test_what_has_a_lead_goes_back_to_its_lead(people: People) -> None:
    with pytest.raises(IllegalStepError, match="请改用“退回办理”"):
        people.take(people.at(Status.CLOSING), "return_to_office", "office", note="没有凭证")


# --- answered directly -----------------------------------------------------------------------------------------


def test_a_direct_answer_is_settled_at_once_and_closed_by_the_supervisor(people: People) -> None:
    appeal = people.submitted()
    people.take(appeal, "answer", "office", NOW + timedelta(hours=1))
    appeal.refresh_from_db()
    assert (appeal.status, appeal.lead, appeal.handler) == (
        Status.CONFIRMING,
        people.office.department,
        people.office,
    )
    assert appeal.rounds.get().settled_at == appeal.settled_at == NOW + timedelta(hours=1)
    assert told(people.specialist) == ["诉求已直接答复，请与企业确认：外地员工无法返岗"]
    people.take(appeal, "confirm", "specialist")
    with pytest.raises(IllegalStepError, match="须由督查"):
        people.take(appeal, "close", "office")
    people.take(appeal, "close", "supervisor")


def test_an_answer_after_a_bounce_settles_the_round_that_runs(people: People) -> None:
    appeal = people.assigned()
    due = appeal.due_at
    people.take(appeal, "bounce", "handler", note="不属本局")
    people.take(appeal, "answer", "office", NOW + timedelta(days=1))
    one = appeal.rounds.get()
    assert (one.due_at, one.settled_at) == (due, NOW + timedelta(days=1))


def test_a_disputed_direct_answer_waits_for_the_office_to_find_who_handles_it(people: People) -> None:
    appeal = people.submitted()
    people.take(appeal, "answer", "office")
    people.take(appeal, "dispute", "specialist", note="没有说到点子上")
    assert (appeal.status, appeal.round) == (Status.HANDLING, 2)
    assert set(Appeal.objects.awaiting(people.office)) == {appeal}
    assert casefile.whose_turn(rules.Stand(people.office, appeal)).endswith("没有承办人，待助企办改派")
    assert "企业不满意，请重新办理：外地员工无法返岗" in told(people.office)
    due = appeal.due_at
    people.take(appeal, "reassign", "office", lead=people.department, note="请人社局办理")
    assert (appeal.status, appeal.lead, appeal.round, appeal.due_at) == (Status.ASSIGNED, people.department, 2, due)
    assert not Appeal.objects.awaiting(people.office).exists()


# --- passed on within the department ---------------------------------------------------------------------------


def test_the_head_passes_on_to_a_colleague_and_the_clock_goes_on(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    due = appeal.due_at
    people.take(appeal, "pass_on", "head", NOW + timedelta(days=1), handler=people.colleague, note="赵明休假")
    assert (appeal.handler, appeal.status, appeal.due_at) == (people.colleague, Status.HANDLING, due)
    assert set(Appeal.objects.awaiting(people.colleague)) == {appeal}
    assert not Appeal.objects.awaiting(people.handler).exists()
    assert told(people.colleague)[-1] == "诉求已转派给你，请继续办理：外地员工无法返岗"


def test_a_head_passes_on_only_within_the_department(people: People) -> None:
    factories.cadre(Role.HANDLER, department=traffic())
    from appeals.rules import colleagues_for

    assert set(colleagues_for(people.at(Status.HANDLING))) == {people.colleague}


# --- another department ----------------------------------------------------------------------------------------


def test_a_request_waits_for_the_office_while_the_handler_goes_on(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "ask_reassign", "handler", suggested_lead=traffic(), note="客运归交通局管")
    assert set(Appeal.objects.awaiting(people.office)) == {appeal}
    assert set(Appeal.objects.awaiting(people.handler)) == {appeal}
    assert told(people.office)[-1] == "承办单位申请改派，请在 1 个工作日内决定：外地员工无法返岗"
    assert "申请改由市交通局办理，待助企办决定" in casefile.whose_turn(rules.Stand(people.office, appeal))
    with pytest.raises(IllegalStepError, match="已申请改派，正等待决定"):
        people.take(appeal, "ask_reassign", "handler", note="再问一次")


def test_a_request_has_an_owner_a_limit_and_rungs_for_every_urgency(people: People) -> None:
    rungs = set(Rung.objects.values_list("trigger", "critical"))
    for owner, triggers in REQUESTS.values():
        assert owner == Rung.Audience.OFFICE
        assert {(trigger, critical) for trigger in triggers for critical in (False, True)} <= rungs


def test_a_request_that_nobody_decides_within_a_day_goes_to_the_supervisor_once_per_request(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "ask_reassign", "handler", suggested_lead=traffic(), note="客运归交通局管")
    escalation.apply_ladder(datetime(2026, 11, 18, 17, 0, tzinfo=BEIJING))
    assert [(rung.trigger, rung.level) for rung in appeal.escalations.all()] == [(Trigger.TRANSFER, 0)]
    for _ in range(2):
        escalation.apply_ladder(datetime(2026, 11, 19, 18, 1, tzinfo=BEIJING))
    assert [(rung.trigger, rung.level) for rung in appeal.escalations.all()] == [
        (Trigger.TRANSFER, 0),
        (Trigger.TRANSFER, 2),
    ]
    assert told(people.supervisor) == ["二级督办（申请改派未决）：外地员工无法返岗"]
    again = datetime(2026, 11, 20, 9, 0, tzinfo=BEIJING)
    people.take(appeal, "keep_lead", "supervisor", again, note="本就是人社局的职责")
    people.take(appeal, "ask_reassign", "handler", again, note="仍请改派")
    escalation.apply_ladder(datetime(2026, 11, 23, 18, 1, tzinfo=BEIJING))
    assert appeal.escalations.filter(trigger=Trigger.TRANSFER, level=2).count() == 2


def test_a_request_that_was_refused_leaves_the_case_where_it_was(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    due = appeal.due_at
    with pytest.raises(IllegalStepError, match="主办单位没有申请改派"):
        people.take(appeal, "keep_lead", "office", note="不改")
    people.take(appeal, "ask_reassign", "handler", suggested_lead=traffic(), note="客运归交通局管")
    people.take(appeal, "keep_lead", "office", note="用工事项归人社局")
    assert (appeal.lead, appeal.handler, appeal.due_at) == (people.department, people.handler, due)
    assert (appeal.transfer_asked_at, appeal.suggested_lead) == (None, None)
    assert told(people.handler)[-1] == "不予改派，请继续办理：外地员工无法返岗"


def test_a_reply_ends_a_request(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "ask_reassign", "handler", suggested_lead=traffic(), note="客运归交通局管")
    people.take(appeal, "reply", "handler")
    assert appeal.transfer_asked_at is None


@pytest.mark.parametrize("status", [Status.ASSIGNED, Status.HANDLING])
def test_reassigning_begins_the_signing_anew_and_never_the_handling_clock(people: People, status: Status) -> None:
    helper = traffic()
    newcomer = factories.cadre(Role.HANDLER, department=helper)
    appeal = people.at(status, co_departments=[helper])
    due, stint, later = appeal.due_at, appeal.stint, NOW + timedelta(days=1)
    people.take(
        appeal, "reassign", "office", later, lead=helper, co_departments=[people.department], note="客运归交通局管"
    )
    appeal.refresh_from_db()
    assert (appeal.status, appeal.lead, appeal.handler, appeal.due_at) == (Status.ASSIGNED, helper, None, due)
    assert appeal.sign_due_at == datetime(2026, 11, 20, 18, tzinfo=BEIJING)
    assert (appeal.stint, appeal.status_since, appeal.round) == (stint + 1, later, 1)
    assert told(newcomer)[-1] == "请签收改派诉求：外地员工无法返岗"
    assert Appeal.objects.visible_to(newcomer).filter(pk=appeal.pk).exists()


def test_the_former_lead_loses_the_case_and_is_told_so(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "reassign", "supervisor", lead=traffic(), note="客运归交通局管")
    assert told(people.handler)[-1] == told(people.head)[-1] == "诉求已改派其他单位：外地员工无法返岗"
    assert not Appeal.objects.visible_to(people.handler).exists()
    assert set(Access.objects.values_list("department__name", flat=True)) == {"市交通局"}


def test_a_department_that_was_reassigned_to_is_late_signing_again(people: People) -> None:
    """Each stay in 待签收 has its own rung."""
    appeal = people.assigned()
    late = datetime(2026, 11, 19, 18, 1, tzinfo=BEIJING)
    escalation.apply_ladder(late)
    people.take(appeal, "reassign", "office", late, lead=traffic(), note="客运归交通局管")
    escalation.apply_ladder(datetime(2026, 11, 20, 18, 1, tzinfo=BEIJING))
    assert appeal.escalations.filter(trigger=Trigger.UNSIGNED).count() == 2


def test_after_the_second_bounce_only_a_supervisor_reassigns(people: People) -> None:
    appeal = people.assigned()
    people.take(appeal, "bounce", "handler", note="不属本局")
    people.take(appeal, "assign", "office")
    people.take(appeal, "bounce", "handler", note="不属本局")
    people.take(appeal, "assign", "supervisor")
    people.take(appeal, "sign", "handler")
    people.take(appeal, "ask_reassign", "handler", suggested_lead=traffic(), note="仍不属本局")
    assert set(Appeal.objects.awaiting(people.supervisor)) == {appeal}
    assert not Appeal.objects.awaiting(people.office).exists()
    with pytest.raises(IllegalStepError, match="该诉求已两次退单，须由督查办理“改派”"):
        people.take(appeal, "reassign", "office", lead=traffic(), note="改")
    people.take(appeal, "reassign", "supervisor", lead=traffic(), note="改")
    assert appeal.status == Status.ASSIGNED


# --- urging ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reached"),
    [
        (Status.PENDING, {"office"}),
        (Status.ASSIGNED, {"handler", "colleague", "head"}),
        (Status.HANDLING, {"handler", "head"}),
        (Status.REVIEWING, {"head"}),
        (Status.CONFIRMING, {"specialist"}),
        (Status.CLOSING, {"office"}),
    ],
)
def test_an_urge_reaches_whoever_has_to_act(people: People, status: Status, reached: set[str]) -> None:
    appeal = people.at(status)
    deliver()
    Message.objects.all().delete()
    people.take(appeal, "urge", "supervisor", note="请今日 18:00 前反馈")
    deliver()
    assert set(Message.objects.values_list("recipient", flat=True)) == {getattr(people, who).pk for who in reached}
    assert Outbox.objects.latest("pk").subject == "催办：外地员工无法返岗"


def test_the_same_urge_within_a_minute_is_one(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    first = people.take(appeal, "urge", "supervisor", note="请今日反馈")
    again = people.take(appeal, "urge", "supervisor", NOW + timedelta(seconds=59), note="请今日反馈")
    assert first.pk == again.pk
    people.take(appeal, "urge", "supervisor", NOW + timedelta(seconds=30), note="请今日反馈，抄送分管领导")
    people.take(appeal, "urge", "team_leader", NOW + timedelta(seconds=30), note="请今日反馈")
    people.take(appeal, "urge", "supervisor", NOW + timedelta(seconds=61), note="请今日反馈")
    assert appeal.events.filter(step="urge").count() == 4


def test_an_urge_holds_nobody_up_who_is_filling_in_a_form(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    seen = appeal.version
    people.take(appeal, "urge", "supervisor", note="请今日反馈")
    people.take(appeal, "reply", "handler", version=seen)
    assert appeal.status == Status.REVIEWING


def test_nobody_urges_what_has_ended(people: People) -> None:
    with pytest.raises(IllegalStepError, match="现为“已销号”"):
        people.take(people.at(Status.CLOSED), "urge", "supervisor", note="请今日反馈")


# --- the page --------------------------------------------------------------------------------------------------


def test_the_way_of_a_case_is_as_short_as_it_was(people: People) -> None:
    spot, direct = people.settled_on_the_spot(), people.submitted()
    people.take(direct, "answer", "office")
    assert _way(spot) == ["现场办结", "销号"]
    assert _way(direct) == ["提交", "直接答复", "企业确认", "销号"]
    people.take(direct, "dispute", "specialist", note="没有解决")
    assert _way(direct) == ["提交", "转办", "签收", "办理", "审核", "企业确认", "销号"]


def _way(appeal: Appeal) -> list[str]:
    return [stage.label for stage in casefile.stages(appeal, appeal.events.all())]


def test_a_ladder_that_was_there_before_gains_the_rungs_of_a_request() -> None:
    from importlib import import_module

    from django.apps import apps
    from django.db import connection

    migration = import_module("workflow.migrations.0003_transfer_asked")
    Rung.objects.filter(trigger=Trigger.TRANSFER).delete()
    with connection.schema_editor() as editor:
        migration.add_rungs(apps, editor)
    assert Rung.objects.filter(trigger=Trigger.TRANSFER).count() == 4
