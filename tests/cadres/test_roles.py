"""Roles are seeded as groups with their rights, again and again, and never over what somebody edited."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from cadres.roles import ADMINISTRATORS, PERMISSIONS, Role
from cadres.seeding import seed
from tests import factories

pytestmark = pytest.mark.django_db


def seed_all() -> None:
    for config in apps.get_app_configs():
        seed(config)


def rights(role: Role) -> set[str]:
    pairs = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in pairs}


def test_every_role_has_exactly_the_rights_of_its_table() -> None:
    assert {role: rights(role) for role in Role} == {role: set(PERMISSIONS[role]) for role in Role}


def test_a_right_that_was_taken_away_stays_away_and_one_that_was_added_stays() -> None:
    group = Group.objects.get(name=Role.OFFICE)
    taken = group.permissions.get(codename="close_appeal")
    group.permissions.remove(taken)
    given = Group.objects.get(name=Role.HANDLER).permissions.get(codename="handle_appeal")
    group.permissions.add(given)
    seed_all()
    assert taken not in group.permissions.all()
    assert given in group.permissions.all()


CONFIGURATION = {"workflow.change_rung", "workflow.change_holiday", "workflow.change_workinghours"}
CONFIGURATION |= {"appeals.change_limit", "appeals.change_replyterm", "appeals.change_category"}


def test_administrators_hold_no_right_to_business() -> None:
    """The auditor exports the audit log, which is the only list that they may see."""
    for role in ADMINISTRATORS:
        held = rights(role) - CONFIGURATION - {"reports.export_ledger"}
        assert not {right for right in held if not right.startswith("cadres.")}


def test_the_administrators_share_no_right() -> None:
    held = [right for role in ADMINISTRATORS for right in rights(role)]
    assert len(held) == len(set(held))


def test_a_cadre_has_the_rights_of_all_their_roles() -> None:
    both = factories.cadre(Role.HANDLER, Role.HEAD)
    assert both.has_perm("appeals.handle_appeal")
    assert both.has_perm("appeals.review_appeal")
    assert not both.has_perm("appeals.close_appeal")
