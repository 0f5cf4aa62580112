"""A handful of everything that the measurements ask for, committed, with people who can sign in."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.utils import timezone

from cadres.roles import Role
from tests import factories
from tests.policies import people as policies

SIGNING_IN = {
    "specialist": Role.SPECIALIST,
    "handler": Role.HANDLER,
    "office": Role.OFFICE,
    "supervisor": Role.SUPERVISOR,
    "leader": Role.LEADER,
}


@pytest.fixture
def small_city(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes see it too: they are told of the tests' database."""
    district = factories.district()
    department = factories.DepartmentFactory.create(region=district, name="第2区人社局")
    password = PBKDF2PasswordHasher().encode(settings.DEMO_PASSWORD, "salt")  # as the web process reads it
    people = {
        role: factories.cadre(role, username=username, department=department, password=password)
        if role in {Role.SPECIALIST, Role.HANDLER}
        else factories.cadre(role, username=username, region=factories.city(), password=password)
        for username, role in SIGNING_IN.items()
    }
    town = factories.town(district)
    for _ in range(3):
        enterprise = factories.EnterpriseFactory.create(region=town)
        factories.contact(enterprise)
        factories.assign(people[Role.SPECIALIST], enterprise)
        factories.appeal(enterprise, people[Role.SPECIALIST], now=timezone.now())
        factories.status(enterprise, timezone.localdate())
    policies.policy(region=factories.city())
    monkeypatch.setenv("DATABASE_URL", _url())


def _url() -> str:
    told = connection.settings_dict
    return f"postgres://{told['USER'] or 'postgres'}@{quote(told['HOST'], safe='')}/{told['NAME']}"
