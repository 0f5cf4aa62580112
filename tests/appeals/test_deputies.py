"""What a deputy does in a case is recorded as done for the principal, and duties stay separate for both."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from appeals import bulk, rules
from appeals.models import Appeal
from appeals.workflow import STEPS, Status
from cadres.models import Cadre, Message, Outbox
from cadres.roles import Role
from cadres.tasks import deliver
from tests import factories
from tests.appeals.people import NOW, People
from tests.cadres.deputies import acting, capacity, deputyship, signed_in
from workflow.steps import Actor, IllegalStepError

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def colleague(people: People) -> Cadre:
    """Handles in the same department, and stands in for others."""
    return factories.cadre(Role.HANDLER, department=people.department, name="张三")


def take(people: People, appeal: Appeal, name: str, who: Cadre, **values: object) -> object:
    return appeal.take(name, by=Actor.of(who), now=NOW, **(people.usual(name) | values))


def test_a_step_is_the_deputys_on_behalf_of_the_principal(people: People, colleague: Cadre) -> None:
    appeal = people.at(Status.REVIEWING)
    take(people, appeal, "approve", capacity(people.head, colleague))
    event = appeal.events.get(step="approve")
    assert (event.cadre, event.on_behalf_of, event.who) == (colleague, people.head, "张三（代李局长）")


def test_the_case_belongs_to_the_principal(people: People, colleague: Cadre) -> None:
    stranger = factories.cadre(Role.HANDLER, name="外单位")
    appeal = people.assigned()
    for name in ("sign", "reply"):
        take(people, appeal, name, capacity(people.handler, stranger))
        assert appeal.handler == people.handler
    assert {event.who for event in appeal.events.filter(step__in=("sign", "reply"))} == {"外单位（代赵明）"}


def test_the_principals_scope_counts_and_not_the_deputys(people: People) -> None:
    stranger = factories.cadre(Role.HANDLER, name="外单位")
    appeal = people.assigned()
    with pytest.raises(IllegalStepError, match="不由你单位主办"):
        take(people, appeal, "sign", capacity(stranger, people.handler))
    assert not Appeal.objects.visible_to(capacity(stranger, people.handler)).exists()
    assert Appeal.objects.visible_to(capacity(people.handler, stranger)).get() == appeal


@pytest.mark.parametrize("name", sorted(rules.SEPARATE_FROM_REPLY))
@pytest.mark.parametrize("answered", ["as oneself", "as deputy", "through the deputy"])
@pytest.mark.parametrize("judged", ["as oneself", "as deputy", "through the deputy"])
def test_nobody_who_had_a_part_in_the_answer_judges_it(
    people: People, colleague: Cadre, name: str, answered: str, judged: str
) -> None:
    """One person (both) and somebody (other) who stands in for them and whom they stand in for; all may do everything.

    Whatever hand the person had in the answer, they judge it neither by themselves nor for another nor by another.
    """
    everything = (Role.HANDLER, Role.HEAD, Role.OFFICE, Role.SUPERVISOR)
    both = factories.cadre(*everything, department=people.department, name="甲")
    other = factories.cadre(*everything, name="乙")
    if name == "confirm":
        both = factories.cadre(Role.SPECIALIST, *everything, department=people.department, name="甲")
        factories.assign(both, people.enterprise, factories.CampaignFactory.create(name="另一行动"))
    third = factories.cadre(*everything, department=people.department, name="丙")
    answering = {"as oneself": both, "as deputy": capacity(third, both), "through the deputy": capacity(both, other)}
    appeal = people.assigned()
    take(people, appeal, "sign", answering[answered])
    take(people, appeal, "reply", answering[answered])
    judging = {
        "as oneself": both,
        "as deputy": capacity(people.head, both),
        "through the deputy": capacity(both, other),
    }
    assert rules.Stand(judging[judged], appeal).has_replied
    assert rules.refusal(judging[judged], name, appeal)


def test_by_the_table_of_steps_whoever_answered_for_another_never_approves_confirms_or_closes(
    people: People, colleague: Cadre
) -> None:
    """The whole way of a case: wherever the table offers a separate step, neither of the two is offered it."""
    both_heads = factories.cadre(Role.HANDLER, Role.HEAD, department=people.department, name="甲")
    appeal = people.assigned()
    answering = capacity(people.handler, both_heads)
    for step, next_one in (("sign", answering), ("reply", answering), ("approve", people.head), ("confirm", None)):
        take(people, appeal, step, next_one or people.specialist)
        for judge in (
            both_heads,
            people.handler,
            capacity(people.head, both_heads),
            capacity(people.head, people.handler),
        ):
            offered = set(rules.offered(rules.Stand(judge, appeal))) & set(STEPS.from_status(appeal.status))
            assert not offered & rules.SEPARATE_FROM_REPLY, (step, str(judge))


def test_a_deputy_of_the_lead_department_neither_confirms_nor_closes_for_another(
    people: People, colleague: Cadre
) -> None:
    appeal = people.at(Status.CONFIRMING)
    with pytest.raises(IllegalStepError, match="不能代他人确认或销号"):
        take(people, appeal, "confirm", capacity(people.specialist, colleague))
    people.take(appeal, "confirm", "specialist")
    with pytest.raises(IllegalStepError, match="不能代他人确认或销号"):
        take(people, appeal, "close", capacity(people.office, colleague))
    people.take(appeal, "close", "office")


def test_an_urge_is_the_deputys_for_the_principal_and_counts_once(people: People, colleague: Cadre) -> None:
    appeal, urging = people.assigned(), capacity(people.supervisor, colleague)
    for _ in range(2):
        take(people, appeal, "urge", urging, note="请今天签收")
        bulk.urge_all([appeal.pk], by=urging, now=NOW, note="请今天签收")
    assert [event.who for event in appeal.events.filter(step="urge")] == ["张三（代郑海燕）"]
    assert Appeal.objects.supervised_by(people.supervisor).get() == appeal
    assert not Appeal.objects.supervised_by(colleague).exists()


def test_the_page_shows_who_did_it_for_whom_and_a_draft_is_the_principals(people: People, colleague: Cadre) -> None:
    client = acting(people.head, colleague)
    appeal = people.at(Status.REVIEWING)
    form = {"version": appeal.version}
    assert client.post(f"/appeals/{appeal.pk}/steps/approve/", form).status_code == 302
    assert (
        client.post(f"/appeals/{appeal.pk}/comments/", {"text": "请企业确认", "client_id": str(uuid4())}).status_code
        < 400
    )
    page = client.get(f"/appeals/{appeal.pk}/").content.decode()
    assert page.count("张三（代李局长）") >= 3  # the bar above, the timeline, the comment
    comment = appeal.comments.get()
    assert (comment.cadre_id, comment.cadre_deputy_id) == (people.head.pk, colleague.pk)


# --- notices -----------------------------------------------------------------------------------------------------


def messages_of(cadre: Cadre) -> list[str]:
    return [row.subject for row in Message.objects.filter(recipient=cadre).select_related("outbox", "on_behalf_of")]


def test_what_the_principal_is_told_the_deputy_is_told_too_once_and_marked(people: People) -> None:
    deputy = factories.cadre(Role.HEAD, name="张三")
    deputyship(people.head, deputy)
    people.at(Status.REVIEWING, timezone.now())
    deliver()
    deliver()
    told = [subject for subject in messages_of(deputy) if "审核" in subject]
    assert told == [f"【代李局长】{subject}" for subject in messages_of(people.head) if "审核" in subject]
    assert len(told) == 1


def test_who_is_told_anyway_is_told_as_themselves_and_once(people: People) -> None:
    """The colleague handles, too, and stands in for a handler and for the head."""
    deputyship(people.handler, people.colleague)
    people.assigned(timezone.now())
    deliver()
    mine = [subject for subject in messages_of(people.colleague) if "签收" in subject]
    assert len(mine) == 1
    assert not mine[0].startswith("【代")


def test_nobody_is_told_about_what_they_did_for_another(people: People, colleague: Cadre) -> None:
    now = timezone.now()
    deputyship(people.head, people.handler)
    appeal = people.at(Status.HANDLING, now)
    deliver()
    before = messages_of(people.handler)
    appeal.take("reply", by=Actor.of(people.handler), now=now, **people.usual("reply"))
    deliver()
    assert messages_of(people.handler) == before  # it went to the head, for whom the handler stands in
    outbox = Outbox.objects.order_by("pk").last()
    assert outbox is not None
    assert Message.objects.filter(outbox=outbox, recipient=people.head).exists()


def test_a_deputys_deputy_is_told_nothing_of_the_first(people: People) -> None:
    deputy, third = factories.cadre(Role.HEAD, name="张三"), factories.cadre(Role.HEAD, name="王五")
    deputyship(people.head, deputy)
    deputyship(deputy, third)
    people.at(Status.REVIEWING, timezone.now())
    deliver()
    assert messages_of(deputy)
    assert not messages_of(third)


def test_a_message_of_the_principal_leads_into_the_mode(people: People) -> None:
    deputy = factories.cadre(Role.HEAD, name="张三")
    row = deputyship(people.head, deputy)
    appeal = people.at(Status.REVIEWING, timezone.now())
    deliver()
    client = signed_in(deputy)
    message = Message.objects.filter(recipient=deputy).latest("pk")
    page = client.get(f"/inbox/{message.pk}/").content.decode()
    assert "代 李局长 办理" in page
    there = client.post(f"/account/deputies/{row.pk}/act/", {"next": appeal.get_absolute_url()})
    assert there.url == appeal.get_absolute_url()
    assert client.get(there.url).status_code == 200
    assert client.get(f"/inbox/{message.pk}/").url == appeal.get_absolute_url()
