"""Who is to be contacted, in which order enterprises are offered, and how many visits a month has."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cadres.roles import Role
from enterprises.models import Enterprise
from tests import factories
from tests.visits.sending import NEW, Team, day, queries_of, signed_in, visit
from visits.contact import due_for_contact
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


def contacted(team: Team, on: date | None) -> None:
    Enterprise.objects.filter(pk=team.enterprise.pk).update(last_contact_on=on)


def due(team: Team) -> list[tuple[Enterprise, date]]:
    return [(one, one.due_on) for one in due_for_contact(team.specialist, day())]


@pytest.mark.parametrize(("days_ago", "is_due"), [(13, False), (14, True), (15, True)])
def test_an_enterprise_is_due_once_the_frequency_has_passed(team, days_ago, is_due):
    contacted(team, day(-days_ago))
    assert due(team) == ([(team.enterprise, day(14 - days_ago))] if is_due else [])


def test_one_never_contacted_counts_from_its_assignment(team):
    team.enterprise.assignments.update(starts_on=day(-20))
    assert due(team) == [(team.enterprise, day(-6))]


def test_the_strictest_running_campaign_rules(team):
    contacted(team, day(-8))
    weekly = factories.CampaignFactory.create(name="三服务", contact_every_days=7)
    factories.assign(team.specialist, team.enterprise, weekly, starts_on=day(-20))
    assert due(team) == [(team.enterprise, day(-1))]
    weekly.ends_on = day(-2)
    weekly.save()
    assert due(team) == []


def test_what_was_agreed_at_the_last_visit_comes_first(team):
    contacted(team, day(-3))
    visit(team, visited_on=day(-9), next_contact_on=day(-8))
    last = visit(team, visited_on=day(-3), next_contact_on=day(-1))
    assert due(team) == [(team.enterprise, day(-1))]
    last.next_contact_on = day(1)
    last.save()
    assert due(team) == []


def test_those_that_closed_or_belong_to_others_are_not_due(team):
    contacted(team, day(-40))
    team.enterprise.state = Enterprise.State.SUSPENDED
    team.enterprise.save()
    contacted(Team(factories.EnterpriseFactory.create()), day(-40))
    assert due(team) == []


def test_own_enterprises_are_offered_before_others_and_by_longest_since_the_last_visit():
    district = factories.district()
    both = factories.cadre(Role.SPECIALIST, Role.OFFICE, region=district)
    names = {"未走访": None, "很久": day(-30), "刚刚": day(-1)}
    for name, on in names.items():
        factories.assign(both, factories.EnterpriseFactory.create(name=name, last_contact_on=on))
    factories.EnterpriseFactory.create(name="别人包联的", region=district)
    offered = signed_in(both).get(NEW).context["offered"]
    assert [enterprise.name for enterprise, _, _ in offered] == ["未走访", "很久", "刚刚", "别人包联的"]
    assert [words for _, _, words in offered] == ["从未走访", "上次走访 30 天前", "上次走访 1 天前", "从未走访"]
    assert [light for _, light, _ in offered] == ["red", "red", "green", "grey"]


def test_the_choice_is_searched_within_the_scope(team):
    for number in range(25):
        factories.assign(team.specialist, factories.EnterpriseFactory.create(name=f"恒信纺织{number}厂"))
    factories.EnterpriseFactory.create(name="恒信别家")
    page = team.client.get(NEW, {"q": "恒信"})
    assert len(page.context["offered"]) == 20
    assert "还有更多，请输入名称查找。" in page.content.decode()
    assert "恒信别家" not in page.content.decode()
    part = team.client.get(NEW, {"q": "纺织7"}, headers={"HX-Request": "true", "HX-Target": "choices"})
    assert "<html" not in part.content.decode()
    assert "恒信纺织7厂" in part.content.decode()
    assert "没有找到这家企业" in team.client.get(NEW, {"q": "不存在的"}).content.decode()


def test_the_choice_takes_as_many_queries_for_twenty_as_for_two(team):
    factories.assign(team.specialist, factories.EnterpriseFactory.create())
    few = queries_of(team.client, NEW)
    for _ in range(18):
        factories.assign(team.specialist, factories.EnterpriseFactory.create())
    assert queries_of(team.client, NEW) == few


def test_somebody_without_enterprises_is_told_whom_to_ask():
    page = signed_in(factories.cadre(Role.SPECIALIST)).get(NEW).content.decode()
    assert "还没有由你包联的企业" in page
    assert "请联系本级办公室安排包联" in page


def test_a_month_counts_from_its_first_day_to_today(team):
    today = day()
    inside = visit(team, visited_on=today)
    visit(team, visited_on=today.replace(day=1) - timedelta(days=1))
    assert list(Visit.objects.of_month(today)) == [inside]
