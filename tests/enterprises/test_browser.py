"""In a real browser: choosing a specialist while typing, ticking many, and every page at three widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cadres.roles import Role
from enterprises.models import Assignment
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "澜川远大食品加工与冷链物流配送（集团）股份有限公司澜北区第二分公司<b>'𠮷=LatinNameWithoutAnyBlankInsideItAtAll"
# The browser itself reports a status of 400 and above.
STATUS_NOTE = "Failed to load resource"


class Town:
    """An office, two specialists, a campaign, an enterprise with everything and two without anybody."""

    def __init__(self) -> None:
        today = timezone.localdate()
        north = factories.district(2, "北区")
        self.office = factories.cadre(Role.OFFICE, region=north, name="周海燕")
        self.first = factories.cadre(Role.SPECIALIST, region=north, name="王晓敏", title="科员")
        self.second = factories.cadre(Role.SPECIALIST, region=north, name="李四", title="科员")
        begun = today - timedelta(days=30)
        self.campaign = factories.CampaignFactory.create(name="奋战四个月、千人入千企", starts_on=begun)
        self.enterprise = factories.EnterpriseFactory.create(name=LONG, region=factories.town(north))
        self.others = [factories.EnterpriseFactory.create(region=north) for _ in range(2)]
        factories.assign(self.first, self.enterprise, self.campaign, starts_on=begun)
        factories.status(self.enterprise, today - timedelta(days=1), due=131, on_duty=64, remarks="原料" * 60)


@pytest.fixture
def town(transactional_db: None) -> Town:
    return Town()


@pytest.fixture
def open_page(browser: Browser, live_server, town: Town) -> Iterator[Callable[..., Page]]:
    """open_page("/enterprises/", 390): the office's browser, what its console says in the list `said`."""
    contexts: list[BrowserContext] = []

    def open_(path: str, width: int = 1440, said: list[str] | None = None) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=width < 992,
            is_mobile=width < 992,
        )
        contexts.append(context)
        client = Client()
        client.force_login(town.office)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        if said is not None:
            page.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
            page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


def test_a_specialist_is_found_while_typing_and_assigned(open_page: Callable[..., Page], town: Town) -> None:
    page = open_page(f"/enterprises/{town.others[0].pk}/assign/")
    names = page.locator(".choices-text b")
    expect(names).to_have_count(2)
    page.fill("#id_find_text", "wxm")
    expect(names).to_have_text(["王晓敏"])
    expect(page.locator(".choices-note")).to_have_text("已包联 1 家")
    page.check(".choices input")
    page.click(".actbar .btn-primary")
    expect(page.locator(".notice-success")).to_contain_text("已安排王晓敏")
    assert Assignment.objects.get(enterprise=town.others[0]).cadre == town.first


def test_ticked_enterprises_are_assigned_together(open_page: Callable[..., Page], town: Town) -> None:
    page = open_page("/enterprises/uncovered/")
    expect(page.locator("[data-bulk]")).to_be_disabled()
    page.check("[data-pick-all]")
    page.click("text=批量安排专员")
    expect(page.locator(".picks li")).to_have_count(2)
    page.check(f".choices input[value='{town.second.pk}']")
    page.click("text=确认安排 2 家")
    expect(page.locator(".notice-success")).to_have_text("已安排李四为 2 家企业的专员。")
    expect(page.locator("#list .empty-text")).to_have_text("没有未包联的企业")


def test_a_number_is_shown_where_the_button_is_pressed(open_page: Callable[..., Page], town: Town) -> None:
    factories.contact(town.enterprise, "何文娟", "13812345678", position="厂长")
    said: list[str] = []
    page = open_page(f"/enterprises/{town.enterprise.pk}/", said=said)
    contact = page.locator(".contacts li")
    expect(contact).to_contain_text("138****5678")
    contact.get_by_role("button").click()
    expect(contact).to_contain_text("何文娟")
    expect(contact.locator("a[href^='tel:']")).to_have_text("13812345678")
    expect(contact).to_contain_text("已记入审计记录")
    expect(contact.get_by_role("button")).to_be_visible()
    assert said == []


