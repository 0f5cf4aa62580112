"""Who may log and who may read: 404 outside the scope, 403 without the right."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cadres.roles import Role
from tests import factories
from tests.visits.sending import NEW, Team, filled, signed_in
from visits.models import Visit, VisitDraft

pytestmark = pytest.mark.django_db

LOGGING = {Role.SPECIALIST, Role.TEAM_LEADER}
READING = LOGGING | {Role.OFFICE, Role.SUPERVISOR, Role.LEADER}


@pytest.mark.parametrize("role", list(Role))
def test_only_some_roles_log_and_read(role):
    client = signed_in(factories.cadre(role))
    logs, reads = (200 if role in LOGGING else 403), (200 if role in READING else 403)
    assert client.get(NEW).status_code == logs
    assert client.get("/visits/drafts/").status_code == logs
    assert client.get("/visits/").status_code == reads


def test_the_refusal_says_who_may():
    client = signed_in(factories.cadre(Role.OFFICE))
    assert "只有驻企特派专员和包联领导可以登记走访。" in client.get(NEW).content.decode()


@pytest.mark.parametrize("path", [NEW, "/visits/drafts/save/"])
def test_a_role_that_logs_none_stores_none(path):
    enterprise = factories.EnterpriseFactory.create()
    client = signed_in(factories.cadre(Role.OFFICE))
    assert client.post(path, filled(enterprise)).status_code == 403
    assert not Visit.objects.exists()
    assert not VisitDraft.objects.exists()


def test_an_enterprise_of_somebody_else_is_not_found():
    team, foreign = Team(), factories.EnterpriseFactory.create()
    assert team.client.get(f"{NEW}?enterprise={foreign.pk}").status_code == 404
    assert team.client.post(NEW, filled(foreign)).status_code == 404
    assert team.client.post("/visits/drafts/save/", filled(foreign)).status_code == 404
    assert foreign.name not in team.client.get(NEW, {"q": foreign.name}).content.decode().replace(
        f'"{foreign.name}"', ""
    )
    assert not Visit.objects.exists()
    assert not VisitDraft.objects.exists()


@pytest.mark.parametrize("key", ["x", "-1", "1.5", "９", "1" * 30, "0"])
def test_a_malformed_enterprise_is_not_found(key):
    team = Team()
    assert team.client.get(NEW, {"enterprise": key}).status_code == 404
    assert team.client.post(NEW, filled(team.enterprise) | {"enterprise": key}).status_code == 404


def test_a_visit_is_seen_by_its_team_and_the_regions_offices_alone():
    team = Team()
    team.send()
    url = Visit.objects.get().get_absolute_url()
    here, elsewhere = team.enterprise.region, factories.district(7)
    colleague = factories.cadre(Role.SPECIALIST)
    factories.assign(colleague, team.enterprise, factories.CampaignFactory.create(name="三服务"))
    seen = {
        "visitor": team.specialist,
        "team": colleague,
        "district": factories.cadre(Role.OFFICE, region=here),
        "city": factories.cadre(Role.SUPERVISOR),
    }
    unseen = {
        "other district": factories.cadre(Role.OFFICE, region=elsewhere),
        "other specialist": factories.cadre(Role.SPECIALIST, region=here),
        "handler": factories.cadre(Role.HANDLER, region=here),
    }
    assert {who: signed_in(cadre).get(url).status_code for who, cadre in seen.items()} == dict.fromkeys(seen, 200)
    assert {who: signed_in(cadre).get(url).status_code for who, cadre in unseen.items()} == dict.fromkeys(unseen, 404)


def test_those_who_left_the_team_still_see_what_they_logged():
    team = Team()
    team.send()
    team.enterprise.assignments.update(ends_on=factories.TODAY.replace(year=2026, month=10))
    visit = Visit.objects.get()
    assert team.client.get(visit.get_absolute_url()).status_code == 200
    assert team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").status_code == 404


def test_reading_and_writing_need_their_methods():
    team = Team()
    assert team.client.put(NEW).status_code == 405
    assert team.client.post("/visits/").status_code == 405
    assert team.client.get("/visits/drafts/save/").status_code == 405
    assert team.client.get("/visits/drafts/discard/").status_code == 405
    assert team.client.post("/visits/drafts/discard/", {"client_id": uuid4()}).status_code == 404
