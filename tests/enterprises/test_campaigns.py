"""Campaigns: which enterprises are to be covered, how far they are, and editing one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cadres.roles import Role
from enterprises.models import Campaign
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def client(signed_in):
    return signed_in(factories.cadre(Role.OFFICE))


def body(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    ("narrowing", "expected"),
    [
        ({}, "甲乙丙"),
        ({"kinds": ["trader"]}, "乙"),
        ({"kinds": ["trader", "farm"]}, "乙丙"),
        ({"sizes": ["large"]}, "甲"),
        ({"categories": ["farm_leader"]}, "丙"),
        ({"key_lists": ["trade", "logistics"]}, "甲"),
        ({"sizes": ["large"], "kinds": ["trader"]}, ""),
    ],
)
def test_a_campaign_covers_what_its_conditions_say(narrowing, expected):
    north = factories.district(2)
    factories.EnterpriseFactory.create(name="甲", region=north, size="large", key_lists=["trade", "industry"])
    factories.EnterpriseFactory.create(name="乙", region=factories.town(north), kind="trader", size="micro")
    factories.EnterpriseFactory.create(name="丙", region=north, kind="farm", category="farm_leader")
    factories.EnterpriseFactory.create(name="停业", region=north, size="large", state="suspended")
    factories.EnterpriseFactory.create(name="别区", region=factories.district(3), size="large")
    campaign = factories.CampaignFactory.create(regions=[north], **narrowing)
    assert {one.name for one in campaign.to_be_covered()} == set(expected)


def test_covered_and_uncovered_make_up_the_whole(today):
    campaign = factories.CampaignFactory.create(starts_on=today - timedelta(days=9))
    some = [factories.EnterpriseFactory.create() for _ in range(3)]
    factories.assign(factories.cadre(Role.SPECIALIST), some[0], campaign, starts_on=today)
    other = factories.CampaignFactory.create(name="三服务", starts_on=today)
    factories.assign(factories.cadre(Role.SPECIALIST), some[1], other, starts_on=today)
    assert list(campaign.covered(today)) == [some[0]]
    assert set(campaign.uncovered(today)) == set(some[1:])


def test_every_count_of_the_page_leads_to_as_many_rows(client, today):
    campaign = factories.CampaignFactory.create(starts_on=today - timedelta(days=9))
    other = factories.CampaignFactory.create(name="三服务", starts_on=today - timedelta(days=9))
    specialist = factories.cadre(Role.SPECIALIST)
    for number in (2, 3):
        district = factories.district(number)
        for region in (district, factories.town(district, 1), factories.town(district, 1), factories.town(district, 2)):
            enterprise = factories.EnterpriseFactory.create(region=region)
            factories.assign(specialist, enterprise, campaign if region != district else other, starts_on=today)
    page = client.get(campaign.get_absolute_url())
    regions = page.context["regions"]
    assert [(row.region.name, row.total, row.covered, row.uncovered) for row in regions] == [
        ("第2区", 4, 3, 1),
        ("第2区1街道", 2, 2, 0),
        ("第2区2街道", 1, 1, 0),
        ("第3区", 4, 3, 1),
        ("第3区1街道", 2, 2, 0),
        ("第3区2街道", 1, 1, 0),
    ]
    for row in [page.context["whole"], *regions]:
        for count, url in (
            (row.total, row.total_url),
            (row.covered, row.covered_url),
            (row.uncovered, row.uncovered_url),
        ):
            assert client.get(url).context["listing"].counted == count, url


def test_a_specialist_sees_a_campaigns_counts_of_their_own_enterprises(signed_in, today):
    specialist = factories.cadre(Role.SPECIALIST)
    campaign = factories.CampaignFactory.create(starts_on=today - timedelta(days=9))
    factories.assign(specialist, factories.EnterpriseFactory.create(), campaign, starts_on=today)
    factories.EnterpriseFactory.create()
    page = signed_in(specialist).get(campaign.get_absolute_url())
    assert (page.context["whole"].total, page.context["whole"].covered) == (1, 1)
    assert "/enterprises/uncovered/" not in body(page)


def test_the_page_asks_as_few_questions_for_many_towns_as_for_few(client, today, django_assert_num_queries):
    campaign = factories.CampaignFactory.create(starts_on=today)
    counts = []
    for towns in (range(1, 3), range(3, 20)):
        for number in towns:
            factories.EnterpriseFactory.create(region=factories.town(factories.district(2), number))
        client.get(campaign.get_absolute_url())
        with django_assert_num_queries(50, exact=False) as asked:
            client.get(campaign.get_absolute_url())
        counts.append(len(asked))
    assert counts[0] == counts[1]


def filled(**fields: Any) -> dict[str, Any]:
    values = {
        "name": "奋战四个月、千人入千企",
        "official_title": "特派专员",
        "starts_on": "2026-09-01",
        "ends_on": "",
        "regions": [factories.district(2).pk],
        "contact_every_days": "14",
        "sizes": ["large", "medium"],
    }
    return values | fields


def test_an_office_makes_a_campaign(client):
    response = client.post("/campaigns/new/", filled())
    campaign = Campaign.objects.get()
    assert response.headers["Location"] == campaign.get_absolute_url()
    assert (campaign.contact_every_days, campaign.sizes, campaign.kinds) == (14, ["large", "medium"], [])
    assert list(campaign.regions.all()) == [factories.district(2)]
    page = body(client.get(campaign.get_absolute_url()))
    for words in ("2026-09-01 至 长期", "大型、中型", "每 14 天", "进行中"):
        assert words in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "名称：请填写"),
        ({"regions": []}, "区域：请选择"),
        ({"regions": ["0"]}, "不是可选的值"),
        ({"ends_on": "2026-08-31"}, "终止日期不能早于起始日期"),
        ({"contact_every_days": "0"}, "走访频次（天）：不能小于 1"),
        ({"contact_every_days": "9999"}, "走访频次（天）：不能大于 366"),
        ({"sizes": ["giant"]}, "规模：“giant”不是可选的值"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_said(client, fields, sentence):
    response = client.post("/campaigns/new/", filled(**fields))
    assert (response.status_code, sentence in body(response)) == (422, True)
    assert not Campaign.objects.exists()


def test_two_campaigns_have_two_names(client):
    client.post("/campaigns/new/", filled())
    assert "已有同名的专项行动" in body(client.post("/campaigns/new/", filled()))


def test_a_district_makes_campaigns_of_its_own_region_alone(signed_in):
    client = signed_in(factories.cadre(Role.OFFICE, region=factories.district(2)))
    for region in (factories.district(3), factories.city()):
        assert client.post("/campaigns/new/", filled(regions=[region.pk])).status_code == 422
    assert client.post("/campaigns/new/", filled()).status_code == 302


def test_the_second_of_two_editors_of_a_campaign_is_told(client):
    campaign = factories.CampaignFactory.create(name="千人入千企")
    path = f"/campaigns/{campaign.pk}/edit/"
    seen = client.get(path).context["form"]["seen"].value()
    values = filled(name="千人入千企", regions=[factories.city().pk], sizes=[], seen=seen)
    assert client.post(path, values | {"contact_every_days": "7"}).status_code == 302
    second = client.post(path, values | {"official_title": "企业服务官"})
    assert second.status_code == 422
    assert "“走访频次（天）”已由他人改为“7”，已替你更新" in body(second)
    campaign.refresh_from_db()
    assert (campaign.contact_every_days, campaign.official_title) == (7, "特派专员")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "甲乙丙"),
        ({"status": "running"}, "甲"),
        ({"status": "planned"}, "乙"),
        ({"status": "ended"}, "丙"),
        ({"q": "甲"}, "甲"),
    ],
)
def test_campaigns_are_listed_by_their_state(client, today, query, expected):
    day = timedelta(days=1)
    factories.CampaignFactory.create(name="甲", starts_on=today, ends_on=today)
    factories.CampaignFactory.create(name="乙", starts_on=today + day)
    factories.CampaignFactory.create(name="丙", starts_on=today - 9 * day, ends_on=today - day)
    rows = client.get("/campaigns/", query).context["listing"].rows
    assert {row.name for row in rows} == set(expected)


def test_the_list_of_campaigns_asks_as_few_questions_for_twenty_as_for_two(client, django_assert_num_queries):
    counts = []
    for numbers in (range(2), range(2, 20)):
        for number in numbers:
            factories.CampaignFactory.create(name=f"行动{number}")
        client.get("/campaigns/")
        with django_assert_num_queries(50, exact=False) as asked:
            client.get("/campaigns/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
