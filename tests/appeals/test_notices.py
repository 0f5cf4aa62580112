"""Who is told of a step, that nobody is told of nothing, and that a broker which is down loses no notice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import Status
from cadres import delivery
from cadres.models import Cadre, Message, Outbox
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import NOW, People


def told(people: People, appeal: Appeal, name: str, who: str, **values: object) -> set[str]:
    """Whose inboxes the step reaches, as names in People."""
    event = people.take(appeal, name, who, **values)
    delivery.deliver_waiting(NOW)
    rows = Message.objects.filter(outbox__key=f"appeal-event:{event.pk}")
    names = {cadre.pk: name for name, cadre in vars(people).items() if hasattr(cadre, "username")}
    return {names[row.recipient_id] for row in rows}


def test_each_step_tells_whose_turn_it_is(people: People) -> None:
    appeal = people.draft()
    assert told(people, appeal, "submit", "specialist") == {"office"}
    assert told(people, appeal, "assign", "office") == {"handler", "colleague"}
    assert told(people, appeal, "sign", "handler") == {"specialist"}
    assert told(people, appeal, "progress", "handler", note="已联系") == {"specialist"}
    assert told(people, appeal, "reply", "handler") == {"head"}
    assert told(people, appeal, "send_back", "head", note="依据不足") == {"handler"}
    assert told(people, appeal, "reply", "colleague") == {"head"}
    assert told(people, appeal, "approve", "head") == {"specialist"}
    assert told(people, appeal, "dispute", "specialist", note="没解决") == {"colleague", "head"}
    assert told(people, appeal, "reply", "handler") == {"head"}
    assert told(people, appeal, "approve", "head") == {"specialist"}
    assert told(people, appeal, "confirm", "specialist") == {"office"}
    assert told(people, appeal, "return", "office", note="凭证不全") == {"handler", "head"}
    assert told(people, appeal, "reply", "handler") == {"head"}
    assert told(people, appeal, "approve", "head") == {"specialist"}
    assert told(people, appeal, "confirm", "specialist") == {"office"}
    assert told(people, appeal, "close", "office") == {"specialist"}


def test_the_specialist_speaks_for_the_enterprise_whoever_registered(people: People) -> None:
    appeal = factories.appeal(people.enterprise, people.office, now=NOW)
    for name, who in (("assign", "office"), ("sign", "handler"), ("reply", "handler")):
        people.take(appeal, name, who)
    assert told(people, appeal, "approve", "head") == {"specialist", "office"}


def test_after_the_second_bounce_the_supervisor_is_told(people: People) -> None:
    appeal = people.assigned()
    assert told(people, appeal, "bounce", "handler", note="不属本局") == {"office"}
    people.take(appeal, "assign", "office")
    assert told(people, appeal, "bounce", "handler", note="不属本局") == {"supervisor"}


def test_where_an_office_leads_the_supervisor_is_asked_to_close(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    factories.cadre(Role.OFFICE, department=people.department)
    assert told(people, appeal, "confirm", "specialist") == {"supervisor"}


def test_where_the_handler_has_moved_on_the_colleagues_are_told(people: People) -> None:
    appeal = people.at(Status.REVIEWING)
    Cadre.objects.filter(pk=people.handler.pk).update(department=people.office.department)
    assert told(people, appeal, "send_back", "head", note="依据不足") == {"colleague"}


def test_a_discarded_draft_tells_nobody(people: People) -> None:
    assert told(people, people.draft(), "withdraw", "specialist") == set()
    assert not Outbox.objects.exists()


def test_a_withdrawn_appeal_tells_who_had_it(people: People) -> None:
    assert told(people, people.submitted(), "withdraw", "specialist", note="已自行解决") == {"office"}
    assert told(people, people.assigned(), "withdraw", "specialist", note="已自行解决") == {"handler", "colleague"}


def test_a_notice_leads_to_its_appeal_and_names_it(people: People) -> None:
    appeal = people.submitted()
    notice = Outbox.objects.get()
    assert notice.subject == "请受理新诉求：外地员工无法返岗"
    assert notice.body == f"{appeal.number} {people.enterprise.name}"
    assert notice.url == f"/appeals/{appeal.pk}/"


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_down_a_step_is_saved_and_told_later(broker_is_down: None) -> None:
    people = People()
    appeal = people.at(Status.ASSIGNED, timezone.now())
    Outbox.objects.all().delete()
    response = signed_in(people.handler).post(f"/appeals/{appeal.pk}/steps/sign/")
    assert response.status_code == 302
    appeal.refresh_from_db()
    assert appeal.status == Status.HANDLING
    notice = Outbox.objects.get()
    assert notice.delivered_at is None
    assert delivery.deliver_waiting(timezone.now() + timedelta(minutes=1)) == 1
    assert [message.recipient for message in notice.messages.all()] == [people.specialist]
