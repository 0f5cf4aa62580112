"""The timeline of an enterprise: everything around it in one order, within the reader's scope and rights."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cadres.roles import Role
from tests import factories
from tests.visits.sending import Team, day, queries_of, raised, signed_in
from tests.visits.sending import visit as stored_visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


def path(team: Team, **query: str) -> str:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/enterprises/{team.enterprise.pk}/timeline/?{words}"


def titles(client, where: str) -> list[str]:
    return [entry.title for entry in client.get(where).context["page"].entries]


def test_everything_stands_in_one_order_the_newest_first(team):
    factories.status(team.enterprise, day(-3), "none")
    factories.status(team.enterprise, day(-2), "none")
    factories.status(team.enterprise, day(-1), "partial")
    stored_visit(team, visited_on=day(-2), summary="<b>看了车间</b>")
    team.send(raised("冷库用电"), visited_on=day(-1), state="partial")
    shown = titles(team.client, path(team))
    assert shown[0] == "提交：冷库用电"
    assert [one for one in shown if "走访" in one] == ["实地走访", "实地走访"]
    assert shown.index("未复工 → 部分复工") < shown.index("首次上报：未复工")
    assert len([one for one in shown if "复工" in one]) == 2
    assert any(one.startswith("开始包联：王晓敏（") for one in shown)
    assert "&lt;b&gt;看了车间&lt;/b&gt;" in team.client.get(path(team)).content.decode()


def test_one_kind_alone_can_be_read(team):
    team.send(raised("冷库用电"))
    assert titles(team.client, path(team, kind="appeal")) == ["提交：冷库用电"]
    assert titles(team.client, path(team, kind="policy")) == []


def test_an_assignment_that_ended_says_so(team):
    team.enterprise.assignments.update(starts_on=day(-9), ends_on=day(-1), reason="调离")
    factories.assign(team.specialist, team.enterprise, factories.CampaignFactory.create(name="三服务"))
    page = team.client.get(path(team, kind="assignment"))
    assert "结束包联：王晓敏（" in page.content.decode()
    assert "；调离" in page.content.decode()


def test_the_pages_follow_each_other_without_gap_or_repetition(team):
    for number in range(45):
        stored_visit(team, visited_on=day(-1 - number % 9), number=f"ZF{number}")
    pages = [team.client.get(path(team, kind="visit", page=str(number))).context["page"] for number in (1, 2, 3)]
    assert [len(page.entries) for page in pages] == [20, 20, 5]
    assert [page.has_next for page in pages] == [True, True, False]
    urls = [entry.url for page in pages for entry in page.entries]
    assert len(set(urls)) == 45


@pytest.mark.parametrize("query", [{"kind": "gossip"}, {"page": "0"}, {"page": "21"}, {"page": "x"}, {"page": ""}])
def test_what_is_no_kind_or_page_is_not_found(team, query):
    assert team.client.get(path(team, **query)).status_code == 404


def test_more_entries_take_no_more_queries(team):
    team.send(raised())
    few = queries_of(team.client, path(team))
    for number in range(20):
        stored_visit(team, number=f"ZF{number}")
        factories.status(team.enterprise, day(-number - 1), ("full", "none")[number % 2])
    team.send(*(raised(str(number)) for number in range(5)), visited_on=day(-1))
    assert queries_of(team.client, path(team)) == few


def test_a_department_reads_its_own_appeals_and_no_visits(team):
    team.send(raised("甲"), raised("乙"))
    handler = factories.cadre(Role.HANDLER, department=factories.DepartmentFactory.create())
    client = signed_in(handler)
    assert client.get(path(team)).status_code == 404
    from appeals.models import Appeal
    from workflow.steps import Actor

    office = factories.cadre(Role.OFFICE, region=team.enterprise.region)
    appeal = Appeal.objects.get(title="甲")
    now = timezone.now() + timedelta(minutes=1)
    appeal.take("assign", by=Actor.of(office), now=now, lead=handler.department, triage="single", urgency="ordinary")
    shown = titles(client, path(team))
    assert "转办：甲" in shown
    assert not [one for one in shown if "乙" in one or "走访" in one]
    assert client.get(path(team, kind="visit")).status_code == 404


def test_an_enterprise_out_of_scope_is_not_found(team):
    stranger = Team(factories.EnterpriseFactory.create())
    assert stranger.client.get(path(team)).status_code == 404
