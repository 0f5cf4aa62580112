"""The panel of steps in a real browser: from the application to the payment without leaving the page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from cadres.models import Cadre
from policies.workflow import Status
from tests.policies.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The browser itself reports a status of 400 and above.
STATUS_NOTE = "Failed to load resource"


@pytest.fixture
def people(transactional_db: None) -> People:
    return People()


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Any]:
    """open_page(cadre, path, width=390): signed in; nothing may complain in the console until the end."""
    said: list[str] = []
    contexts = []

    def open_(cadre: Cadre, path: str, width: int = 1440) -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, locale="zh-CN"
        )
        contexts.append(context)
        client = Client()
        client.force_login(cadre)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [text for text in said if STATUS_NOTE not in text] == []


def offer(page: Page, label: str) -> None:
    page.locator(".offers").get_by_text(label, exact=True).click()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_department_examines_and_pays_without_leaving_the_page(people: People, open_page: Any, width: int) -> None:
    row = people.at(Status.DECLARED)
    page = open_page(people.handler, row.get_absolute_url(), width)
    assert Axe().run(page).violations_count == 0
    offer(page, "受理审核")
    expect(page.locator("#case-state")).to_contain_text("审核中")
    offer(page, "退回补正")
    page.locator("#workflow textarea").fill("缺社保证明")
    people.take(row, "approve", "head", amount_approved=Decimal(50000))
    page.locator("#workflow button[type=submit]").click()
    expect(page.locator("#workflow")).to_contain_text("李局长已于")
    expect(page.locator("#workflow textarea")).to_have_value("缺社保证明")
    page.goto(row.get_absolute_url())
    offer(page, "登记拨付")
    panel = page.locator("#workflow")
    panel.get_by_label("凭证号").fill("A<1>'=𠮷")
    panel.get_by_label("本次拨付").fill("60000")
    panel.locator("button[type=submit]").click()
    expect(panel).to_contain_text("还可拨付 50,000.00 元")
    panel.get_by_label("本次拨付").fill("50000")
    panel.locator("button[type=submit]").click()
    expect(page.locator("#case-state")).to_contain_text("已兑现")
    expect(page.locator("#toasts")).to_contain_text("已办理“登记拨付”")
    expect(page.locator("#case")).to_contain_text("A<1>'=𠮷")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
