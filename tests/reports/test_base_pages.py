"""The pages of base lists: who stands on a month's list, cut to one's region, and who came and went by name."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Enterprise
from reports import bases
from reports.models import BaseList
from tests import factories
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


@pytest.fixture
def base() -> BaseList:
    for number in (2, 3):
        factories.EnterpriseFactory.create(region=factories.district(number), name=f"第{number}区<厂>")
    bases.keep_for(factories.city(), NOW.date(), now=NOW)
    return BaseList.objects.get()


def test_who_left_stands_there_by_name_and_reason(base: BaseList) -> None:
    Enterprise.objects.filter(name="第2区<厂>").update(state="suspended")
    bases.follow_changes(base, now=NOW)
    client = signed_in(factories.cadre(Role.OFFICE, region=factories.city()))
    page = client.get("/reports/bases/", {"state": "left"}).content.decode()
    assert "第2区&lt;厂&gt;" in page
    assert "停业" in page
    assert "第3区&lt;厂&gt;" not in page
    counts = {tab.label: tab.count for tab in client.get("/reports/bases/").context["tabs"]}
    assert counts == {"全部": "", "在名单": "1", "后来列入": "0", "已移出": "1"}


def test_a_district_sees_its_own_part(base: BaseList) -> None:
    page = signed_in(factories.cadre(Role.OFFICE, region=factories.district(2))).get("/reports/bases/")
    assert [row.enterprise.name for row in page.context["listing"].rows] == ["第2区<厂>"]


def test_before_the_first_list_there_is_an_empty_page() -> None:
    client = signed_in(factories.cadre(Role.LEADER, region=factories.city()))
    assert "还没有冻结的名单" in client.get("/reports/bases/").content.decode()
