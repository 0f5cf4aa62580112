"""Who sees which enterprises, assignments and daily status: every role, its own and foreign ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cadres.roles import Role
from enterprises.models import Access, Assignment, Campaign, Enterprise, OperatingStatus
from tests import factories

pytestmark = pytest.mark.django_db

SEE_NOTHING = [Role.CALLER, Role.DISCIPLINE, Role.SYSADMIN, Role.SECADMIN, Role.AUDITADMIN]


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def mine(north):
    return factories.EnterpriseFactory.create(region=factories.town(north))


@pytest.fixture
def foreign():
    return factories.EnterpriseFactory.create(region=factories.district(3, "南区"))


def seen_by(cadre) -> list[Enterprise]:
    return list(Enterprise.objects.visible_to(cadre))


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SUPERVISOR, Role.LEADER])
def test_a_regional_role_sees_its_region_and_below(role, north, mine, foreign):
    assert seen_by(factories.cadre(role, region=north)) == [mine]
    assert seen_by(factories.cadre(role)) == [mine, foreign]
    assert seen_by(factories.cadre(role, region=foreign.region)) == [foreign]


@pytest.mark.parametrize(("role", "place"), [(Role.SPECIALIST, "specialist"), (Role.TEAM_LEADER, "leader")])
def test_a_specialist_and_a_team_leader_see_what_their_team_holds_today(role, place, today, mine, foreign):
    cadre, campaign = factories.cadre(role), factories.CampaignFactory.create()
    factories.assign(cadre, mine, campaign, role=place, starts_on=today)
    assert seen_by(cadre) == [mine]
    Assignment.objects.update(starts_on=today - timedelta(days=1), ends_on=today)
    assert seen_by(cadre) == []
    Assignment.objects.update(starts_on=today + timedelta(days=1), ends_on=None)
    assert seen_by(cadre) == []


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD])
def test_a_department_sees_an_enterprise_as_long_as_a_case_gives_access(role, today, mine, foreign):
    cadre = factories.cadre(role)
    access = Access.objects.create(enterprise=mine, department_id=cadre.department_id, reason="appeal:1")
    assert seen_by(cadre) == [mine]
    for until, sees in ((today, [mine]), (today - timedelta(days=1), [])):
        access.until = until
        access.save()
        assert seen_by(cadre) == sees
    Access.objects.create(enterprise=foreign, department=factories.DepartmentFactory.create(), reason="appeal:2")
    assert seen_by(cadre) == []


@pytest.mark.parametrize("role", SEE_NOTHING)
def test_everybody_else_sees_nothing_whatever_rows_name_them(role, mine):
    cadre = factories.cadre(role)
    factories.assign(cadre, mine)
    Access.objects.create(enterprise=mine, department_id=cadre.department_id, reason="appeal:1")
    assert seen_by(cadre) == []


def test_roles_add_up(north, mine, foreign):
    both = factories.cadre(Role.OFFICE, Role.SPECIALIST, region=north)
    factories.assign(both, foreign)
    assert seen_by(both) == [mine, foreign]


def test_assignments_and_status_are_seen_by_those_who_see_the_enterprise(today, north, mine, foreign):
    specialist = factories.cadre(Role.SPECIALIST)
    own, other = factories.assign(specialist, mine), factories.assign(factories.cadre(Role.SPECIALIST), foreign)
    here, there = factories.status(mine, today), factories.status(foreign, today)
    handler = factories.cadre(Role.HANDLER)
    Access.objects.create(enterprise=foreign, department=handler.department, reason="appeal:1")
    expected = {
        specialist: (own, here),
        handler: (other, there),
        factories.cadre(Role.OFFICE, region=north): (own, here),
    }
    for cadre, (assignment, status) in expected.items():
        assert list(Assignment.objects.visible_to(cadre)) == [assignment]
        assert list(OperatingStatus.objects.visible_to(cadre)) == [status]
    auditor = factories.cadre(Role.AUDITADMIN)
    assert not Assignment.objects.visible_to(auditor).exists()
    assert not OperatingStatus.objects.visible_to(auditor).exists()


def test_campaigns_are_those_that_touch_the_cadres_region(north):
    city_wide = factories.CampaignFactory.create(name="全市行动")
    here = factories.CampaignFactory.create(name="北区行动", regions=[north])
    there = factories.CampaignFactory.create(name="南区行动", regions=[factories.district(3)])
    assert set(Campaign.objects.visible_to(factories.cadre(Role.OFFICE))) == {city_wide, here, there}
    assert set(Campaign.objects.visible_to(factories.cadre(Role.OFFICE, region=north))) == {city_wide, here}
    assert set(Campaign.objects.visible_to(factories.cadre(Role.SPECIALIST, region=north))) == {city_wide, here}


LISTS = ["/enterprises/", "/assignments/", "/campaigns/", "/status/"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("role", list(Role))
def test_lists_are_for_business_roles(path, role, signed_in):
    expected = 403 if role in SEE_NOTHING else 200
    assert signed_in(factories.cadre(role)).get(path).status_code == expected


@pytest.mark.parametrize("role", list(Role))
def test_the_uncovered_are_shown_to_regional_roles(role, signed_in):
    expected = 200 if role in (Role.OFFICE, Role.SUPERVISOR, Role.LEADER) else 403
    assert signed_in(factories.cadre(role)).get("/enterprises/uncovered/").status_code == expected


ACTS = {"edit/": {Role.OFFICE}, "assign/": {Role.OFFICE}, "status/": {Role.OFFICE, Role.SPECIALIST, Role.TEAM_LEADER}}


@pytest.mark.parametrize("role", list(Role))
def test_an_enterprise_out_of_scope_is_not_found_and_one_in_scope_asks_for_the_right(role, mine, foreign, signed_in):
    cadre = factories.cadre(role, region=mine.region.parent)
    sees = role not in SEE_NOTHING
    if role in (Role.SPECIALIST, Role.TEAM_LEADER):
        factories.assign(cadre, mine)
    if role in (Role.HANDLER, Role.HEAD):
        Access.objects.create(enterprise=mine, department_id=cadre.department_id, reason="appeal:1")
    client = signed_in(cadre)
    assert client.get(mine.get_absolute_url()).status_code == (200 if sees else 404)
    assert client.get(foreign.get_absolute_url()).status_code == 404
    for act, allowed in ACTS.items():
        expected = 200 if role in allowed else 403 if sees else 404
        assert client.get(mine.get_absolute_url() + act).status_code == expected, act
        assert client.get(foreign.get_absolute_url() + act).status_code == 404, act


@pytest.mark.parametrize(
    "path", ["/enterprises/new/", "/campaigns/new/", "/enterprises/assign/", "/enterprises/specialists/"]
)
@pytest.mark.parametrize("role", list(Role))
def test_new_rows_and_assigning_are_the_offices(path, role, signed_in):
    expected = 200 if role is Role.OFFICE else 403
    assert signed_in(factories.cadre(role)).get(path).status_code == expected


def test_ending_an_assignment_is_the_offices_within_its_region(mine, foreign, signed_in):
    specialist = factories.cadre(Role.SPECIALIST)
    own, other = factories.assign(specialist, mine), factories.assign(factories.cadre(Role.SPECIALIST), foreign)
    assert signed_in(specialist).get(f"/assignments/{own.pk}/end/").status_code == 403
    assert signed_in(specialist).get(f"/assignments/{other.pk}/end/").status_code == 404
    office = signed_in(factories.cadre(Role.OFFICE, region=mine.region.parent))
    assert office.get(f"/assignments/{own.pk}/end/").status_code == 200
    assert office.get(f"/assignments/{other.pk}/end/").status_code == 404


def test_a_district_reads_a_campaign_of_the_city_and_may_not_edit_it(north, signed_in):
    city_wide = factories.CampaignFactory.create(name="全市行动")
    there = factories.CampaignFactory.create(name="南区行动", regions=[factories.district(3)])
    office = signed_in(factories.cadre(Role.OFFICE, region=north))
    assert office.get(f"/campaigns/{city_wide.pk}/").status_code == 200
    assert "由上级办公室编辑" in office.get(f"/campaigns/{city_wide.pk}/edit/").content.decode()
    assert office.get(f"/campaigns/{there.pk}/").status_code == 404
    assert office.get(f"/campaigns/{there.pk}/edit/").status_code == 404


def test_a_refusal_says_who_may_do_it(mine, signed_in):
    specialist = factories.cadre(Role.SPECIALIST)
    factories.assign(specialist, mine)
    response = signed_in(specialist).get(mine.get_absolute_url() + "edit/")
    assert (response.status_code, "只有办公室可以编辑企业信息" in response.content.decode()) == (403, True)
