"""The dashboard in a browser: its charts are drawn, lead to their rows, and break none of the page's own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from cadres.models import Region
from cadres.roles import Role
from reports.models import RiskLevel
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import CITY, DUSHANZI, TIANSHAN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tree(transactional_db: None) -> dict[str, Region]:
    tree, today = karamay.regions(), timezone.localdate()
    some = karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", day=today)
    some += karamay.enterprises(tree[DUSHANZI], "full", "full", day=today - timedelta(days=1))
    karamay.freeze(tree[CITY], *some, first=min(today.replace(day=1), today - timedelta(days=7)), last=today)
    for name, colour in ((TIANSHAN, "red"), (DUSHANZI, "yellow")):
        RiskLevel.objects.create(region=tree[name], colour=colour, starts_on=today, set_at=timezone.now())
    return tree


@pytest.fixture
def open_dashboard(browser: Browser, live_server, tree: dict[str, Region]) -> Iterator[Callable[[int], Page]]:
    contexts = []

    def open_(width: int) -> Page:
        client = Client()
        client.force_login(factories.cadre(Role.LEADER, region=tree[CITY]))
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, locale="zh-CN"
        )
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto("/dashboard/")
        expect(page.locator("[data-chart] canvas")).to_have_count(2)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_charts_are_drawn_and_nothing_is_said_even_when_they_are_hovered(
    open_dashboard: Callable[[int], Page], width: int
) -> None:
    page = open_dashboard(width)
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
        chart.hover()
    assert page.said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelector('.watermark').remove()")
    assert Axe().run(page).response["violations"] == []


def test_a_bar_leads_to_the_rows_of_its_region(open_dashboard: Callable[[int], Page]) -> None:
    page = open_dashboard(1440)
    bars = page.locator("[data-chart=ranking]")
    box = bars.bounding_box()
    assert box
    bars.click(position={"x": box["width"] / 2, "y": 18})
    page.wait_for_url("**/reports/rows/resumption/?*")
    expect(page.locator("h1")).to_have_text("复工率")


def test_a_click_while_the_bars_still_grow_leads_there_too(open_dashboard: Callable[[int], Page]) -> None:
    page = open_dashboard(1440)
    page.clock.install()
    page.clock.pause_at(timezone.now() + timedelta(minutes=1))
    page.reload()
    bars = page.locator("[data-chart=ranking]")
    bars.hover(position={"x": 200, "y": 18})
    page.mouse.down()
    page.clock.run_for(2000)
    page.mouse.up()
    page.wait_for_url("**/reports/rows/resumption/?*")


def test_another_day_redraws_the_charts_without_a_new_page(open_dashboard: Callable[[int], Page]) -> None:
    page = open_dashboard(1440)
    page.evaluate("window.sameplace = true")
    yesterday = timezone.localdate() - timedelta(days=1)
    page.locator("input[name=day]").fill(yesterday.isoformat())
    expect(page.locator("#list")).to_contain_text(f"{yesterday.month} 月 {yesterday.day} 日")
    expect(page.locator("[data-chart] canvas")).to_have_count(2)
    assert page.evaluate("window.sameplace") is True
    assert page.said == []
