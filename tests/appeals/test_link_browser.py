"""The enterprise's pages on a phone, and the sheet that leads there, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from appeals.workflow import Status
from cadres.models import Cadre
from tests.appeals.guests import DIGITS, Case, fresh
from tests.appeals.pages import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenContext = Callable[..., BrowserContext]
STATUS_NOTE = "Failed to load resource"


@pytest.fixture
def case(transactional_db: None) -> Case:
    return Case()


@pytest.fixture
def open_context(browser: Browser, live_server) -> Iterator[OpenContext]:
    """A browser of its own each time; nothing may complain in any console until the end."""
    said: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(width: int, cadre: Cadre | None = None) -> BrowserContext:
        phone = width < 992
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 844}, has_touch=phone, is_mobile=phone
        )
        contexts.append(context)
        if cadre:
            session = signed_in(cadre).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        context.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: said.append(str(error.error)))
        return context

    yield open_
    for context in contexts:
        context.close()
    assert [text for text in said if STATUS_NOTE not in text] == []


def fits_and_is_clean(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    edge = "document.querySelector('{}').getBoundingClientRect().{} + window.scrollY"
    assert page.evaluate(edge.format("h1", "top")) > page.evaluate(edge.format(".topbar", "height"))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 1440])
def test_a_contact_opens_the_link_and_rates_the_answer(case: Case, open_context: OpenContext, width: int) -> None:
    case.people.at(Status.HANDLING, timezone.now())
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    context = open_context(width)
    context.on("request", note)
    page = context.new_page()
    page.goto(case.page)
    fits_and_is_clean(page)
    page.get_by_label("联系人电话后四位").fill("1111")
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("alert")).to_contain_text("与登记的联系人电话不符")
    page.get_by_label("联系人电话后四位").fill(DIGITS)
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.people.enterprise.name)
    fits_and_is_clean(page)
    page.get_by_role("link", name="看答复并评价").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.appeal.title)
    fits_and_is_clean(page)
    page.get_by_label("部分解决", exact=True).check()
    page.get_by_label("不满意", exact=True).check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator(".errsum")).to_contain_text("请写明哪里没有解决或不满意")
    page.get_by_label("还想说的").fill("第二批班车没有来")
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_text("贵企业的评价：部分解决，不满意")).to_be_visible()
    assert fresh(case.appeal).rating == "dissatisfied"
    told = [request.all_headers().get("referer", "") for request in asked if case.token not in request.url]
    assert [address for address in told if case.token in address] == []
    assert any(address for address in told), "the browser does say from which site"


def test_a_wrong_link_says_whom_to_ask(case: Case, open_context: OpenContext) -> None:
    page = open_context(390).new_page()
    page.goto("/e/wrong/")
    expect(page.get_by_role("heading", name="链接无效或已失效")).to_be_visible()
    fits_and_is_clean(page)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_specialist_makes_a_link_whose_code_leads_there(case: Case, open_context: OpenContext, width: int) -> None:
    page = open_context(width, case.people.specialist).new_page()
    page.goto(case.people.enterprise.get_absolute_url())
    page.get_by_role("link", name="管理链接").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("企业链接")
    fits_and_is_clean(page)
    page.get_by_role("button", name="生成链接和二维码").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("企业诉求进度查询")
    address = page.get_by_label("链接地址").input_value()
    assert page.evaluate("document.querySelector('.link-code').naturalWidth") > 100
    fits_and_is_clean(page)
    page.goto(address)
    expect(page.get_by_label("联系人电话后四位")).to_be_visible()
    page.goto(f"/enterprises/{case.people.enterprise.pk}/links/")
    page.get_by_role("button", name="撤销").first.click()
    page.get_by_role("button", name="确认撤销").click()
    expect(page.get_by_text("链接已撤销，这个地址和二维码不能再打开")).to_be_visible()
    page.goto(address)
    expect(page.get_by_role("heading", name="链接无效或已失效")).to_be_visible()
