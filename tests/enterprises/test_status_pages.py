"""The daily operating status: the list of a day with those unreported, and reporting one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import OperatingStatus, OperatingStatusHistory
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def office(north):
    return factories.cadre(Role.OFFICE, region=north, name="周海燕")


@pytest.fixture
def client(signed_in, office):
    return signed_in(office)


@pytest.fixture
def enterprise(north):
    return factories.EnterpriseFactory.create(name="天山机械", region=factories.town(north))


def body(response) -> str:
    return response.content.decode()


def names(client, **query: str) -> set[str]:
    return {row.name for row in client.get("/status/", query).context["listing"].rows}


@pytest.fixture
def a_day(today, north, enterprise):
    """Four enterprises of the district on one day, one of them unreported."""
    states = {"甲": "full", "乙": "partial", "丙": "none"}
    for name, state in states.items():
        one = factories.EnterpriseFactory.create(name=name, region=north, category="trade_above")
        factories.status(one, today, state, due=100, on_duty=90, utilisation=Decimal("120.5"), kwh=Decimal("1234.5"))
        factories.status(one, today - timedelta(days=1), "none")
    factories.EnterpriseFactory.create(name="停业", region=north, state="suspended")
    factories.status(factories.EnterpriseFactory.create(name="别区", region=factories.district(3)), today)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"甲", "乙", "丙", "天山机械"}),
        ({"status": "full"}, {"甲"}),
        ({"status": "partial"}, {"乙"}),
        ({"status": "none"}, {"丙"}),
        ({"status": "unreported"}, {"天山机械"}),
        ({"category": "trade_above"}, {"甲", "乙", "丙"}),
        ({"region": "990102001000"}, {"天山机械"}),
        ({"q": "天山"}, {"天山机械"}),
        ({"category": "trade_above", "status": "unreported"}, set()),
    ],
)
def test_the_day_is_shown_by_state_with_those_unreported(client, a_day, query, expected):
    assert names(client, **query) == expected


def test_the_tabs_count_each_state_of_what_the_other_filters_leave(client, a_day, today):
    def tabs(**query: str) -> list[tuple[str, str]]:
        return [(tab.label, tab.count) for tab in client.get("/status/", query).context["tabs"]]

    assert tabs() == [("全部", "4"), ("全面复工", "1"), ("部分复工", "1"), ("未复工", "1"), ("未报", "1")]
    assert tabs(category="trade_above", status="full")[0] == ("全部", "3")
    yesterday = (today - timedelta(days=1)).isoformat()
    assert tabs(day=yesterday) == [("全部", "4"), ("全面复工", "0"), ("部分复工", "0"), ("未复工", "3"), ("未报", "1")]


def test_an_unreported_day_is_no_zero(client, a_day):
    page = body(client.get("/status/", {"status": "unreported"}))
    assert "未报</span>" in page
    assert "— / —" not in page
    assert ">0%" not in page
    shown = body(client.get("/status/", {"status": "full"}))
    for words in ("90 / 100", "120.5%", "1,234.5 kWh"):
        assert words in shown


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"day": "昨天"}, "日期：请填日期"),
        ({"day": "2999-01-01"}, "日期：不能晚于今天"),
        ({"status": "asleep"}, "复工状态：“asleep”不是可选的值"),
        ({"category": "x"}, "不是可选的值"),
        ({"region": "990103000000"}, "不是可选的值"),
        ({"light": "red"}, "没有“light”这个筛选条件"),
    ],
)
def test_an_unknown_value_gives_a_sentence_and_no_rows(client, a_day, query, sentence):
    factories.district(3)
    page = client.get("/status/", query)
    assert sentence in body(page)
    assert page.context["listing"].rows == []


def path(enterprise) -> str:
    return f"/enterprises/{enterprise.pk}/status/"


def filled(today, **fields: str) -> dict[str, str]:
    values = {
        "day": today.isoformat(),
        "state": "partial",
        "due": "131",
        "on_duty": "64",
        "utilisation": "48.5",
        "kwh": "4810.5",
        "orders": "排到十二月",
        "remarks": "缺料",
    }
    return values | fields


def test_a_day_is_reported(client, office, enterprise, today):
    response = client.post(path(enterprise), filled(today))
    assert response.headers["Location"] == enterprise.get_absolute_url()
    row = OperatingStatus.objects.get()
    assert (row.enterprise, row.day, row.state, row.source) == (enterprise, today, "partial", "office")
    assert (row.due, row.on_duty, row.utilisation, row.kwh) == (131, 64, Decimal("48.5"), Decimal("4810.5"))
    assert (row.orders, row.remarks, row.reported_by) == ("排到十二月", "缺料", office)


def test_a_second_report_shows_the_first_and_keeps_it(client, enterprise, today):
    client.post(path(enterprise), filled(today))
    page = client.get(path(enterprise))
    assert page.context["form"].initial["on_duty"] == 64
    assert "已由周海燕于" in body(page)
    client.post(path(enterprise), filled(today, state="full", on_duty="131"))
    assert OperatingStatus.objects.get().state == "full"
    assert OperatingStatusHistory.objects.get().on_duty == 64


def test_the_form_recalls_what_was_reported_last_time(client, enterprise, today):
    factories.status(enterprise, today - timedelta(days=2), due=131, on_duty=64)
    page = body(client.get(path(enterprise)))
    assert f"上次 131 人（{today - timedelta(days=2):%m-%d}）" in page
    assert 'value="131"' not in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": ""}, "请选择复工状态"),
        ({"state": "asleep"}, "“asleep”不是可选的值"),
        ({"utilisation": "200.01"}, "产能利用率（%）：不能大于 200"),
        ({"utilisation": "-1"}, "产能利用率（%）：不能小于 0"),
        ({"kwh": "-0.5"}, "用电量（kWh）：不能小于 0"),
        ({"due": "多"}, "应到人数：请填整数"),
        ({"on_duty": "-3"}, "在岗人数"),
        ({"due": "99999999999"}, "应到人数"),
        ({"day": "2999-01-01"}, "日期：日期不能晚于今天"),
        ({"day": "x"}, "日期：请填日期"),
        ({"remarks": "x" * 301}, "最多 300 字"),
    ],
)
def test_what_is_wrong_with_a_report_is_said(client, enterprise, today, fields, sentence):
    response = client.post(path(enterprise), filled(today, **fields))
    assert (response.status_code, sentence in body(response)) == (422, True)
    assert not OperatingStatus.objects.exists()


@pytest.mark.parametrize("utilisation", ["0", "100.01", "200"])
def test_utilisation_is_never_clamped_at_a_hundred(client, enterprise, today, utilisation):
    client.post(path(enterprise), filled(today, utilisation=utilisation))
    assert OperatingStatus.objects.get().utilisation == Decimal(utilisation)


def test_more_on_duty_than_due_is_stored_with_a_warning(client, enterprise, today):
    page = client.post(path(enterprise), filled(today, due="100", on_duty="120"), follow=True)
    assert "在岗 120 人多于应到 100 人" in body(page)
    assert OperatingStatus.objects.get().on_duty == 120
    page = client.post(path(enterprise), filled(today, due="", on_duty="120"), follow=True)
    assert "多于应到" not in body(page)


def test_an_old_day_is_the_offices(signed_in, client, enterprise, today):
    old = today - timedelta(days=32)
    specialist = factories.cadre(Role.SPECIALIST)
    factories.assign(specialist, enterprise, starts_on=old)
    refused = signed_in(specialist).post(path(enterprise), filled(old))
    assert (refused.status_code, "更早的请由办公室补录" in body(refused)) == (422, True)
    assert client.post(path(enterprise), filled(old)).status_code == 302


@pytest.mark.parametrize("day", ["x", "2026-13-40", "2999-01-01", ""])
def test_a_day_that_is_none_shows_today(client, enterprise, today, day):
    assert client.get(path(enterprise), {"day": day}).context["form"].initial["day"] == today


@pytest.mark.parametrize(
    ("following", "kept"),
    [
        ("/status/?day=2026-11-18&status=unreported", True),
        ("https://elsewhere.example/", False),
        ("//elsewhere.example/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_after_reporting_one_goes_back_to_the_list_and_nowhere_else(client, enterprise, today, following, kept):
    response = client.post(path(enterprise), filled(today, next=following))
    assert response.headers["Location"] == (following if kept else enterprise.get_absolute_url())


@pytest.mark.django_db(transaction=True)
def test_two_who_report_at_once_make_one_row_and_its_history(at_once, signed_in, today):
    office = factories.cadre(Role.OFFICE)
    enterprise = factories.EnterpriseFactory.create()
    clients = [signed_in(office), signed_in(office)]
    answers = at_once(
        lambda: clients[0].post(path(enterprise), filled(today, on_duty="10")),
        lambda: clients[1].post(path(enterprise), filled(today, on_duty="20")),
    )
    assert [answer.status_code for answer in answers] == [302, 302]
    assert {OperatingStatus.objects.get().on_duty, OperatingStatusHistory.objects.get().on_duty} == {10, 20}


# --- counts place by place ---


@pytest.fixture
def placed():
    """Two districts with a park that reaches into both."""
    north, south = factories.district(2, "北区"), factories.district(3, "南区")
    park = factories.RegionFactory.create(
        code="990199000000", name="高新园区", kind=Region.Kind.PARK, parent=factories.city()
    )
    today = timezone.localdate()
    for region, state, inside in (
        (factories.town(north), "full", park),
        (north, "none", None),
        (south, None, park),
        (south, "partial", None),
    ):
        row = factories.EnterpriseFactory.create(region=region, park=inside)
        if state:
            factories.status(row, today, state)
    return north, south, park


def tallied(response):
    """在营, 全面, 部分, 未复工, 未报 of each place."""
    return {one["place"].name: [count for count, _ in one["cells"]] for one in response.context["tallies"]}


def test_counts_stand_by_district_with_parks_beside_them_and_never_in_the_sum(signed_in, placed):
    browser = signed_in(factories.cadre(Role.OFFICE, region=factories.city()))
    response = browser.get("/status/")
    assert tallied(response) == {"北区": [2, 1, 0, 1, 0], "南区": [2, 0, 1, 0, 1], "其中：高新园区": [2, 1, 0, 0, 1]}
    assert "其中：高新园区" in response.content.decode()
    for one in response.context["tallies"]:
        for count, url in one["cells"]:
            assert len(browser.get(f"/status/{url}").context["listing"].rows) == count, (one, url)


def test_within_a_district_they_stand_by_street_and_itself(signed_in, placed):
    north, _, _ = placed
    browser = signed_in(factories.cadre(Role.OFFICE, region=north))
    assert tallied(browser.get("/status/")) == {
        "北区本级": [1, 0, 0, 1, 0],
        "北区1街道": [1, 1, 0, 0, 0],
        "其中：高新园区": [1, 1, 0, 0, 0],
    }


def test_counts_follow_the_filters_and_are_for_those_who_see_a_region(signed_in, placed):
    browser = signed_in(factories.cadre(Role.OFFICE, region=factories.city()))
    assert tallied(browser.get("/status/?region=990103000000")) == {
        "南区本级": [2, 0, 1, 0, 1],
        "其中：高新园区": [1, 0, 0, 0, 1],
    }
    assert tallied(browser.get("/status/?category=other")) == {}
    assert tallied(browser.get("/status/?region=nowhere")) == {}
    specialist = factories.cadre(Role.SPECIALIST, region=factories.district(2))
    assert signed_in(specialist).get("/status/").context["tallies"] == []