@pytest.fixture
def many(town: Town) -> list[str]:
    """Names of three pages of traders beside the town's own, in the order of the list by name."""
    names = [f"北区第{number:02d}便利店" for number in range(1, 51)]
    for name in names:
        factories.EnterpriseFactory.create(name=name, kind="trader", credit_code=None, region=town.enterprise.region)
    return names


def scrolled(page: Page) -> int:
    return round(page.evaluate("window.scrollY"))


@pytest.mark.parametrize("way", ["返回", "首页后的企业名录", "浏览器"])
def test_the_way_back_leads_to_the_row_that_was_opened(
    open_page: Callable[..., Page], many: list[str], way: str
) -> None:
    page = open_page("/enterprises/?q=便利店&sort=name")
    page.click(".pages a[aria-label='第 2 页']")
    expect(page.locator(".pages .cur")).to_have_text("2")
    row = page.locator("#rows a.ttl", has_text=many[36])
    row.scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 60)")
    before = scrolled(page)
    assert before > 0
    row.click()
    page.wait_for_url("**/enterprises/*/")
    if way == "浏览器":
        page.go_back()
    else:
        page.click("a[data-back].btn" if way == "返回" else ".crumbs a[data-back]")
    expect(page.locator(".pages .cur")).to_have_text("2")
    assert "sort=name" in page.url
    assert "page=2" in page.url
    expect(page.locator("#rows a.ttl", has_text=many[36])).to_be_focused()
    assert abs(scrolled(page) - before) <= 2


def test_the_way_back_on_a_phone_fetches_the_rows_that_were_shown(
    open_page: Callable[..., Page], many: list[str]
) -> None:
    page = open_page("/enterprises/?q=便利店&sort=name", 390)
    page.click("#pager .addrow")
    expect(page.locator("#rows > tr")).to_have_count(40)
    page.locator("#rows a.ttl", has_text=many[30]).click()
    page.wait_for_url("**/enterprises/*/")
    page.click("a[data-back].btn")
    expect(page.locator("#rows > tr")).to_have_count(40)
    expect(page.locator("#rows a.ttl", has_text=many[30])).to_be_focused()


def test_a_list_that_is_opened_anew_begins_at_its_top(open_page: Callable[..., Page], many: list[str]) -> None:
    page = open_page("/enterprises/?q=便利店&sort=name")
    page.locator("#rows a.ttl", has_text=many[15]).click()
    page.wait_for_url("**/enterprises/*/")
    page.goto("/enterprises/?q=便利店&sort=name")
    page.wait_for_load_state("load")
    assert scrolled(page) == 0
    expect(page.locator(".is-returned")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_every_page_looks_right(open_page: Callable[..., Page], town: Town, width: int) -> None:
    one, campaign = f"/enterprises/{town.enterprise.pk}/", f"/campaigns/{town.campaign.pk}/"
    end = f"/assignments/{Assignment.objects.get().pk}/end/"
    picks = "&".join(f"pk={other.pk}" for other in (town.enterprise, *town.others))
    paths = (
        *("/enterprises/", "/enterprises/?q=SQ990102&size=x", "/enterprises/new/", "/enterprises/uncovered/"),
        *(one, f"{one}edit/", f"{one}assign/", f"{one}status/", f"/enterprises/assign/?{picks}", end),
        *(f"{one}move/", f"{one}contacts/new/", f"/enterprises/labels/?{picks}", "/assignments/workload/"),
        f"/assignments/{Assignment.objects.get().pk}/plan/",
        *("/assignments/", "/campaigns/", "/campaigns/new/", campaign, f"{campaign}edit/", "/status/"),
    )
    said: list[str] = []
    page = open_page(paths[0], width, said)
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide}px too wide"
        page.evaluate("document.querySelectorAll('.watermark').forEach(mark => mark.hidden = true)")
        found = Axe().run(page).response["violations"]
        assert [(path, one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
    assert [words for words in said if STATUS_NOTE not in words] == []
