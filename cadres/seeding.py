"""The roles as Django groups with their rights, and how long the audit log is kept, seeded after the migrations.

A right is given to a role once; which ones were given is remembered, so that what an administrator takes away stays
away and what a later version adds is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from cadres.models import AuditKeeping, SeededRight
from cadres.roles import PERMISSIONS, Role

if TYPE_CHECKING:
    from django.apps import AppConfig


def seed(sender: AppConfig, **kwargs: Any) -> None:
    """Seed the rights on this app's models, whose permissions this makes sure of first."""
    create_permissions(sender, verbosity=0)
    groups = {role: Group.objects.get_or_create(name=role.value)[0] for role in Role}
    given = set(SeededRight.objects.values_list("role", "right"))
    for permission in Permission.objects.filter(content_type__app_label=sender.label):
        right = f"{sender.label}.{permission.codename}"
        for role, rights in PERMISSIONS.items():
            if right in rights and (role.value, right) not in given:
                groups[role].permissions.add(permission)
                SeededRight.objects.get_or_create(role=role.value, right=right)


def seed_keeping(sender: AppConfig, **kwargs: Any) -> None:
    """The one row that says how long the audit log is kept."""
    AuditKeeping.objects.get_or_create(pk=1)
