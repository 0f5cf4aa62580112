"""Every layout and component in a real browser: no overflow, no axe violation, nothing in the console."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories import district, town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = {
    "workbench": "/",
    "list": "/appeals/",
    "list-folded": "/appeals/?triage=x&q=区",
    "list-empty": "/appeals/?light=red",
    "list-refused": "/appeals/?light=purple&sort=size",
    "list-plain": "/enterprises/",
    "detail": "/appeals/1/",
    "form": "/visits/new/",
    "confirm": "/ask/",
    "forbidden": "/forbidden/",
    "missing": "/appeals/99/",
    "menu": "/visits/#menu",
}
# The browser itself reports a status of 400 and above.
STATUS_NOTE = "Failed to load resource"


@pytest.fixture
def many_regions():
    for number in range(2, 5):
        for place in range(1, 10):
            town(district(number), place)


@pytest.mark.parametrize("width", [1440, 1024, 390, 320])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_right(open_page, many_regions, name, width):
    page = open_page(PAGES[name], width)
    examine(page, f"{name}-{width}")


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_a_refused_form_looks_right(open_page, width):
    page = open_page("/visits/new/", width)
    page.click("text=再加一件诉求")
    page.click("button.btn-primary:has-text('提交走访')")
    page.wait_for_selector(".errsum")
    examine(page, f"refused-{width}")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["/login/", "/broken/"])
def test_a_page_without_a_menu_looks_right(open_page, live_server, path, width):
    page = open_page("/login/", width, signed_in=False)
    if path == "/login/":
        page.fill("input[name=username]", "nobody")
        page.fill("input[name=password]", "nothing")
        page.click("button[type=submit]")
        page.wait_for_selector(".errsum")
    else:
        page.goto(live_server.url + path)
    examine(page, f"{path.strip('/')}-{width}")


def examine(page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{overflow}px too wide"
    page.evaluate("document.querySelectorAll('.watermark').forEach(mark => mark.hidden = true)")
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in violations] == []
    assert [said for said in page.said if STATUS_NOTE not in said] == []
