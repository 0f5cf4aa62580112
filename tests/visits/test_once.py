"""One form is one visit: sent twice, at once, under somebody else's id, or while the broker is down."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals.models import Appeal, Category
from cadres import delivery
from cadres.models import Message, Outbox
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus
from tests import broker, factories
from tests.visits.sending import NEW, Team, filled, raised, signed_in
from visits.drafts import AlreadyLoggedError, save_draft
from visits.logging import log_visit
from visits.models import Visit, VisitDraft
from visits.typed import Typed

QUERIES_OF_TWO = 17
QUERIES_OF_ANSWER = 22  # signing in, scope and choices included


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_a_repeat_leads_to_the_same_visit_and_stores_nothing(self):
        team = Team()
        form = filled(team.enterprise, raised(), raised("第二件"))
        first = team.client.post(NEW, form)
        again = team.client.post(NEW, form | {"summary": "又改了几个字"}, follow=True)
        visit = Visit.objects.get()
        assert first.url == visit.get_absolute_url()
        assert again.redirect_chain == [(visit.get_absolute_url(), 302)]
        assert f"这次走访已经登记，没有重复保存，编号 {visit.number}" in again.content.decode()
        assert (visit.summary, Appeal.objects.count(), OperatingStatus.objects.count()) == ("车间正常生产", 2, 1)

    def test_a_repeat_is_known_even_where_the_form_would_be_refused_by_now(self):
        team = Team()
        form = filled(team.enterprise)
        team.client.post(NEW, form)
        team.enterprise.assignments.update(ends_on=timezone.localdate())
        assert team.client.post(NEW, form | {"state": ""}).url == Visit.objects.get().get_absolute_url()

    def test_the_same_call_twice_gives_the_same_visit(self):
        team, client_id = Team(), uuid4()
        facts = {"visited_on": timezone.localdate(), "manner": "phone"}
        calls = [
            log_visit(
                team.enterprise,
                by=team.specialist,
                client_id=client_id,
                now=timezone.now(),
                status={"state": "full"},
                **facts,
            )
            for _ in range(2)
        ]
        assert [is_new for _, is_new in calls] == [True, False]
        assert calls[0].visit == calls[1].visit

    def test_the_id_of_another_cadres_visit_is_refused_and_a_new_one_made(self):
        team, other = Team(), Team(factories.EnterpriseFactory.create())
        form = filled(team.enterprise)
        team.client.post(NEW, form)
        answer = other.client.post(NEW, filled(other.enterprise, client_id=form["client_id"]))
        assert answer.status_code == 422
        assert "表单编号失效，已换新编号" in answer.content.decode()
        new_id = answer.context["form"]["client_id"].value()
        assert new_id != form["client_id"]
        assert Visit.objects.count() == 1
        other.client.post(NEW, filled(other.enterprise, client_id=new_id))
        assert Visit.objects.filter(client_id=new_id, cadre=other.specialist).exists()

    def test_the_id_of_another_cadres_draft_is_refused(self):
        team, other = Team(), Team(factories.EnterpriseFactory.create())
        client_id = uuid4()
        save_draft(client_id, Typed({}), team.enterprise, by=team.specialist, now=timezone.now())
        answer = other.client.post(NEW, filled(other.enterprise, client_id=client_id))
        assert answer.status_code == 422
        assert not Visit.objects.exists()
        assert VisitDraft.objects.get().cadre == team.specialist

    @pytest.mark.parametrize("client_id", ["", "no-id", None])
    def test_a_form_without_an_id_gets_one_and_asks_again(self, client_id):
        team = Team()
        answer = team.send(client_id=client_id)
        assert answer.status_code == 422
        assert UUID(answer.context["form"]["client_id"].value())
        assert not Visit.objects.exists()

    def test_the_draft_is_gone_with_the_visit_and_tells_when_it_was_begun(self):
        team, client_id = Team(), uuid4()
        begun = timezone.now() - timedelta(days=4)
        save_draft(client_id, Typed({}), team.enterprise, by=team.specialist, now=begun)
        team.send(client_id=client_id)
        assert not VisitDraft.objects.exists()
        assert Visit.objects.get().begun_at == begun

    @pytest.mark.parametrize("begun_at", ["gestern", "", "2999-01-01T00:00:00+00:00", "2026-01-01T00:00:00"])
    def test_a_nonsensical_beginning_is_not_believed(self, begun_at):
        team = Team()
        team.send(begun_at=begun_at)
        visit = Visit.objects.get()
        assert visit.begun_at == visit.logged_at

    def test_two_appeals_take_few_queries_and_twenty_hardly_more(self):
        team = Team()
        enterprise = Enterprise.objects.select_related("region").get()

        def count(number: int) -> int:
            fields = [raised(str(one)) for one in range(number)]
            category = Category.objects.first()
            with CaptureQueriesContext(connection) as queries:
                log_visit(
                    enterprise,
                    by=team.specialist,
                    client_id=uuid4(),
                    now=timezone.now(),
                    status={"state": "full", "on_duty": number},
                    appeals=[one | {"category": category} for one in fields],
                    visited_on=timezone.localdate(),
                )
            return len(queries)

        count(1)
        assert count(2) == QUERIES_OF_TWO
        assert count(20) == QUERIES_OF_TWO + 18  # the running numbers


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_submissions_at_once_store_one_visit(self):
        team = Team()
        form = filled(team.enterprise, raised(), raised("第二件"))
        barrier = threading.Barrier(2)
        answers = _at_once(lambda client: (barrier.wait(), client.post(NEW, form))[1], team)
        visit = Visit.objects.get()
        assert [answer.url for answer in answers] == [visit.get_absolute_url()] * 2
        assert visit.appeals.count() == Appeal.objects.count() == 2

    def test_the_whole_answer_takes_few_queries(self):
        team = Team()
        team.send(raised())
        form = filled(team.enterprise, raised(), raised("第二件"))
        with CaptureQueriesContext(connection) as queries:
            assert team.client.post(NEW, form).status_code == 302
        assert len(queries) == QUERIES_OF_ANSWER

    def test_a_draft_that_arrives_after_the_visit_is_not_kept(self):
        team, client_id = Team(), uuid4()
        kept = Typed({"summary": "x"})
        failures: list[BaseException] = []

        def save() -> None:
            try:
                save_draft(client_id, kept, team.enterprise, by=team.specialist, now=timezone.now())
            except AlreadyLoggedError as error:
                failures.append(error)
            finally:
                connections.close_all()

        with transaction.atomic():
            log_visit(
                team.enterprise,
                by=team.specialist,
                client_id=client_id,
                now=timezone.now(),
                status={"state": "full"},
                visited_on=timezone.localdate(),
            )
            late = threading.Thread(target=save)
            late.start()
            late.join(0.5)
            assert late.is_alive(), "the draft waits for the visit"
        late.join(10)
        assert len(failures) == 1
        assert not VisitDraft.objects.exists()

    def test_a_failure_in_the_last_appeal_leaves_nothing_behind(self):
        team = Team()
        good, bad = raised(), raised("坏的", description="短", category=None)
        with pytest.raises(Exception):  # noqa: B017, PT011 -- whichever layer refuses
            log_visit(
                team.enterprise,
                by=team.specialist,
                client_id=uuid4(),
                now=timezone.now(),
                status={"state": "full"},
                appeals=[good, bad],
                visited_on=timezone.localdate(),
            )
        assert not Visit.objects.exists()
        assert not Appeal.objects.exists()
        assert not OperatingStatus.objects.exists()
        assert not Outbox.objects.exists()
        team.enterprise.refresh_from_db()
        assert team.enterprise.last_contact_on is None


@pytest.mark.django_db(transaction=True)
class TestWithoutABroker:
    def test_the_visit_is_saved_at_once_and_the_office_told_later(self, tmp_path):
        team = Team()
        office = factories.cadre(Role.OFFICE, region=team.enterprise.region)
        started = timezone.now()
        with broker.is_down(tmp_path):
            answer = team.send(raised(), raised("第二件"))
        assert answer.status_code == 302
        assert timezone.now() - started < timedelta(seconds=5)
        assert Visit.objects.get().appeals.count() == 2
        assert Outbox.objects.waiting().count() == 2
        delivery.deliver_waiting(now=timezone.now())
        assert sorted(Message.objects.filter(recipient=office).values_list("outbox__subject", flat=True)) == [
            "请受理新诉求：冷库用电负荷不足",
            "请受理新诉求：第二件",
        ]


def _at_once(act, team: Team) -> list:
    """What two browsers of one person get."""
    answers: list = []

    def run(client: Client) -> None:
        try:
            answers.append(act(client))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(signed_in(team.specialist),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers
