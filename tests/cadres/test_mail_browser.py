"""The pages about e-mail in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page

from cadres.models import Cadre, Mail, Message, Outbox
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_and_are_clean(browser: Browser, live_server, width: int) -> None:
    admin, person = factories.cadre(Role.SYSADMIN), factories.cadre(Role.SPECIALIST, email="a@example.gov.cn")
    _failed_mail(person)
    for cadre, path in ((admin, "/mail/"), (person, "/inbox/"), (person, "/inbox/settings/")):
        context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 844})
        session = signed_in(cadre).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        said = _listen(page)
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        page.locator(".watermark").evaluate("element => element.remove()")
        assert Axe().run(page).violations_count == 0, path
        assert said() == []
        context.close()


def _failed_mail(person: Cadre) -> None:
    now = timezone.now()
    reason = "邮件服务器连接不上或没有回应：[Errno 111] Connection refused"
    mail = Mail.objects.create(
        recipient=person, kind="notice", address=person.email, made_at=now, due_at=now, state="failed", failure=reason
    )
    row = Outbox.objects.create(key="k", subject="请签收：招工难", level=2, created_at=now, delivered_at=now)
    Message.objects.create(outbox=row, recipient=person, at=now, mail=mail)


def _listen(page: Page) -> Callable[[], list[str]]:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return lambda: said
