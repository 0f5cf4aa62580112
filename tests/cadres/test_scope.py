"""Which regions, departments and colleagues a cadre may choose from, by role."""

from __future__ import annotations

import pytest

from cadres import audience
from cadres.models import Cadre, Department, Region
from cadres.roles import REGIONAL, Role
from tests import factories

pytestmark = pytest.mark.django_db

OTHERS = [role for role in Role if role not in REGIONAL]


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def south():
    return factories.district(3, "南区")


@pytest.mark.parametrize("role", sorted(REGIONAL))
def test_a_regional_role_sees_its_region_and_what_is_below(role, north, south):
    cadre = factories.cadre(role, region=north)
    below = factories.town(north)
    assert cadre.region_scope == north.path
    assert set(Region.objects.visible_to(cadre)) == {north, below}
    assert south not in Region.objects.visible_to(cadre)


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_role_has_a_region_as_its_scope(role, north):
    assert factories.cadre(role, region=north).region_scope == ""


def test_somebody_without_a_department_sees_no_region(north):
    cadre = factories.CadreFactory.create(department=None, roles=(Role.OFFICE,))
    assert cadre.region_scope == ""
    assert not Department.objects.visible_to(cadre).exists()


def test_departments_are_those_of_the_region_below_and_above(north, south):
    cadre = factories.cadre(Role.OFFICE, region=north)
    above = factories.DepartmentFactory.create(region=factories.city())
    below = factories.DepartmentFactory.create(region=factories.town(north))
    beside = factories.DepartmentFactory.create(region=south)
    seen = set(Department.objects.visible_to(cadre))
    assert {cadre.department, above, below} <= seen
    assert beside not in seen


def test_colleagues_are_the_regions_for_an_office_and_the_departments_for_others(north, south):
    office = factories.cadre(Role.OFFICE, region=north)
    handler = factories.cadre(Role.HANDLER, department=office.department)
    near, far = factories.cadre(Role.SPECIALIST, region=north), factories.cadre(Role.SPECIALIST, region=south)
    assert set(Cadre.objects.visible_to(office)) == {office, handler, near}
    assert set(Cadre.objects.visible_to(handler)) == {office, handler}
    assert far not in Cadre.objects.visible_to(handler)


def test_the_officers_of_a_department_are_told_or_who_acts_instead_of_them(north):
    department = factories.DepartmentFactory.create(region=north)
    head = factories.cadre(Role.HEAD, department=department)
    handler = factories.cadre(Role.HANDLER, department=department)
    instead = [audience.leader_in_charge(department.pk)], [audience.duty_officer(department.pk)]
    assert [audience.resolve(target) for target in instead] == [{head.pk}, {handler.pk}]
    leader, officer = factories.cadre(Role.LEADER), factories.cadre(Role.HANDLER, department=department)
    department.leader_in_charge, department.duty_officer = leader, officer
    department.save()
    assert [audience.resolve(target) for target in instead] == [{leader.pk}, {officer.pk}]


def test_a_leader_in_charge_who_has_left_is_not_told_but_the_head_is(north):
    gone = factories.cadre(Role.LEADER, is_active=False)
    department = factories.DepartmentFactory.create(region=north, leader_in_charge=gone)
    head = factories.cadre(Role.HEAD, department=department)
    assert audience.resolve([audience.leader_in_charge(department.pk)]) == {head.pk}
