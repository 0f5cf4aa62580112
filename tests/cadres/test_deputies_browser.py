"""Acting for a colleague in a real browser: in and out of the mode, with two tabs, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from appeals.models import Appeal
from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.cadres.deputies import deputyship, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(browser: Browser, live_server) -> Callable[..., BrowserContext]:
    def open_(cadre: Cadre, width: int = 1440) -> BrowserContext:
        found = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 900}, locale="zh-CN")
        session = signed_in(cadre).cookies["sessionid"].value
        found.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        return found

    return open_


def test_a_form_begun_in_the_mode_and_sent_after_it_is_refused_and_its_draft_kept(context) -> None:
    enterprise = factories.EnterpriseFactory.create()
    principal = factories.cadre(Role.SPECIALIST, region=enterprise.region, name="李四")
    deputy = factories.cadre(Role.SPECIALIST, region=enterprise.region, name="张三")
    for cadre in (principal, deputy):
        factories.assign(cadre, enterprise, factories.CampaignFactory.create(name=f"行动{cadre.pk}"))
    deputyship(principal, deputy)
    browser = context(deputy)
    page = browser.new_page()
    said = _listen(page)
    page.goto("/")
    page.get_by_label("张三，账号菜单").click()
    page.get_by_role("button", name="代 李四 办理").first.click()
    expect(page.locator(".actingbar")).to_contain_text("正在代 李四")

    form = browser.new_page()
    form.goto(f"/appeals/new/?enterprise={enterprise.pk}")
    form.get_by_label("标题").fill("冷库用电负荷不足")
    form.get_by_label("描述").fill("冷库扩容后用电负荷不足，望尽快增容。")
    form.get_by_label("类别").select_option(label="用工社保")
    page.locator(".actingbar").get_by_role("button", name="结束代办").click()
    expect(page.locator(".actingbar")).to_have_count(0)
    form.get_by_role("button", name="提交诉求").click()
    expect(form.get_by_text("所以没有提交")).to_be_visible()
    assert not Appeal.objects.exists()

    page.get_by_label("张三，账号菜单").click()
    page.get_by_role("button", name="代 李四 办理").first.click()
    form.goto(f"/appeals/new/?enterprise={enterprise.pk}")
    form.get_by_role("button", name="继续填写").click()
    form.get_by_role("button", name="提交诉求").click()
    expect(form.locator(".notice-success")).to_be_visible()
    appeal = Appeal.objects.get()
    assert (appeal.registered_by_id, appeal.registered_by_deputy_id) == (principal.pk, deputy.pk)
    assert said() == []
    browser.close()


def test_a_page_from_before_the_switch_says_so_and_not_that_the_session_has_ended(context) -> None:
    enterprise = factories.EnterpriseFactory.create()
    principal = factories.cadre(Role.SPECIALIST, region=enterprise.region, name="李四")
    deputy = factories.cadre(Role.SPECIALIST, region=enterprise.region, name="张三")
    deputyship(principal, deputy)
    browser = context(deputy)
    stale, page = browser.new_page(), browser.new_page()
    stale.goto("/")
    page.goto("/")
    page.get_by_label("张三，账号菜单").click()
    page.get_by_role("button", name="代 李四 办理").first.click()
    expect(page.locator(".actingbar")).to_contain_text("正在代 李四")

    stale.evaluate(
        "for (const part of ['', ' [data-session-stay]']) document.querySelector('#session-bar' + part).hidden = false"
    )
    stale.get_by_role("button", name="继续使用").click()
    expect(stale.get_by_text("请刷新本页")).to_be_visible()
    expect(stale.locator("#session-bar")).to_be_hidden()
    browser.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_and_are_clean(context, width: int) -> None:
    principal = factories.cadre(Role.HEAD, name="李四")
    deputy = factories.cadre(Role.HANDLER, department=principal.department, name="张三")
    deputyship(principal, deputy)
    browser = context(deputy, width)
    page = browser.new_page()
    said = _listen(page)
    page.goto("/account/deputies/")
    _check(page)
    page.get_by_role("button", name="代办").first.click()
    for path in ("/", "/account/deputies/", "/account/"):
        page.goto(path)
        _check(page)
    assert said() == []
    browser.close()


def _check(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    page.locator(".watermark").evaluate("element => element.remove()")
    assert Axe().run(page).violations_count == 0, page.url


def _listen(page: Page) -> Callable[[], list[str]]:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return lambda: said
