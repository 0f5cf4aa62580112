"""The team of an enterprise in each campaign, and its plan: written by the team, each version kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cadres.changes import of_row
from cadres.roles import Role
from enterprises.models import Plan
from tests import factories

pytestmark = pytest.mark.django_db

TEXT = "一季度扩产，<b>帮助</b>'=𠮷 招工 40 人"


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def place(north):
    specialist = factories.cadre(Role.SPECIALIST, region=north, name="王晓敏")
    return factories.assign(specialist, factories.EnterpriseFactory.create(region=north))


@pytest.fixture
def path(place):
    return f"/assignments/{place.pk}/plan/"


def body(response):
    return response.content.decode()


def filled(browser, path, **typed):
    seen = browser.get(path).context["form"]["seen"].value()
    return {"seen": seen, "text": TEXT, "starts_on": f"{timezone.localdate()}", "ends_on": ""} | typed


def test_the_specialist_writes_the_plan_and_everybody_who_sees_the_enterprise_reads_it(signed_in, place, path, north):
    browser = signed_in(place.cadre)
    assert "还没有方案" in body(browser.get(place.enterprise.get_absolute_url()))
    assert browser.post(path, filled(browser, path)).status_code == 302
    page = body(signed_in(factories.cadre(Role.LEADER, region=north)).get(place.enterprise.get_absolute_url()))
    assert "一季度扩产，&lt;b&gt;帮助&lt;/b&gt;&#x27;=𠮷 招工 40 人" in page
    assert "第 1 版，王晓敏" in page
    assert f'href="{path}"' not in page


def test_an_edit_is_a_new_version_and_the_history_keeps_the_old_one(signed_in, place, path):
    browser = signed_in(place.cadre)
    browser.post(path, filled(browser, path))
    browser.post(path, filled(browser, path, text="二季度投产"))
    plan = Plan.objects.get()
    assert (plan.text, plan.version) == ("二季度投产", 2)
    assert ("方案", TEXT, "二季度投产") in [tuple(line) for line in of_row(plan)[0].lines]
    page = body(browser.get(path))
    assert "修改历史" in page
    assert "&lt;b&gt;帮助" in page
    assert "第 2 版" in body(browser.get(place.enterprise.get_absolute_url()))


def test_the_second_of_two_is_told_what_the_first_wrote(signed_in, place, path, north):
    first, second = signed_in(place.cadre), signed_in(factories.cadre(Role.OFFICE, region=north))
    new, edited = filled(second, path, text="另一套"), None
    assert first.post(path, filled(first, path)).status_code == 302
    answer = second.post(path, new)
    assert answer.status_code == 422
    assert "“方案”已由他人改为" in body(answer)
    edited = filled(second, path, text="另一套")
    first.post(path, filled(first, path, text="第三套"))
    assert second.post(path, edited).status_code == 422
    assert Plan.objects.get().text == "第三套"


@pytest.mark.parametrize("role", [Role.LEADER, Role.SUPERVISOR])
def test_others_may_not_write_it(signed_in, path, north, role):
    browser = signed_in(factories.cadre(role, region=north))
    assert browser.post(path, {"text": "甲", "starts_on": "2026-11-18"}).status_code == 403
    assert not Plan.objects.exists()


def test_the_plan_of_another_district_or_of_a_team_that_has_ended_is_not_found(signed_in, place, path):
    stranger = signed_in(factories.cadre(Role.OFFICE, region=factories.district(3)))
    assert stranger.get(path).status_code == 404
    place.ends_on, place.reason = timezone.localdate(), "工作调动"
    place.save()
    assert signed_in(factories.cadre(Role.OFFICE)).get(path).status_code == 404


def test_it_ends_after_it_begins(signed_in, place, path):
    browser = signed_in(place.cadre)
    answer = browser.post(path, filled(browser, path, ends_on=f"{timezone.localdate() - timedelta(1)}"))
    assert answer.status_code == 422
    assert "完成日期不能早于起始日期" in body(answer)


def test_each_campaign_has_its_own_team_with_the_leader_first(signed_in, place, north):
    other = factories.CampaignFactory.create(name="三服务")
    leader = factories.cadre(Role.TEAM_LEADER, region=north, name="李正")
    factories.assign(leader, place.enterprise, place.campaign, role="leader")
    factories.assign(factories.cadre(Role.SPECIALIST, region=north, name="何平"), place.enterprise, other)
    page = signed_in(factories.cadre(Role.OFFICE, region=north)).get(place.enterprise.get_absolute_url())
    teams = {team.campaign.name: [one.cadre.name for one in team.places] for team in page.context["teams"]}
    assert teams == {"千人入千企": ["李正", "王晓敏"], "三服务": ["何平"]}
    assert body(page).count("还没有包联领导") == 1
