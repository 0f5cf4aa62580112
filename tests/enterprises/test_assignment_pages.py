"""The ledger, the uncovered, and the pages on which an office assigns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cadres.roles import Role
from enterprises.models import Assignment, Campaign
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def campaign(today):
    return factories.CampaignFactory.create(starts_on=today - timedelta(days=60), contact_every_days=14)


@pytest.fixture
def office(north):
    return factories.cadre(Role.OFFICE, region=north, name="周海燕")


@pytest.fixture
def client(signed_in, office):
    return signed_in(office)


@pytest.fixture
def specialist(north):
    unit = factories.DepartmentFactory.create(region=north, name="北区工信局")
    return factories.cadre(Role.SPECIALIST, department=unit, name="王晓敏", username="wangxm", title="科长")


@pytest.fixture
def enterprise(north):
    return factories.EnterpriseFactory.create(name="天山机械", region=factories.town(north))


def body(response) -> str:
    return response.content.decode()


# --- the ledger ---


@pytest.fixture
def ledger(today, north, campaign, specialist, enterprise):
    """Rows in every state: overdue, in time, ended, planned, and one of a campaign that is over."""
    begun = today - timedelta(days=50)
    visited = {"甲逾期": 20, "乙按时": 3, "丙已结束": 40}
    for name, days in visited.items():
        one = factories.EnterpriseFactory.create(name=name, region=north, last_contact_on=today - timedelta(days=days))
        ended = {"ends_on": today, "reason": "轮岗"} if name == "丙已结束" else {}
        factories.assign(specialist, one, campaign, starts_on=begun, **ended)
    leader = factories.cadre(Role.TEAM_LEADER, name="赵领导")
    other = factories.cadre(Role.SPECIALIST, region=north, name="李四")
    factories.assign(other, enterprise, campaign, starts_on=today + timedelta(days=5))
    over = factories.CampaignFactory.create(
        name="旧行动", starts_on=begun, ends_on=today - timedelta(days=1), contact_every_days=1
    )
    old = factories.EnterpriseFactory.create(name="丁旧行动", region=north)
    factories.assign(other, old, over, starts_on=begun)
    overdue = Assignment.objects.get(enterprise__name="甲逾期")
    factories.assign(leader, overdue.enterprise, campaign, role="leader", starts_on=begun)
    return campaign


def names(client, **query: str) -> list[str]:
    return [row.enterprise.name for row in client.get("/assignments/", query).context["listing"].rows]


def test_the_ledger_shows_todays_and_begins_with_the_longest_without_contact(client, ledger):
    assert names(client) == ["丁旧行动", "甲逾期", "乙按时"]
    assert names(client, sort="-contact") == ["乙按时", "甲逾期", "丁旧行动"]


def test_sorted_by_the_frequency_what_does_not_count_comes_last(client, ledger):
    shown = names(client, status="all", sort="due")
    assert shown[:2] == ["甲逾期", "乙按时"]
    assert set(shown[2:]) == {"丙已结束", "天山机械", "丁旧行动"}


def test_a_row_of_the_ledger_says_who_since_when_and_how_late(client, ledger, today):
    page = body(client.get("/assignments/", {"q": "甲逾期"}))
    for words in ("王晓敏", "北区工信局 · 科长", "赵领导", "千人入千企", "逾期 6 天", "每 14 天", "至今"):
        assert words in page
    assert "row-over" in page
    assert f"{today - timedelta(days=20):%Y-%m-%d}" in page
    assert "row-over" not in body(client.get("/assignments/", {"q": "乙按时"}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "all"}, {"甲逾期", "乙按时", "丁旧行动", "丙已结束", "天山机械"}),
        ({"status": "active"}, {"甲逾期", "乙按时", "丁旧行动"}),
        ({"status": "ended"}, {"丙已结束"}),
        ({"status": "planned"}, {"天山机械"}),
        ({"light": "red"}, {"甲逾期"}),
        ({"specialist": "wangxm"}, {"甲逾期", "乙按时"}),
        ({"specialist": "李四", "status": "all"}, {"天山机械", "丁旧行动"}),
        ({"q": "天山", "status": "planned"}, {"天山机械"}),
        ({"q": "tsjx", "status": "all"}, {"天山机械"}),
        ({"region": "990102001000", "status": "all"}, {"天山机械"}),
        ({"campaign": "PK", "status": "active"}, {"甲逾期", "乙按时"}),
        ({"from": "2000-01-01", "to": "2000-12-31"}, set()),
    ],
)
def test_each_filter_narrows_the_ledger(client, ledger, query, expected):
    query = {name: str(ledger.pk) if value == "PK" else value for name, value in query.items()}
    assert set(names(client, **query)) == expected


@pytest.mark.parametrize(
    "query", [{"status": "x"}, {"light": "blue"}, {"campaign": "0"}, {"from": "x"}, {"size": "large"}]
)
def test_an_unknown_value_empties_the_ledger_with_a_sentence(client, ledger, query):
    page = client.get("/assignments/", query)
    assert page.context["listing"].rows == []
    assert page.context["listing"].complaints


def test_a_specialist_sees_the_ledger_of_their_own_enterprises(signed_in, ledger, specialist):
    assert set(names(signed_in(specialist))) == {"甲逾期", "乙按时"}


# --- the uncovered ---


def uncovered(client, **query: str) -> list[str]:
    return [row.name for row in client.get("/enterprises/uncovered/", query).context["listing"].rows]


def test_the_uncovered_are_those_of_the_newest_running_campaign_without_specialist(
    client, today, north, campaign, specialist, enterprise
):
    covered = factories.EnterpriseFactory.create(name="有人管", region=north)
    factories.assign(specialist, covered, campaign, starts_on=today)
    factories.EnterpriseFactory.create(name="停业的", region=north, state="suspended")
    factories.EnterpriseFactory.create(name="别区的", region=factories.district(3))
    member_only = factories.EnterpriseFactory.create(name="只有成员", region=north)
    factories.assign(specialist, member_only, campaign, role="member", starts_on=today)
    gone = factories.EnterpriseFactory.create(name="刚离任", region=north)
    factories.assign(specialist, gone, campaign, starts_on=today - timedelta(days=9), ends_on=today)
    assert set(uncovered(client)) == {"天山机械", "只有成员", "刚离任"}
    assert uncovered(client, region="990102001000") == ["天山机械"]
    newer = factories.CampaignFactory.create(name="新行动", starts_on=today)
    assert "有人管" in uncovered(client)
    assert "有人管" not in uncovered(client, campaign=str(campaign.pk))
    assert "新行动" in body(client.get("/enterprises/uncovered/"))
    assert newer.uncovered(today).count() == 5  # with the other district's


def test_the_counts_above_the_uncovered_lead_to_their_rows(client, today, north, campaign, specialist, enterprise):
    for number in range(3):
        one = factories.EnterpriseFactory.create(region=factories.town(north, number + 1))
        factories.assign(specialist, one, campaign, starts_on=today)
    for query in ({}, {"region": "990102001000"}):
        coverage = client.get("/enterprises/uncovered/", query).context["coverage"]
        for count, url in (
            (coverage.total, coverage.total_url),
            (coverage.covered, coverage.covered_url),
            (coverage.uncovered, coverage.uncovered_url),
        ):
            assert client.get(url).context["listing"].counted == count
    assert (coverage.total, coverage.covered, coverage.uncovered) == (2, 1, 1)


def test_without_a_running_campaign_nothing_is_uncovered(client, enterprise):
    page = client.get("/enterprises/uncovered/")
    assert page.context["listing"].rows == []
    assert "还没有进行中的专项行动" in body(page)


def test_a_campaign_that_is_not_known_gives_a_sentence(client, campaign, enterprise):
    assert "不是可选的值" in body(client.get("/enterprises/uncovered/", {"campaign": "0"}))


# --- assigning one ---


def assign_path(enterprise) -> str:
    return f"/enterprises/{enterprise.pk}/assign/"


def choice(campaign: Campaign, cadre, today, /, **fields: str) -> dict[str, str]:
    values = {
        "campaign": campaign.pk,
        "role": "specialist",
        "cadre": cadre.pk,
        "starts_on": today.isoformat(),
        "reason": "",
        "seen": "",
    }
    return values | fields


def test_an_office_assigns_a_specialist(client, office, campaign, specialist, enterprise, today):
    page = client.get(assign_path(enterprise), {"campaign": campaign.pk})
    assert "王晓敏" in body(page)
    assert "已包联 <b>0</b> 家" in body(page)
    response = client.post(assign_path(enterprise), choice(campaign, specialist, today))
    assert response.headers["Location"] == enterprise.get_absolute_url()
    row = Assignment.objects.get()
    assert (row.cadre, row.enterprise, row.campaign, row.assigned_by) == (specialist, enterprise, campaign, office)


def test_a_change_is_offered_with_who_it_is_and_asks_for_the_reason(
    client, north, campaign, specialist, enterprise, today
):
    old = factories.assign(specialist, enterprise, campaign, starts_on=today - timedelta(days=9))
    other = factories.cadre(Role.SPECIALIST, region=north, name="李四")
    page = client.get(assign_path(enterprise))
    assert "现任专员" in body(page)
    seen = page.context["form"]["seen"].value()
    refused = client.post(assign_path(enterprise), choice(campaign, other, today, seen=seen))
    assert (refused.status_code, "请填写更换现任的原因" in body(refused)) == (422, True)
    client.post(assign_path(enterprise), choice(campaign, other, today, seen=seen, reason="轮岗"))
    old.refresh_from_db()
    assert (old.ends_on, old.reason) == (today, "轮岗")
    assert Assignment.objects.get(ends_on=None).cadre == other


def test_who_did_not_see_the_present_specialist_is_told_of_them(client, north, campaign, specialist, enterprise, today):
    seen = client.get(assign_path(enterprise)).context["form"]["seen"].value()
    factories.assign(specialist, enterprise, campaign, starts_on=today)
    other = factories.cadre(Role.SPECIALIST, region=north)
    response = client.post(assign_path(enterprise), choice(campaign, other, today, seen=seen, reason="轮岗"))
    assert response.status_code == 422
    assert "安排为王晓敏" in body(response)
    assert Assignment.objects.get().cadre == specialist


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"cadre": ""}, "请选择一名干部"),
        ({"cadre": "x"}, "该干部不在可选范围内"),
        ({"campaign": "0"}, "专项行动：“0”不是可选的值"),
        ({"starts_on": "明天"}, "起始日期：请填日期"),
        ({"starts_on": "2000-01-01"}, "起始日期应在专项行动期间内"),
        ({"role": "boss"}, "职责：“boss”不是可选的值"),
        ({"reason": "x" * 201}, "最多 200 字"),
    ],
)
def test_what_is_wrong_with_a_choice_is_said(client, campaign, specialist, enterprise, today, fields, sentence):
    response = client.post(assign_path(enterprise), choice(campaign, specialist, today, **fields))
    assert (response.status_code, sentence in body(response)) == (422, True)
    assert not Assignment.objects.exists()


def test_a_cadre_or_campaign_out_of_scope_can_not_be_chosen(client, campaign, enterprise, specialist, today):
    south = factories.district(3)
    stranger = factories.cadre(Role.SPECIALIST, region=south)
    assert client.post(assign_path(enterprise), choice(campaign, stranger, today)).status_code == 422
    elsewhere = factories.CampaignFactory.create(name="南区行动", starts_on=today, regions=[south])
    assert client.post(assign_path(enterprise), choice(elsewhere, specialist, today)).status_code == 422
    over = factories.CampaignFactory.create(
        name="旧行动", starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1)
    )
    assert client.post(assign_path(enterprise), choice(over, specialist, today)).status_code == 422
    assert not Assignment.objects.exists()


def test_a_search_without_scripts_answers_with_the_form_and_saves_nothing(
    client, north, campaign, specialist, enterprise, today
):
    factories.cadre(Role.SPECIALIST, region=north, name="李四")
    values = choice(campaign, specialist, today, find="1", find_text="wxm", reason="轮岗")
    page = client.post(assign_path(enterprise), values)
    assert page.status_code == 200
    assert [one.name for one in page.context["candidates"]] == ["王晓敏"]
    assert 'value="轮岗"' in body(page)
    assert "checked" in body(page).split(f'value="{specialist.pk}"')[1][:20]
    assert not Assignment.objects.exists()


def test_the_search_with_scripts_answers_with_the_choice_alone(client, north, specialist):
    leader = factories.cadre(Role.TEAM_LEADER, region=north, name="赵领导")
    page = client.get("/enterprises/specialists/", {"find_text": "王", "near": north.code})
    assert "王晓敏" in body(page)
    assert "<html" not in body(page)
    assert "没有找到可安排的干部" in body(client.get("/enterprises/specialists/", {"find_text": "无名"}))
    page = client.get("/enterprises/specialists/", {"role": "leader", "near": "x", "find_text": ""})
    assert page.context["candidates"] == [leader]


# --- assigning many ---


def test_ticked_enterprises_lead_to_one_choice_for_all(client, campaign, specialist, north, enterprise, today):
    others = [factories.EnterpriseFactory.create(region=north) for _ in range(2)]
    ticked = {"pk": [one.pk for one in (enterprise, *others)], "campaign": campaign.pk}
    step_two = client.post("/enterprises/assign/", ticked).headers["Location"]
    page = client.get(step_two)
    assert "确认安排 3 家" in body(page)
    factories.assign(factories.cadre(Role.SPECIALIST, name="李四"), enterprise, campaign, starts_on=today)
    values = {**ticked, "cadre": specialist.pk, "starts_on": today.isoformat()}
    done = client.post("/enterprises/assign/", values, follow=True)
    assert "已安排王晓敏为 2 家企业的专员" in body(done)
    assert "天山机械的专员" in body(done)
    assert "安排为李四" in body(done)
    assert Assignment.objects.filter(cadre=specialist).count() == 2


def test_an_enterprise_out_of_scope_is_not_assigned_with_the_others(client, campaign, specialist, enterprise, today):
    foreign = factories.EnterpriseFactory.create(name="别区的", region=factories.district(3))
    values = {"pk": [enterprise.pk, foreign.pk], "campaign": campaign.pk}
    page = client.get(client.post("/enterprises/assign/", values).headers["Location"])
    assert "别区的" not in body(page)
    values |= {"cadre": specialist.pk, "starts_on": today.isoformat()}
    response = client.post("/enterprises/assign/", values)
    assert (response.status_code, "有企业不在管辖范围内" in body(response)) == (422, True)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("ticked", [[], ["x"], ["0"], ["99999999999999999999"]])
def test_nothing_ticked_is_said(client, campaign, ticked):
    response = client.post("/enterprises/assign/", {"pk": ticked}, follow=True)
    assert response.status_code == 200
    assert "没有选中企业" in body(response)


def test_no_more_than_two_hundred_are_assigned_at_once(client, campaign, specialist, north, today):
    some = [factories.EnterpriseFactory.create(region=north).pk for _ in range(201)]
    values = {"pk": some, "campaign": campaign.pk, "cadre": specialist.pk, "starts_on": today.isoformat()}
    response = client.post("/enterprises/assign/", values)
    assert (response.status_code, "一次最多安排 200 家" in body(response)) == (422, True)


# --- ending one ---


def test_an_assignment_is_ended_with_its_reason(client, campaign, specialist, enterprise, today):
    row = factories.assign(specialist, enterprise, campaign, starts_on=today - timedelta(days=9))
    path = f"/assignments/{row.pk}/end/"
    assert "结束王晓敏（专员，千人入千企）对“天山机械”的包联？" in body(client.get(path))
    assert client.post(path, {"ends_on": today.isoformat(), "reason": ""}).status_code == 422
    early = client.post(path, {"ends_on": (today - timedelta(days=10)).isoformat(), "reason": "退休"})
    assert (early.status_code, "日期不能早于这一天" in body(early)) == (422, True)
    assert client.post(path, {"ends_on": today.isoformat(), "reason": "退休"}).status_code == 302
    row.refresh_from_db()
    assert (row.ends_on, row.reason) == (today, "退休")
    again = client.post(path, {"ends_on": today.isoformat(), "reason": "退休"})
    assert (again.status_code, "已于" in body(again)) == (422, True)
