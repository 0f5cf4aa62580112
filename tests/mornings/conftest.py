"""Somebody at their desk or phone, signed in; whatever the browser complains of until they leave is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cadres.models import Cadre
from tests.appeals.people import People

DESK: Final = 1440
PHONE: Final = 390
PATIENCE: Final = 10_000  # milliseconds; several test processes share the machine
USUAL_PATIENCE: Final = 5_000
# The browser itself reports every page that is refused.
REFUSED: Final = "the server responded with a status of 403"
TOO_WIDE: Final = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Every page says itself where it scrolls sideways, so that none is left out that a test only passes through.
COMPLAIN_WHERE_TOO_WIDE: Final = (
    f"addEventListener('load', () => {{ if ({TOO_WIDE}) console.error('too wide: ' + location.pathname); }})"
)

SitDown = Callable[..., Page]


@pytest.fixture
def people(transactional_db: None) -> People:
    return People()


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=USUAL_PATIENCE)


@pytest.fixture
def sit_down(browser: Browser, live_server) -> Iterator[SitDown]:
    """sit_down(cadre, width=390): their workbench. At the end no page was too wide and the console has said nothing."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_workbench(cadre: Cadre, width: int = DESK) -> Page:
        phone = width < 992
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844 if phone else 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=phone,
            is_mobile=phone,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        client = Client()
        client.force_login(cadre)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        context.add_init_script(COMPLAIN_WHERE_TOO_WIDE)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto("/")
        expect(page.locator("h1")).to_contain_text(cadre.name)
        return page

    yield open_workbench
    too_wide = [page.url for context in contexts for page in context.pages if page.evaluate(TOO_WIDE)]
    for context in contexts:
        context.close()
    assert too_wide == []
    assert [text for text in said if REFUSED not in text] == []
