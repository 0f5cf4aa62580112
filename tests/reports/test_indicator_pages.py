"""The indicators' pages: every number leads to its rows, and there are as many as it says."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus
from policies import paying
from policies.workflow import Status
from reports import bases
from reports.indicators import INDICATORS
from reports.models import BaseList
from tests import factories
from tests.policies import people
from tests.policies.people import People
from tests.reports import karamay
from tests.reports.bulletins import draft
from tests.reports.karamay import CITY, DUSHANZI, KARAMAY, TIANSHAN, at
from tests.reports.test_coverage_rates import visit
from tests.reports.test_indicators import case
from workflow.steps import Actor

pytestmark = pytest.mark.django_db

CARD = r'<a href="([^"]+)" class="kpi[^"]*">\s*<span class="l">{label}</span>\s*<span class="v">([\d.%]+)'
LINKED = re.compile(r'<a href="(/reports/rows/[^"]+)">(\d+)</a>')


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def tree(today: date) -> dict[str, Region]:
    """A city with everything in it, on the day on which the test runs."""
    tree = karamay.regions()
    yesterday = today - timedelta(days=1)
    some = karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None, day=today)
    some += karamay.enterprises(tree[DUSHANZI], "full", "full", day=yesterday)
    Enterprise.objects.filter(pk=some[0].pk).update(park=karamay.park(tree[CITY]))
    month = today.replace(day=1)
    karamay.freeze(tree[CITY], *Enterprise.objects.order_by("pk"), first=min(month, yesterday), last=today)
    begun = at(9, day=today - timedelta(days=20))
    now = timezone.now()
    case(some[0], (begun, now, now - timedelta(minutes=2)))
    case(some[1], (begun, begun + timedelta(days=5), now - timedelta(minutes=1)))
    case(some[4], (begun, begun + timedelta(days=5), None))
    return tree


def client_of(role: Role, region: Region) -> Client:
    client = Client()
    client.force_login(factories.cadre(role, region=region))
    return client


def shown(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def rows_counted(page: str) -> int:
    found = re.search(r"共 <b>(\d+)</b> 条", page)
    return int(found[1]) if found else page.count("cell-main")


def test_every_number_leads_to_as_many_rows_as_it_says(tree: dict[str, Region]) -> None:
    client = client_of(Role.OFFICE, tree[CITY])
    page = shown(client, reverse("reports:indicators"))
    links = {html.unescape(url): int(number) for url, number in LINKED.findall(page)}
    assert len(links) >= 5 * 6  # five numbers of each district, the park and the whole
    for url, number in links.items():
        assert rows_counted(shown(client, url)) == number, url
    assert sum(links.values()) > 0


def test_the_large_figures_lead_to_their_numerators(tree: dict[str, Region], today: date) -> None:
    client = client_of(Role.OFFICE, tree[CITY])
    page = shown(client, reverse("reports:indicators"))
    for label, figure, rows in (
        ("复工率", "66.7%", 4),
        ("应复工", "6", 6),
        ("上报率", "50.0%", 3),
        ("按时办结率", "33.3%", 1),
    ):
        card = re.search(CARD.format(label=label), page)
        assert card, label
        assert card[2] == figure
        assert rows_counted(shown(client, html.unescape(card[1]))) == rows


@pytest.fixture
def measured(tree: dict[str, Region], today: date) -> dict[str, Region]:
    """The same city, where some reported people, capacity and electricity and some were assigned and visited."""
    one, two = Enterprise.objects.order_by("pk")[:2]
    Enterprise.objects.filter(pk__in=(one.pk, two.pk)).update(headcount=100, baseline_kwh=200)
    statuses = OperatingStatus.objects.filter(day=today)
    statuses.filter(enterprise=one).update(due=100, on_duty=85, utilisation=Decimal("90.5"), kwh=Decimal("150.5"))
    statuses.filter(enterprise=two).update(due=40, on_duty=20, utilisation=Decimal("10"), kwh=Decimal("59.99"))
    campaign = factories.CampaignFactory.create(regions=[tree[CITY]], starts_on=today - timedelta(days=40))
    specialist = factories.cadre(Role.SPECIALIST, region=tree[KARAMAY])
    factories.assign(specialist, one, campaign, starts_on=today - timedelta(days=30))
    visit(two, specialist, today, logged_at=timezone.now())
    return tree


def test_every_indicator_is_shown_explained_and_leads_to_its_rows(measured: dict[str, Region], today: date) -> None:
    client = client_of(Role.OFFICE, measured[CITY])
    page = shown(client, reverse("reports:indicators"))
    for label, figure, rows in (
        ("返岗率", "75.0%", 2),
        ("产能利用率", "50.3%", 2),
        ("复工电力指数", "43.81", 2),
        ("包联覆盖率", "16.7%", 1),
        ("走访覆盖率", "16.7%", 1),
    ):
        card = re.search(CARD.format(label=label), page)
        assert card, label
        assert card[2] == figure
        assert rows_counted(shown(client, html.unescape(card[1]))) == rows
    for indicator in INDICATORS.values():
        assert indicator.meaning in page


def test_the_rows_of_a_sum_say_how_it_came_about(measured: dict[str, Region], today: date) -> None:
    client = client_of(Role.OFFICE, measured[CITY])
    attendance = shown(client, reverse("reports:rows", args=("attendance",)))
    assert "在岗 105 人 ÷ 应到 140 人 = 75.0%" in attendance
    assert "85.0%" in attendance
    capacity = shown(client, reverse("reports:rows", args=("utilisation",)))
    assert "满负荷折算人数 100.5 人 ÷ 从业人数 200 人 = 50.3%" in capacity
    power = shown(client, reverse("reports:rows", args=("power",)))
    assert f"{today:%Y-%m-%d} 的数据：复工企业用电 150.5 kWh ÷ 基准 400 kWh × 0.5 + 1 家 ÷ 2 家 × 0.5" in power
    assert "= 43.81（门槛 30%，内置口径；2 家有当日用电数据）" in power
    resumed = shown(client, f"{reverse('reports:rows', args=('power',))}?part=numerator")
    assert rows_counted(resumed) == 1


def test_coverage_is_that_of_the_chosen_campaign(measured: dict[str, Region], today: date) -> None:
    other = factories.CampaignFactory.create(name="三服务", regions=[measured[DUSHANZI]], starts_on=today)
    client = client_of(Role.OFFICE, measured[CITY])
    page = shown(client, f"{reverse('reports:indicators')}?campaign={other.pk}")
    card = re.search(CARD.format(label="包联覆盖率"), page)
    assert card
    assert card[2] == "0.0%"
    assert f"campaign={other.pk}" in card[1]
    assert "包联按“三服务”" in page
    rows = shown(client, f"{reverse('reports:rows', args=('coverage',))}?campaign={other.pk}")
    assert rows_counted(rows) == 2
    assert "，三服务：有专员的企业 0 家 ÷ 应包联企业 2 家 = 0.0%" in rows


def test_the_rows_say_what_they_are_part_of(tree: dict[str, Region], today: date) -> None:
    client = client_of(Role.OFFICE, tree[CITY])
    page = shown(client, f"{reverse('reports:rows', args=('resumption',))}?part=numerator&region={KARAMAY}")
    assert f"克拉玛依区，{today:%Y-%m-%d}：已复工企业 2 家 ÷ 应复工企业 4 家 = 50.0%" in page
    cases = shown(client, f"{reverse('reports:rows', args=('timeliness',))}?part=denominator")
    assert "按时办结诉求 1 件 ÷ 办结和超期未办结诉求 3 件 = 33.3%" in cases
    for words in ("按时办结", "超期办结", "超期未办结"):
        assert words in cases


def test_a_district_sees_its_own_figures_and_nobody_elses(tree: dict[str, Region]) -> None:
    client = client_of(Role.OFFICE, tree[DUSHANZI])
    page = shown(client, reverse("reports:indicators"))
    assert "100.0%" in page
    assert "白碱滩区" not in page
    for url in (reverse("reports:indicators"), reverse("reports:rows", args=("base",))):
        refused = shown(client, f"{url}?region={KARAMAY}")
        assert f"区域：“{KARAMAY}”不是可选的值" in refused
        assert "克拉玛依区" not in refused


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.HANDLER, Role.HEAD, Role.AUDITADMIN])
def test_who_does_not_oversee_a_region_may_not_look(tree: dict[str, Region], role: Role) -> None:
    client = client_of(role, tree[CITY])
    for url in (reverse("reports:indicators"), reverse("reports:rows", args=("base",))):
        assert client.get(url).status_code == 403


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("day=2999-01-01", "日期：这一天还没有到"),
        ("day=morgen", "日期：请填日期"),
        ("day=2026-01-01&since=2026-01-02", "期间自：起始日期晚于统计日期"),
        ("region=0", "区域：“0”不是可选的值"),
        ("colour=red", "没有“colour”这个筛选条件"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_a_sentence_and_no_figures(tree: dict[str, Region], query: str, complaint: str) -> None:
    client = client_of(Role.LEADER, tree[CITY])
    for url in (reverse("reports:indicators"), reverse("reports:rows", args=("reporting",))):
        page = shown(client, f"{url}?{query}")
        assert complaint in page
        assert "66.7%" not in page


def test_an_unknown_indicator_is_not_found_and_an_unknown_part_is_a_sentence(tree: dict[str, Region]) -> None:
    client = client_of(Role.LEADER, tree[CITY])
    assert client.get("/reports/rows/happiness/").status_code == 404
    assert "“both”不是可选的值" in shown(client, f"{reverse('reports:rows', args=('base',))}?part=both")


def test_an_empty_database_shows_dashes() -> None:
    page = shown(client_of(Role.OFFICE, factories.city()), reverse("reports:indicators"))
    assert "没有前一日数据" in page
    assert "0.0%" not in page
    assert "100.0%" not in page


def test_who_joined_and_left_is_listed_by_name(tree: dict[str, Region], today: date) -> None:
    draft(tree[CITY], today - timedelta(days=1), now=at(17, day=today - timedelta(days=1)))
    one = Enterprise.objects.latest("pk")
    one.state = Enterprise.State.SUSPENDED
    one.save()
    client = client_of(Role.OFFICE, tree[CITY])
    assert "应复工名单当日变动" not in shown(client, reverse("reports:indicators"))
    bases.keep(timezone.now())
    page = shown(client, reverse("reports:indicators"))
    assert "应复工名单当日变动" in page
    assert one.name in page
    assert "停业" in page


def test_filters_are_answered_by_the_figures_alone(tree: dict[str, Region]) -> None:
    client = client_of(Role.OFFICE, tree[CITY])
    headers = {"HX-Request": "true", "HX-Target": "list"}
    part = client.get(reverse("reports:indicators"), headers=headers).content.decode()
    assert "<html" not in part
    assert "66.7%" in part
    assert "筛选条件" not in part


def test_many_districts_and_rows_take_as_many_statements_as_few(tree: dict[str, Region], today: date) -> None:
    client = client_of(Role.OFFICE, tree[CITY])
    urls = [reverse("reports:indicators"), *(reverse("reports:rows", args=(code,)) for code in INDICATORS)]

    def statements() -> list[int]:
        counted = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                shown(client, url)
            counted.append(len(queries))
        return counted

    few = statements()
    base = BaseList.objects.get()
    for number in range(10, 30):
        district = factories.RegionFactory.create(
            code=f"6502{number}000000", name=f"{number}区", kind="district", parent=tree[CITY]
        )
        for one in karamay.enterprises(district, "full", "none", day=today):
            base.entries.create(enterprise=one, region=district, joined_on=base.starts_on)
            case(one, (at(9, day=today - timedelta(days=20)), at(18, day=today - timedelta(days=9)), None))
    assert statements() == few


def test_the_policies_lead_to_their_rows(tree: dict[str, Region]) -> None:
    cast = People()
    row = cast.at(Status.PAYING)
    paying.pay(
        row, voucher="PZ1", amount=Decimal(40000), paid_on=people.TODAY, by=Actor.of(cast.handler), now=timezone.now()
    )
    cast.take(cast.at(Status.ENTITLED, cast.right), "enjoy", "specialist")
    client = client_of(Role.OFFICE, factories.city())
    page = shown(client, reverse("reports:indicators"))
    for label, figure, rows in (("政策覆盖率", "100.0%", 1), ("应享未享", "1", 1), ("兑现率", "40.0%", 1)):
        card = re.search(CARD.format(label=label), page)
        assert card, label
        assert card[2] == figure
        assert rows_counted(shown(client, html.unescape(card[1]))) == rows
    assert "拨付金额 40,000.00 元 ÷ 核定金额 100,000.00 元 = 40.0%" in shown(
        client, reverse("reports:rows", args=("payout",))
    )


def test_rows_of_policies_ask_as_few_questions_for_twenty_as_for_two(tree: dict[str, Region]) -> None:
    cast = People()
    client = client_of(Role.OFFICE, factories.city())

    def asked(code: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(client, reverse("reports:rows", args=(code,)))
        return len(queries)

    def add(rows: int) -> None:
        for _ in range(rows):
            cast.enterprise = factories.EnterpriseFactory.create(region=cast.enterprise.region)
            factories.assign(cast.specialist, cast.enterprise)
            cast.at(Status.ENTITLED)

    add(2)
    asked("outstanding")
    few = [asked(code) for code in ("outstanding", "payout", "policy_coverage")]
    add(18)
    assert [asked(code) for code in ("outstanding", "payout", "policy_coverage")] == few
