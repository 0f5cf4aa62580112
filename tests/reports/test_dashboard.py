"""The dashboard: every part leads to its rows, and there are as many as it says."""

from __future__ import annotations

import html
import json
import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appeals.models import Appeal
from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise
from reports.models import RiskLevel
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import CITY, DUSHANZI, TIANSHAN
from tests.reports.test_coverage_rates import visit
from tests.reports.test_indicator_pages import CARD, client_of, rows_counted, shown
from workflow.steps import Actor

pytestmark = pytest.mark.django_db

URL = "/dashboard/"


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def tree(today: date) -> dict[str, Region]:
    """Two districts, one of them at a risk level; visits of two days; cases under every light, and one that ended."""
    tree = karamay.regions()
    some = karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None, day=today)
    some += karamay.enterprises(tree[DUSHANZI], "full", "full", day=today)
    karamay.freeze(tree[CITY], *Enterprise.objects.order_by("pk"), first=today.replace(day=1), last=today)
    RiskLevel.objects.create(region=tree[DUSHANZI], colour="orange", starts_on=today, set_at=timezone.now())
    specialist = factories.cadre(Role.SPECIALIST, region=tree[TIANSHAN])
    for one, day in ((some[0], today), (some[1], today), (some[4], today - timedelta(days=1))):
        visit(one, specialist, day)
    now = timezone.now()
    for one, hours in ((some[0], -2), (some[1], -1), (some[2], 1), (some[4], 900)):
        _handled(one, now + timedelta(hours=hours), yellow_at=now + timedelta(hours=hours - 10))
    factories.appeal(some[5])
    return tree


def _handled(enterprise: Enterprise, due_at: datetime, yellow_at: datetime) -> None:
    """A case with a department, whose clock runs until `due_at`."""
    appeal = factories.appeal(enterprise)
    region = enterprise.region
    office = Actor.of(factories.cadre(Role.OFFICE, region=region))
    lead = factories.DepartmentFactory.create(region=region)
    appeal.take("assign", by=office, now=timezone.now(), lead=lead, triage="single", urgency="ordinary")
    Appeal.objects.filter(pk=appeal.pk).update(due_at=due_at, yellow_at=yellow_at)


def test_the_large_figures_lead_to_as_many_rows_as_they_say(tree: dict[str, Region]) -> None:
    client = client_of(Role.LEADER, tree[CITY])
    page = shown(client, URL)
    for label, figure, rows in (
        ("复工率", "66.7", 4),
        ("返岗率", "—", 0),
        ("当日走访", "2", 2),
        ("在办诉求", "5", 5),
        ("超期诉求", "2", 2),
    ):
        card = re.search(CARD.format(label=label).replace(r"[\d.%]", r"[\d.%—]"), page)
        assert card, label
        assert card[2] == figure, label
        assert rows_counted(shown(client, html.unescape(card[1]))) == rows, label
    assert "较前一日增加 1 次" in page
    assert "另有 1 件即将到期" in page


def test_lights_and_categories_lead_to_as_many_rows_as_they_say(tree: dict[str, Region]) -> None:
    client = client_of(Role.SUPERVISOR, tree[CITY])
    page = shown(client, URL)
    lights = re.findall(r'<a href="(/appeals/[^"]+light=[^"]+)">.*?<b class="num">(\d+)</b>', page, re.DOTALL)
    assert [int(number) for _, number in lights] == [2, 1, 1]
    words = re.findall(r'<a href="(/appeals/[^"]+status=[^"]+)">(?:已结束|在办) (\d+)</a>', page)
    assert [int(number) for _, number in words] == [0, 5]
    for url, number in lights + words:
        assert rows_counted(shown(client, html.unescape(url))) == int(number), url


def test_a_tile_has_the_colour_and_the_word_of_the_risk_and_leads_to_the_rows(tree: dict[str, Region]) -> None:
    client = client_of(Role.LEADER, tree[CITY])
    page = shown(client, URL)
    tiles = dict(re.findall(r'class="tile m-(\w+)" href="[^"]+">\s*<span class="n">([^<]+)</span>', page))
    assert tiles["orange"] == tree[DUSHANZI].name
    assert ">橙<" in page
    assert ">未定级<" in page
    (url,) = re.findall(r'class="tile m-orange" href="([^"]+)"', page)
    assert rows_counted(shown(client, html.unescape(url))) == 2


def test_the_trend_s_last_day_is_the_figure_of_today(tree: dict[str, Region]) -> None:
    found = json.loads(re.search(r'id="trend-data"[^>]*>(.*?)</script>', _page(tree), re.DOTALL)[1])
    assert len(found["days"]) == len(found["urls"]) == 7
    assert found["lines"][0]["values"][-1] == 66.7


def test_a_district_s_office_sees_its_own_part_alone(tree: dict[str, Region]) -> None:
    page = shown(client_of(Role.OFFICE, tree[DUSHANZI]), URL)
    assert tree[TIANSHAN].name not in page
    assert re.search(CARD.format(label="在办诉求"), page)[2] == "2"


def test_a_name_is_data_and_never_markup(tree: dict[str, Region]) -> None:
    Region.objects.filter(pk=tree[DUSHANZI].pk).update(name="</script><b>𠮷")
    page = _page(tree)
    assert "</script><b>𠮷" not in page
    assert "&lt;/script&gt;&lt;b&gt;𠮷" in page


def test_an_empty_database_says_so() -> None:
    page = shown(client_of(Role.LEADER, factories.city()), URL)
    assert "本期还没有提出的诉求" in page
    assert page.count("下面没有区域") == 2


@pytest.mark.parametrize("query", ["day=2099-01-01", "region=nowhere", "day=x", "unknown=1"])
def test_a_wrong_filter_is_said_and_nothing_is_counted(tree: dict[str, Region], query: str) -> None:
    page = shown(client_of(Role.LEADER, tree[CITY]), f"{URL}?{query}")
    assert 'class="notice notice-error"' in page
    assert 'class="kpi' not in page


def test_more_cases_and_visits_ask_the_database_nothing_more(tree: dict[str, Region]) -> None:
    client = client_of(Role.LEADER, tree[CITY])
    few = _queries(client)
    office = factories.cadre(Role.OFFICE, region=tree[CITY])
    specialist = factories.cadre(Role.SPECIALIST, region=tree[TIANSHAN])
    for one in Enterprise.objects.all():
        factories.appeal(one, by=office)
        visit(one, specialist, timezone.localdate())
    assert _queries(client) == few


def _queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        shown(client, reverse("reports:dashboard"))
    return len(asked)


def _page(tree: dict[str, Region]) -> str:
    return shown(client_of(Role.LEADER, tree[CITY]), URL)
