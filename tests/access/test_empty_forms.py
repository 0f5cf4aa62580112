"""A form that was sent with nothing in it is a form that was sent."""

import pytest
from django.test import Client
from django.urls import reverse

from cadres.roles import Role
from tests import factories

PAGES = [
    ("cadres:new_region", Role.SYSADMIN),
    ("cadres:new_department", Role.SYSADMIN),
    ("cadres:new_cadre", Role.SYSADMIN),
    ("workflow:new_holiday", Role.SYSADMIN),
    ("workflow:hours", Role.SYSADMIN),
    ("workflow:new_rung", Role.SYSADMIN),
    ("appeals:new_limit", Role.SYSADMIN),
    ("appeals:new_category", Role.SYSADMIN),
    ("enterprises:new", Role.OFFICE),
    ("enterprises:new_campaign", Role.OFFICE),
    ("policies:new", Role.OFFICE),
    ("policies:new_fulfilments", Role.OFFICE),
    ("reports:import_new", Role.OFFICE),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "role"), PAGES, ids=str)
def test_nothing_at_all_is_refused_with_what_is_missing(name: str, role: Role) -> None:
    client = Client()
    client.force_login(factories.cadre(role, region=factories.city()))
    response = client.post(reverse(name))
    assert response.status_code == 422
    assert response.context["form"].errors
