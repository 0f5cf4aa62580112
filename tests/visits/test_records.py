"""The list, one visit's page, the panel on the enterprise's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cadres.roles import Role
from enterprises.models import OperatingStatus
from enterprises.reporting import report_status
from tests import factories
from tests.visits.sending import Team, day, queries_of, raised, signed_in, visit
from visits.models import Visit
from workflow.steps import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


class TestList:
    def test_it_shows_who_visited_whom_when_and_what_was_raised(self, team):
        team.send(raised(), raised("第二件"), manner="phone")
        page = team.client.get("/visits/").content.decode()
        for text in (team.enterprise.name, f"{day():%Y-%m-%d}", "10:05–10:50", "电话", "王晓敏", "李红梅", "2 件"):
            assert text in page, text

    def test_a_town_is_shown_with_its_district(self):
        team = Team(factories.EnterpriseFactory.create(region=factories.town(factories.district())))
        visit(team)
        page = team.client.get("/visits/").content.decode()
        assert "第2区 第2区1街道 ·" in page
        detail = team.client.get(Visit.objects.get().get_absolute_url()).content.decode()
        assert "第2区 第2区1街道" in detail

    def test_the_newest_stand_first(self, team):
        older, newer = visit(team, visited_on=day(-2)), visit(team, visited_on=day(-1))
        assert team.client.get("/visits/").context["listing"].rows == [newer, older]
        assert team.client.get("/visits/?sort=day").context["listing"].rows == [older, newer]

    def test_filters_narrow(self, team):
        other = Team(factories.EnterpriseFactory.create(name="澜川恒信纺织", region=factories.district(3)))
        mine, theirs = visit(team, manner="phone", visited_on=day(-5)), visit(other, cadre=factories.cadre(name="赵明"))
        office = signed_in(factories.cadre(Role.OFFICE))
        found = {
            "q=恒信": [theirs],
            f"q={mine.number}": [mine],
            "q=ZF": [theirs, mine],
            f"region={team.enterprise.region.code}": [mine],
            "manner=phone": [mine],
            "specialist=赵": [theirs],
            "specialist=无此人": [],
            f"from={day(-1):%Y-%m-%d}": [theirs],
            f"to={day(-1):%Y-%m-%d}": [mine],
        }
        for query, rows in found.items():
            assert office.get(f"/visits/?{query}").context["listing"].rows == rows, query

    def test_a_campaign_counts_visits_of_its_period_to_its_enterprises(self, team):
        campaign = factories.CampaignFactory.create(name="三服务", starts_on=day(-3), ends_on=day(-1))
        factories.assign(team.specialist, team.enterprise, campaign, starts_on=day(-3))
        inside = visit(team, visited_on=day(-1))
        visit(team, visited_on=day(-4))
        visit(team, visited_on=day())
        visit(Team(factories.EnterpriseFactory.create()), visited_on=day(-2))
        office = signed_in(factories.cadre(Role.OFFICE))
        assert office.get(f"/visits/?campaign={campaign.pk}").context["listing"].rows == [inside]

    @pytest.mark.parametrize(
        "query", ["manner=letter", "region=123", "campaign=x", "from=gestern", "colour=red", "sort=size", "page=0"]
    )
    def test_a_wrong_filter_is_a_sentence_and_no_rows(self, team, query):
        visit(team)
        answer = team.client.get(f"/visits/?{query}")
        assert answer.status_code == 200
        assert answer.context["listing"].complaints
        assert answer.context["listing"].rows == []

    def test_it_takes_as_many_queries_for_twenty_rows_as_for_two(self, team):
        office = signed_in(factories.cadre(Role.OFFICE))
        _rows(2)
        few = queries_of(office, "/visits/")
        _rows(18)
        assert queries_of(office, "/visits/") == few

    def test_nothing_yet_is_said_with_a_way_out(self, team):
        page = team.client.get("/visits/").content.decode()
        assert "还没有走访记录" in page
        assert "/visits/new/" in page


class TestDetail:
    def test_it_shows_the_facts_and_hides_the_telephone_number(self, team):
        factories.contact(team.enterprise, "李红梅", "13812342210")
        team.send(raised(), suggestions="多开直达班车\n早晚各一班", next_contact_on=day(7))
        seen = Visit.objects.get()
        page = team.client.get(seen.get_absolute_url()).content.decode()
        wanted = (
            seen.number,
            "李* 138****2210",
            "王晓敏",
            "10:05–10:50",
            f"{day(7):%Y-%m-%d}",
            "多开直达班车<br>早晚各一班",
            "部分复工",
            "131 人",
            "55.5%",
            "1200 kWh",
        )
        for text in wanted:
            assert text in page, text
        assert "13812342210" not in page

    def test_appeals_show_how_they_stand_now(self, team):
        team.send(raised(), raised("第二件"))
        seen = Visit.objects.get()
        first = seen.appeals.order_by("pk").first()
        office = factories.cadre(Role.OFFICE, region=team.enterprise.region)
        unit = factories.DepartmentFactory.create(name="市供电公司")
        values = {"lead": unit, "triage": "single", "urgency": "ordinary"}
        first.take("assign", by=Actor.of(office), now=timezone.now(), **values)
        page = team.client.get(seen.get_absolute_url()).content.decode()
        for text in ("待签收", "待受理", "市供电公司", f"/appeals/{first.pk}/", first.number):
            assert text in page, text

    def test_what_was_reported_since_is_told_apart(self, team):
        team.send(state="partial", on_duty="131")
        seen = Visit.objects.get()
        later = timezone.now() + timedelta(minutes=5)
        source = OperatingStatus.Source.IMPORT
        report_status(team.enterprise, day(), None, later, source, state="full", on_duty=777)
        page = team.client.get(seen.get_absolute_url()).content.decode()
        assert "131 人" in page
        assert "当日后有更新：全面复工（导入" in page
        assert "777 人" not in page

    def test_a_report_that_said_the_same_is_shown_as_it_stood(self, team):
        factories.status(team.enterprise, day(), "partial", due=146, on_duty=131, utilisation="55.50", kwh=1200)
        team.send()
        page = team.client.get(Visit.objects.get().get_absolute_url()).content.decode()
        assert "填报" in page
        assert "当日后有更新" not in page

    def test_a_day_without_a_report_says_so(self, team):
        assert "当日没有上报状况" in team.client.get(visit(team).get_absolute_url()).content.decode()

    def test_who_entered_it_for_whom_is_shown(self, team):
        leader = factories.cadre(Role.TEAM_LEADER, name="郑国栋")
        page = team.client.get(visit(team, cadre=leader).get_absolute_url()).content.decode()
        assert "王晓敏（代郑国栋）" in page

    def test_it_takes_as_many_queries_for_twenty_appeals_as_for_two(self, team):
        team.send(raised(), raised())
        team.send(*(raised() for _ in range(20)))
        many, few = Visit.objects.order_by("-pk")
        assert queries_of(team.client, few.get_absolute_url()) == queries_of(team.client, many.get_absolute_url())


class TestPanel:
    def test_the_enterprises_page_shows_its_latest_visits(self, team):
        for offset in range(7):
            visit(team, visited_on=day(-offset), receiver_name=f"接待{offset}")
        page = team.client.get(team.enterprise.get_absolute_url()).content.decode()
        assert [offset for offset in range(7) if f"接待{offset}" in page] == [0, 1, 2, 3, 4]
        assert "全部走访" in page

    def test_an_enterprise_never_visited_offers_to_log_one(self, team):
        page = team.client.get(team.enterprise.get_absolute_url()).content.decode()
        assert "还没有走访过" in page
        office = signed_in(factories.cadre(Role.OFFICE)).get(team.enterprise.get_absolute_url()).content.decode()
        assert "还没有走访过" in office
        assert "/visits/new/" not in office

    def test_those_who_read_no_visits_see_no_panel(self, team):
        handler = factories.cadre(Role.HANDLER)
        appeal = factories.appeal(team.enterprise, team.specialist)
        office = Actor.of(factories.cadre(Role.OFFICE))
        values = {"lead": handler.department, "triage": "single", "urgency": "ordinary"}
        appeal.take("assign", by=office, now=timezone.now(), **values)
        answer = signed_in(handler).get(team.enterprise.get_absolute_url())
        assert answer.status_code == 200
        assert "走访记录" not in answer.content.decode()


def _rows(count: int) -> None:
    for _ in range(count):
        team = Team(factories.EnterpriseFactory.create(region=factories.town(factories.district(), 1)))
        visit(team).appeals.add(factories.appeal(team.enterprise, team.specialist))
