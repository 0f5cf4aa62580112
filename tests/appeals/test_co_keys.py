"""The keys of co-departments on the appeal's own row are those of the table of links, whoever wrote what."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Department
from cadres.roles import Role
from tests import factories
from tests.appeals.people import People

pytestmark = pytest.mark.django_db

Link = Appeal.co_departments.through


@pytest.fixture
def others(people: People) -> list[Department]:
    return [factories.DepartmentFactory.create(region=people.department.region) for _ in range(3)]


def agree() -> None:
    linked = {appeal.pk: sorted(appeal.co_departments.values_list("pk", flat=True)) for appeal in Appeal.objects.all()}
    assert dict(Appeal.objects.values_list("pk", "co_keys")) == linked


def test_the_keys_follow_whatever_is_done_to_links(people: People, others: list[Department]) -> None:
    first, second = people.at(Status.HANDLING, co_departments=others[:2]), people.draft()
    agree()
    assert Appeal.objects.get(pk=first.pk).co_keys == sorted(one.pk for one in others[:2])
    Link.objects.bulk_create(Link(appeal=second, department=one) for one in others)
    agree()
    Link.objects.filter(appeal=second, department=others[2]).delete()
    agree()
    Link.objects.filter(appeal=first, department=others[0]).update(department=others[2])
    agree()
    Link.objects.filter(appeal=first, department=others[1]).update(appeal=second, department=others[2])
    agree()
    second.co_departments.clear()
    agree()


def test_what_was_read_before_is_not_written_back(people: People, others: list[Department]) -> None:
    appeal = people.at(Status.HANDLING, co_departments=others[:1])
    stale = Appeal.objects.get(pk=appeal.pk)
    appeal.co_departments.set(others[1:])
    stale.save()
    agree()
    Appeal.objects.update(co_keys=[0])
    agree()


def test_a_department_sees_what_it_leads_and_joins(people: People, others: list[Department]) -> None:
    joined, led = people.at(Status.HANDLING, co_departments=others[:1]), people.at(Status.HANDLING)
    helper = factories.cadre(Role.HANDLER, department=others[0], region=others[0].region)
    stranger = factories.cadre(Role.HANDLER, department=others[1], region=others[1].region)
    assert list(Appeal.objects.visible_to(helper)) == [joined]
    assert not Appeal.objects.visible_to(stranger).exists()
    assert set(Appeal.objects.visible_to(people.handler)) == {joined, led}


def test_filling_gives_every_appeal_its_keys(people: People, others: list[Department]) -> None:
    people.at(Status.HANDLING, co_departments=others[:2]), people.draft()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE appeals_appeal SET co_keys = '{}'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    with connection.schema_editor() as editor:
        import_module("appeals.migrations.0034_co_keys_filled").fill(apps, editor)
    agree()
