"""What the frame of every page costs: the session, the cadre with their rights, and one statement for all the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from cadres import audience, context, delivery, menu
from cadres.menu import OVERSEEING
from cadres.models import Cadre, Region
from cadres.roles import ADMINISTRATORS, Role
from tests import factories
from tests.cadres.deputies import deputyship
from tests.cadres.test_inbox import tell

pytestmark = pytest.mark.django_db

PLAIN = "/account/password/"  # a page that asks for nothing itself


@pytest.fixture
def city() -> Region:
    return factories.city()


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    client.get(PLAIN)  # a session notes that it is used, once a minute
    return client


@pytest.mark.parametrize("role", Role)
def test_a_page_costs_three_queries_of_which_its_frame_is_one(
    role: Role, city: Region, django_assert_num_queries: Any
) -> None:
    client = signed_in(factories.cadre(role, region=city))
    with django_assert_num_queries(3):  # the session, the cadre, the frame
        assert client.get(PLAIN).status_code == 200


def test_however_much_the_frame_shows(city: Region, django_assert_num_queries: Any) -> None:
    mine, colleague = (factories.cadre(Role.OFFICE, region=city, name=name) for name in ("张三", "李四"))
    client = signed_in(mine)
    deputyship(colleague, mine)
    for number in range(3):
        tell(f"k{number}", audience.cadre(mine.pk))
    delivery.deliver_waiting(timezone.now())
    with django_assert_num_queries(3):
        page = client.get(PLAIN).content.decode()
    assert "代 李四 办理" in page
    assert "消息，3 条未读" in page
    assert city.name in page


def test_rights_come_along_with_the_cadre(city: Region, django_assert_num_queries: Any) -> None:
    client = signed_in(factories.cadre(Role.OFFICE, region=city))
    request = client.get(PLAIN).wsgi_request
    with django_assert_num_queries(0):
        assert request.user.has_perm("appeals.triage_appeal")
        assert not request.user.has_perm("cadres.grant_role")


def test_a_right_that_is_withdrawn_is_gone_with_the_next_request(city: Region) -> None:
    client = signed_in(factories.cadre(Role.OFFICE, region=city))
    assert client.get("/imports/").status_code == 200
    right = Permission.objects.get(codename="import_workbook")
    Group.objects.get(name=Role.OFFICE).permissions.remove(right)
    assert client.get("/imports/").status_code == 403


def test_a_role_that_is_withdrawn_is_gone_with_the_next_request(city: Region) -> None:
    office = factories.cadre(Role.OFFICE, Role.SPECIALIST, region=city)
    client = signed_in(office)
    assert "未包联企业" in client.get(PLAIN).content.decode()
    office.groups.remove(Group.objects.get(name=Role.OFFICE))
    assert "未包联企业" not in client.get(PLAIN).content.decode()


def test_who_is_switched_off_is_signed_out_with_the_next_request(city: Region) -> None:
    office = factories.cadre(Role.OFFICE, region=city)
    client = signed_in(office)
    Cadre.objects.filter(pk=office.pk).update(is_active=False)
    assert client.get(PLAIN).status_code == 302


def test_rights_are_what_django_counts_together(city: Region) -> None:
    for role in sorted(set(Role) - ADMINISTRATORS):
        cadre = factories.cadre(role, region=city)
        wanted = Permission.objects.filter(group__user=cadre).values_list("content_type__app_label", "codename")
        assert cadre.get_all_permissions() == {f"{app}.{codename}" for app, codename in wanted}
    assert factories.cadre(region=city).get_all_permissions() == set()


def test_a_superuser_may_everything_and_who_is_switched_off_nothing(city: Region) -> None:
    root = factories.cadre(region=city, is_superuser=True)
    assert len(root.get_all_permissions()) == Permission.objects.count()
    gone = factories.cadre(Role.OFFICE, region=city, is_active=False)
    assert gone.get_all_permissions() == set()


@pytest.mark.parametrize("role", Role)
def test_the_statement_of_a_frame_is_kept_for_a_day_and_tells_every_moment_by_the_one_it_is_asked_at(
    role: Role, city: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in it may be a moment that only was when it was put together."""
    cadre = Cadre.objects.with_rights().get(pk=factories.cadre(role, region=city).pk)
    put_together, noon = context._question.__wrapped__, timezone.localtime().replace(hour=12)
    of_day = (cadre, cadre.scope, noon.date(), menu.counting(cadre))
    first, later = noon - timedelta(hours=3), noon + timedelta(hours=3)
    monkeypatch.setattr(timezone, "now", lambda: first)
    kept = put_together(*of_day)
    monkeypatch.setattr(timezone, "now", lambda: later)
    anew = put_together(*of_day)
    assert kept.sql == anew.sql
    assert [later if param is kept.now else param for param in kept.params] == list(anew.params)
    assert sum(param is kept.now for param in kept.params) == (role in OVERSEEING)
