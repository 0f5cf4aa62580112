"""Workload per specialist, parks beside districts, and several campaigns at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cadres.models import Region
from cadres.roles import Role
from enterprises.coverage import coverage, in_places
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/assignments/workload/"


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def office(north):
    return factories.cadre(Role.OFFICE, region=north)


@pytest.fixture
def busy(north):
    """Two enterprises, one of them in two campaigns; one not visited for long, one visited today."""
    today = timezone.localdate()
    specialist = factories.cadre(Role.SPECIALIST, region=north, username="wang.xm", name="王晓敏")
    late, fresh = (factories.EnterpriseFactory.create(region=north) for _ in range(2))
    fresh.last_contact_on = today
    fresh.save()
    begun = today - timedelta(days=60)
    first = factories.CampaignFactory.create(name="千人入千企", starts_on=begun)
    second = factories.CampaignFactory.create(name="三服务", starts_on=begun)
    factories.assign(specialist, late, first, starts_on=begun)
    factories.assign(specialist, fresh, first, starts_on=begun)
    factories.assign(specialist, fresh, second, starts_on=begun)
    return specialist


def body(response):
    return response.content.decode()


def links(page):
    return [found.replace("&amp;", "&") for found in re.findall(r'href="(/assignments/\?specialist[^"]*)"', page)]


def test_each_number_is_that_of_the_list_it_opens(signed_in, office, busy):
    browser = signed_in(office)
    answer = browser.get(PATH)
    row = answer.context["listing"].rows[0]
    assert (row.name, row.total, row.enterprises, row.overdue, row.visited) == ("王晓敏", 3, 2, 1, 2)
    opened = [len(browser.get(link).context["listing"].rows) for link in links(body(answer))]
    assert opened == [3, 3, 1, 2]


def test_one_visit_counts_for_every_campaign(signed_in, office, busy):
    rows = signed_in(office).get("/assignments/?light=visited").context["listing"].rows
    assert sorted(row.campaign.name for row in rows) == ["三服务", "千人入千企"]


def test_a_campaign_narrows_every_number(signed_in, office, busy):
    browser = signed_in(office)
    campaign = factories.CampaignFactory.create(name="三服务")
    row = browser.get(f"{PATH}?campaign={campaign.pk}").context["listing"].rows[0]
    assert (row.total, row.enterprises, row.overdue, row.visited) == (1, 1, 0, 1)
    assert f"campaign={campaign.pk}" in links(body(browser.get(f"{PATH}?campaign={campaign.pk}")))[0]


def test_idle_ones_are_there_and_those_of_other_districts_are_not(signed_in, office, busy, north):
    idle = factories.cadre(Role.SPECIALIST, region=north)
    factories.cadre(Role.SPECIALIST, region=factories.district(3))
    browser = signed_in(office)
    assert {row.pk for row in browser.get(PATH).context["listing"].rows} == {busy.pk, idle.pk}
    assert [row.pk for row in browser.get(f"{PATH}?light=idle").context["listing"].rows] == [idle.pk]
    assert [row.pk for row in browser.get(f"{PATH}?light=red").context["listing"].rows] == [busy.pk]


@pytest.mark.parametrize("query", ["light=blue", "campaign=0", "region=1", "sort=x"])
def test_unknown_values_give_a_sentence(signed_in, office, busy, query):
    listing = signed_in(office).get(f"{PATH}?{query}").context["listing"]
    assert listing.complaints
    assert listing.rows == []


def test_a_specialist_has_no_such_page(signed_in, busy):
    assert signed_in(busy).get(PATH).status_code == 403


def test_an_empty_database_has_an_empty_list(signed_in, db):
    assert "还没有专员" in body(signed_in(factories.cadre(Role.OFFICE)).get(PATH))


def test_twenty_rows_take_as_many_queries_as_two(signed_in, office, north, django_assert_max_num_queries):
    counts = []
    browser = signed_in(office)
    for _ in range(2):
        for _ in range(2 if not counts else 20):
            factories.assign(
                factories.cadre(Role.SPECIALIST, region=north), factories.EnterpriseFactory.create(region=north)
            )
        browser.get(PATH)
        with django_assert_max_num_queries(30) as asked:
            browser.get(PATH)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.fixture
def park():
    return Region.objects.create(
        code="990190000000", name="经开区", kind=Region.Kind.PARK, parent=factories.city(), path=""
    )


def test_parks_stand_beside_districts_and_are_never_added(signed_in, office, north, park):
    campaign = factories.CampaignFactory.create()
    inside = factories.EnterpriseFactory.create(region=north, park=park)
    factories.EnterpriseFactory.create(region=north)
    factories.EnterpriseFactory.create(region=factories.district(3), park=park)
    today = timezone.localdate()
    assert coverage(campaign, office, today).total == 2
    regions, (row, *_) = in_places(campaign, office, today)
    assert [(row.region.name, row.total) for row in regions] == [("北区", 2)]
    assert (row.region.name, row.total, row.uncovered) == ("经开区", 1, 1)
    browser = signed_in(office)
    assert "其中：" in body(browser.get(campaign.get_absolute_url()))
    for url in (row.total_url, row.uncovered_url, f"/enterprises/?region={park.code}", f"/status/?region={park.code}"):
        assert [one.pk for one in browser.get(url).context["listing"].rows] == [inside.pk], url
