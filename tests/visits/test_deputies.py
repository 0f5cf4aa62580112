"""Visits, drafts and reports of a deputy who acts for a specialist."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from appeals.models import Appeal
from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import OperatingStatus, OperatingStatusHistory
from enterprises.reporting import report_status
from tests import factories
from tests.appeals.people import People
from tests.cadres.deputies import acting, capacity
from visits.client_ids import ForeignClientIdError
from visits.drafts import save_draft
from visits.logging import log_visit
from visits.models import VisitDraft
from visits.typed import Typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def deputy(people: People) -> Cadre:
    return factories.cadre(Role.SPECIALIST, region=people.enterprise.region, name="张三")


def log(people: People, by: Cadre, **fields):
    now = timezone.now()
    told = {"status": {"state": "full"}, "visited_on": timezone.localdate(now), **fields}
    return log_visit(people.enterprise, by=by, client_id=uuid4(), now=now, **told).visit


def test_who_visited_is_the_deputy_and_everything_entered_is_for_the_principal(people: People, deputy: Cadre) -> None:
    category = factories.Category.objects.order_by("position").first()
    difficulty = {
        "title": "外地员工无法返岗",
        "description": "外省46名技工没有直达班车，无法返岗。",
        "category": category,
    }
    visit = log(people, capacity(people.specialist, deputy), appeals=[difficulty])
    assert visit.cadre == deputy
    visit.refresh_from_db()
    assert str(visit.entered_by) == "张三（代王晓敏）"
    assert str(OperatingStatus.objects.get().reported_by) == "张三（代王晓敏）"
    raised = Appeal.objects.get()
    assert (raised.registered_by_id, raised.registered_by_deputy_id) == (people.specialist.pk, deputy.pk)
    assert raised.events.get().who == "张三（代王晓敏）"
    page = acting(people.specialist, deputy).get(visit.get_absolute_url()).content.decode()
    assert page.count("张三（代王晓敏）") >= 2


def test_the_visit_may_be_said_to_be_the_principals_own(people: People, deputy: Cadre) -> None:
    page = acting(people.specialist, deputy).get(f"/visits/new/?enterprise={people.enterprise.pk}").content.decode()
    assert "张三（本人）" in page
    assert "王晓敏（被代理人）" in page
    assert log(people, capacity(people.specialist, deputy), visitor=people.specialist).cadre == people.specialist


def test_what_a_newer_report_replaced_remembers_the_deputy(people: People, deputy: Cadre) -> None:
    day, now = timezone.localdate(), timezone.now()
    told = {"day": day, "now": now, "source": OperatingStatus.Source.OFFICE}
    report_status(people.enterprise, by=capacity(people.specialist, deputy), state="full", **told)
    report_status(people.enterprise, by=people.specialist, state="part", **told)
    report_status(people.enterprise, by=capacity(people.specialist, deputy), state="none", **told)
    names = [str(row.reported_by) for row in OperatingStatusHistory.objects.order_by("pk")]
    assert [*names, str(OperatingStatus.objects.get().reported_by)] == [
        "张三（代王晓敏）",
        "王晓敏",
        "张三（代王晓敏）",
    ]


def test_a_draft_belongs_to_the_person_and_the_principal_together(people: People, deputy: Cadre) -> None:
    both, client_id, now = capacity(people.specialist, deputy), uuid4(), timezone.now()
    save_draft(client_id, Typed({}), people.enterprise, by=both, now=now)
    assert VisitDraft.objects.visible_to(both).count() == 1
    for other in (people.specialist, deputy):
        assert not VisitDraft.objects.visible_to(other).exists()
        with pytest.raises(ForeignClientIdError):
            save_draft(client_id, Typed({}), people.enterprise, by=other, now=now)
    save_draft(client_id, Typed({}), people.enterprise, by=both, now=now)
