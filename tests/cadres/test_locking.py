"""A row whose keys change while somebody waits for it: it is found as it is now, and the second is told."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from cadres.locking import locked
from cadres.models import Cadre
from cadres.roles import Role
from policies.models import Policy
from tests import factories
from tests.cadres.test_administration import sentences, signed_in, typed
from tests.meanwhile import after_waiting
from tests.policies.people import policy
from workflow.models import Holiday

pytestmark = pytest.mark.django_db(transaction=True)


def test_whoever_was_given_another_department_meanwhile_is_still_edited() -> None:
    place = factories.district(2, "澜北区")
    sysadmin = factories.cadre(Role.SYSADMIN, region=place)
    old, new = (factories.DepartmentFactory.create(region=place, name=name) for name in ("区工信局", "区商务局"))
    person = factories.cadre(Role.HANDLER, department=old, name="赵明")
    client, url = signed_in(sysadmin), reverse("cadres:cadre", args=(person.pk,))
    mine = typed(client, url, title="科长")
    moved = Cadre.objects.filter(pk=person.pk)
    told = after_waiting(
        lambda: moved.update(department=new, version=person.version + 1), lambda: client.post(url, mine)
    )
    assert told.status_code == 422
    assert "“单位”已由他人改为" in sentences(told)
    assert "区商务局" in sentences(told)


def test_whoever_moved_meanwhile_is_granted_a_role_all_the_same() -> None:
    place = factories.district(2, "澜北区")
    secadmin = factories.cadre(Role.SECADMIN, region=place)
    old, new = (factories.DepartmentFactory.create(region=place, name=name) for name in ("区工信局", "区商务局"))
    person = factories.cadre(department=old)
    client, url = signed_in(secadmin), reverse("cadres:grant", args=(person.pk,))
    mine = typed(client, url, roles=[Role.HANDLER.value])
    moved = Cadre.objects.filter(pk=person.pk)
    answer = after_waiting(lambda: moved.update(department=new), lambda: client.post(url, mine))
    assert answer.status_code == 302
    assert (moved.get().roles, moved.get().department) == ({Role.HANDLER}, new)


def test_who_has_left_the_scope_meanwhile_is_not_found() -> None:
    here, there = factories.district(2), factories.district(3)
    sysadmin, person = factories.cadre(Role.SYSADMIN, region=here), factories.cadre(region=here)
    client, url = signed_in(sysadmin), reverse("cadres:cadre", args=(person.pk,))
    mine = typed(client, url, title="科长")
    elsewhere, moved = factories.DepartmentFactory.create(region=there), Cadre.objects.filter(pk=person.pk)
    assert after_waiting(lambda: moved.update(department=elsewhere), lambda: client.post(url, mine)).status_code == 404


def test_of_two_editors_of_one_policy_at_once_the_second_sees_what_changed() -> None:
    found, office = policy(), factories.cadre(Role.OFFICE)
    place = factories.district(2, "澜北区")
    client, url = signed_in(office), reverse("policies:edit", args=(found.pk,))
    mine = typed(client, url, title="稳岗补贴（修订）", region=found.region.code)
    rows = Policy.objects.filter(pk=found.pk)
    told = after_waiting(
        lambda: rows.update(region=place, issuer="澜北区政府", version=found.version + 1),
        lambda: client.post(url, mine),
    )
    assert told.status_code == 422
    assert "“发文机关”已由他人改为“澜北区政府”，已替你更新。" in sentences(told)
    assert rows.get().region == place


def test_a_holiday_that_became_another_places_meanwhile_is_not_lost() -> None:
    place = factories.district(2, "澜北区")
    day = Holiday.objects.create(day=date(2027, 6, 16), kind="rest", name="古尔邦节", region=factories.city())
    client = signed_in(factories.cadre(Role.SYSADMIN, region=factories.city()))
    url = reverse("workflow:holiday", args=(day.pk,))
    mine = typed(client, url, name="古尔邦节（放假）")
    rows = Holiday.objects.filter(pk=day.pk)
    told = after_waiting(lambda: rows.update(region=place, version=day.version + 1), lambda: client.post(url, mine))
    assert told.status_code == 422
    assert "“适用区域”已由他人改为" in sentences(told)


def test_rows_are_locked_in_the_order_of_their_keys_and_joined_as_they_are_now() -> None:
    old, new = factories.DepartmentFactory.create(), factories.DepartmentFactory.create()
    people = [factories.cadre(department=old) for _ in range(3)]
    some = Cadre.objects.filter(pk__in=[one.pk for one in people]).select_related("department").order_by("-pk")

    def read() -> list[tuple[int, str]]:
        from django.db import transaction

        with transaction.atomic():
            return [(one.pk, one.department.name if one.department else "") for one in locked(some)]

    found = after_waiting(lambda: Cadre.objects.filter(pk=people[1].pk).update(department=new), read)
    names = {people[0].pk: old.name, people[1].pk: new.name, people[2].pk: old.name}
    assert found == sorted(names.items(), reverse=True)
