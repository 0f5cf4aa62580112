"""A browser, the sample pages, and somebody signed in."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from cadres.models import Cadre
from cadres.roles import Role
from tests.factories import DepartmentFactory, cadre, city


@pytest.fixture
def sample_pages(settings) -> None:
    settings.ROOT_URLCONF = "tests.frontend.urls"
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates


@pytest.fixture
def somebody(db) -> Cadre:
    """A specialist who is also of the office and a supervisor, so that every menu entry is there."""
    unit = DepartmentFactory.create(name="江北区经信局", region=city())
    return cadre(Role.SPECIALIST, Role.OFFICE, Role.SUPERVISOR, name="王晓敏", department=unit)


@pytest.fixture
def open_page(browser, live_server, sample_pages, transactional_db, somebody) -> Iterator[Callable[..., Page]]:
    """open_page("/appeals/", width=390): signed in, with everything the console says in page.said."""
    contexts: list[BrowserContext] = []

    def cookie_for(person: Cadre) -> dict[str, str]:
        client = Client()
        client.force_login(person)
        return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}

    def open_(path: str, width: int = 1440, *, signed_in: bool = True, **options) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=width < 992,
            is_mobile=width < 992,
            **options,
        )
        contexts.append(context)
        if signed_in:
            context.add_cookies([cookie_for(somebody)])
        page = context.new_page()
        page.said = []
        page.user = somebody
        page.cookie_for = cookie_for
        page.on("console", lambda message: page.said.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()
