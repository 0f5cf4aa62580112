"""The filters of the contract have the same names on every list on which they make sense, and narrow it alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Enterprise
from policies import registering
from tests import factories
from tests.policies import people
from tests.reports.test_coverage_rates import visit

pytestmark = pytest.mark.django_db

LISTS = {
    "/enterprises/": "",
    "/enterprises/uncovered/": "",
    "/assignments/": "",
    "/status/": "",
    "/visits/": "",
    "/appeals/": "",
    "/appeals/escalations/": "status=all&",
    "/fulfilments/": "status=all&",
}


@pytest.fixture
def office() -> Cadre:
    """The city's, where two enterprises of two trades have one row on every list."""
    who = factories.cadre(Role.OFFICE, region=factories.city())
    specialist = factories.cadre(Role.SPECIALIST, region=factories.district(), username="wangxm")
    item = people.item(people.policy(), factories.DepartmentFactory.create())
    uncovered = factories.CampaignFactory.create(name="三服务")
    for name, industry, group in (("甲物流", "G54", "物流"), ("乙机械", "C34", "机械制造")):
        one = factories.EnterpriseFactory.create(name=name, industry=industry, industry_group=group)
        factories.assign(specialist, one)
        visit(one, specialist, timezone.localdate(), logged_at=timezone.now())
        appeal = factories.appeal(one, specialist, title=f"{name}的诉求")
        type(appeal).objects.filter(pk=appeal.pk).update(level=2)
        registering.many(Enterprise.objects.filter(pk=one.pk), item, "2026", by=who, now=timezone.now(), entitled=True)
    assert uncovered.pk
    return who


@pytest.fixture
def page(client: Client, office: Cadre) -> Callable[[str, str], str]:
    client.force_login(office)
    campaign = str(office.pk and factories.CampaignFactory.create(name="三服务").pk)

    def get(path: str, query: str) -> str:
        first = f"campaign={campaign}&" if "uncovered" in path else LISTS[path]
        response = client.get(f"{path}?{first}{query}")
        assert response.status_code == 200
        listing = response.context["listing"]
        return "；".join(listing.complaints) or "".join(sorted(str(_name(row)) for row in listing.rows))

    return get


def _name(row: object) -> str:
    return (row if isinstance(row, Enterprise) else row.enterprise).name[0]


@pytest.mark.parametrize("path", LISTS)
def test_the_local_group_and_the_industry_narrow_every_list(page: Callable[[str, str], str], path: str) -> None:
    assert page(path, "") == "乙甲"
    assert page(path, "group=物流") == "甲"
    assert page(path, "industry=C") == "乙"
    assert page(path, "group=物流&industry=C34") == ""


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_group_is_said_and_shows_nothing(page: Callable[[str, str], str], path: str) -> None:
    assert "行业分组" in page(path, "group=航天")


@pytest.mark.parametrize("path", [path for path in LISTS if "uncovered" not in path])
def test_the_specialist_is_asked_for_everywhere(page: Callable[[str, str], str], path: str) -> None:
    assert page(path, "specialist=wangxm") == "乙甲"


def test_the_campaign_narrows_the_fulfilments(page: Callable[[str, str], str]) -> None:
    large = factories.CampaignFactory.create(name="帮一企", sizes=["large"])
    Enterprise.objects.filter(name="甲物流").update(size="large")
    assert page("/fulfilments/", f"campaign={large.pk}") == "甲"
