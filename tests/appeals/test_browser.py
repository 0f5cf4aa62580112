"""The panel of steps in a real browser: forms come and go without leaving the page, refusals keep what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Cadre
from tests.appeals.pages import LIST, QUEUE, signed_in
from tests.appeals.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]
# The browser itself reports a status of 400 and above.
STATUS_NOTE = "Failed to load resource"


@pytest.fixture
def crowd(transactional_db: None) -> People:
    return People()


@pytest.fixture
def open_page(browser: Browser, live_server) -> Iterator[OpenPage]:
    """open_page(cadre, "/appeals/", width=390): signed in; nothing may complain in the console until the end."""
    said: list[str] = []
    contexts = []

    def open_(cadre: Cadre, path: str, width: int = 1440, **options) -> Page:
        phone = width < 992
        size = {"width": width, "height": 900}
        context = browser.new_context(
            base_url=live_server.url, viewport=size, locale="zh-CN", has_touch=phone, is_mobile=phone, **options
        )
        contexts.append(context)
        session = signed_in(cadre).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [text for text in said if STATUS_NOTE not in text] == []


def offer(page: Page, label: str) -> None:
    page.locator(".offers").get_by_text(label, exact=True).click()


@pytest.mark.parametrize("width", [1440, 390])
def test_an_office_assigns_without_leaving_the_page(crowd: People, open_page: OpenPage, width: int) -> None:
    appeal = crowd.submitted(timezone.now())
    page = open_page(crowd.office, appeal.get_absolute_url(), width)
    offer(page, "转办")
    expect(page.locator("#h-workflow")).to_be_focused()
    panel = page.locator("#workflow")
    panel.locator("textarea").fill("请三天内办结")
    panel.locator("button[type=submit]").click()
    expect(page.locator(".errsum")).to_contain_text("主办单位：请选择")
    expect(panel.locator("textarea")).to_have_value("请三天内办结")
    panel.locator("select").select_option(label="市人社局")
    panel.locator("button[type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text("已办理“转办”")
    expect(page.locator("#case-state")).to_contain_text("待签收")
    expect(page.locator(".tl")).to_contain_text("请三天内办结")
    assert page.locator("#case").count() == page.locator("#case-state").count() == 1
    appeal.refresh_from_db()
    assert (appeal.status, appeal.lead) == (Status.ASSIGNED, crowd.department)


def test_a_double_click_signs_once(crowd: People, open_page: OpenPage) -> None:
    appeal = crowd.at(Status.ASSIGNED, timezone.now())
    page = open_page(crowd.handler, appeal.get_absolute_url())
    page.locator(".offers").get_by_text("签收", exact=True).dblclick()
    expect(page.locator("#case-state")).to_contain_text("办理中")
    assert appeal.events.filter(step="sign").count() == 1


def test_the_second_of_two_handlers_reads_who_was_first(crowd: People, open_page: OpenPage) -> None:
    appeal = crowd.at(Status.ASSIGNED, timezone.now())
    page = open_page(crowd.colleague, appeal.get_absolute_url())
    crowd.take(appeal, "sign", "handler", timezone.now())
    offer(page, "签收")
    expect(page.locator("#workflow [role=alert]")).to_contain_text("赵明已于")
    expect(page.locator(".offers")).to_contain_text("答复")


def test_closing_asks_first(crowd: People, open_page: OpenPage) -> None:
    appeal = crowd.at(Status.CLOSING, timezone.now())
    page = open_page(crowd.office, appeal.get_absolute_url())
    offer(page, "销号")
    page.locator("#workflow textarea").fill("已看拨款凭证")
    page.locator("#workflow .btn-danger").click()
    dialog = page.locator(".modal.show")
    expect(dialog).to_contain_text("销号后诉求即结束，不能再改。确认销号？")
    dialog.get_by_text("取消").click()
    expect(dialog).to_have_count(0)
    assert Appeal.objects.get(pk=appeal.pk).status == Status.CLOSING
    page.locator("#workflow .btn-danger").click()
    page.locator(".modal.show").get_by_role("button", name="确认销号").click()
    expect(page.locator("#case-state")).to_contain_text("已销号")


def test_without_scripts_a_case_goes_its_way(crowd: People, open_page: OpenPage) -> None:
    appeal = crowd.at(Status.HANDLING, timezone.now())
    page = open_page(crowd.handler, appeal.get_absolute_url(), java_script_enabled=False)
    offer(page, "答复")
    page.locator("label", has_text="部分解决").click()
    page.locator("textarea").fill("专车接回44人")
    page.locator(".actbar button[type=submit]").click()
    expect(page.locator(".notice-success")).to_contain_text("已办理“答复”")
    expect(page.locator("#case-state")).to_contain_text("待审核")


def test_an_enterprise_is_found_while_typing(crowd: People, open_page: OpenPage) -> None:
    page = open_page(crowd.office, "/appeals/new/", 390)
    page.locator("#id_q").press_sequentially("没有这家")
    expect(page.locator("#found")).to_contain_text("没有找到企业")
    page.locator("#id_q").fill(crowd.enterprise.name[:4])
    expect(page.locator("#found")).to_contain_text(crowd.enterprise.name)
    page.locator("#found .btn").first.tap()
    expect(page.locator(".picked")).to_contain_text(crowd.enterprise.name)


def test_the_queue_fits_every_width_of_a_desk(crowd: People, open_page: OpenPage) -> None:
    crowd.assigned(timezone.now())
    Appeal.objects.update(level=2)
    page = open_page(crowd.supervisor, QUEUE)
    expect(page.locator(".cell-rungs")).to_contain_text("下一步")
    for width in (1440, 1366, 1280, 1200, 1100, 1000):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(crowd: People, open_page: OpenPage, width: int) -> None:
    appeal = crowd.at(Status.CONFIRMING, timezone.now())
    crowd.submitted(timezone.now())
    Appeal.objects.filter(pk=appeal.pk).update(level=2)
    steps = f"/appeals/{appeal.pk}/steps/confirm/"
    pages = [(crowd.office, LIST), (crowd.supervisor, QUEUE), (crowd.specialist, appeal.get_absolute_url())]
    pages += [(crowd.specialist, steps), (crowd.specialist, f"/appeals/new/?enterprise={crowd.enterprise.pk}")]
    for cadre, path in pages:
        page = open_page(cadre, path, width)
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) == 0, path
        page.evaluate("document.querySelector('.watermark').remove()")
        assert [found["id"] for found in Axe().run(page).response["violations"]] == [], path
