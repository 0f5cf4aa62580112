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
    "list-filtered": "/appeals/?q=区&category=x",
    "list-empty": "/appeals/?light=red",
    "list-refused": "/appeals/?light=purple&sort=size",
    "list-plain": "/enterprises/",
    "detail": "/appeals/1/",
    "form": "/visits/new/",
    "confirm": "/ask/",
    "forbidden": "/forbidden/",
    "missing": "/appeals/99/",
    "broken": "/broken/",
    "menu": "/visits/#menu",
}
# The browser itself reports a status of 400 and above.
STATUS_NOTE = "Failed to load resource"


@pytest.fixture
def many_regions():
    for number in range(2, 5):
        for place in range(1, 10):
            town(district(number), place)


@pytest.mark.usefixtures("many_regions")
@pytest.mark.parametrize("width", [1440, 1024, 390, 320])
def test_pages_look_right(open_page, live_server, width):
    page = open_page("/visits/", width)
    faults = {}
    for name, path in PAGES.items():
        page.said.clear()
        page.goto(live_server.url + path)
        faults[name] = examine(page, f"{name}-{width}")
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("width", [1440, 390])
def test_what_opens_on_a_page_looks_right(open_page, live_server, many_regions, width):
    page = open_page("/appeals/", width)
    faults = {}
    page.click("summary")
    faults["account"] = examine(page, f"account-{width}")
    page.goto(live_server.url + "/appeals/")
    if width < 992:
        page.click("label:has-text('筛选')")
    page.click("label:has-text('展开')")
    faults["filters"] = examine(page, f"filters-{width}")
    page.goto(live_server.url + "/visits/new/")
    page.click("text=再加一件诉求")
    page.click("button:has-text('提交走访')")
    page.wait_for_selector(".errsum")
    faults["refused"] = examine(page, f"refused-{width}")
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("width", [1440, 320])
def test_the_sign_in_page_looks_right(open_page, width):
    page = open_page("/login/", width, signed_in=False)
    page.fill("input[name=username]", "nobody")
    page.fill("input[name=password]", "nothing")
    page.click("button[type=submit]")
    page.wait_for_selector(".errsum")
    assert examine(page, f"login-{width}") == []


def examine(page, name: str) -> list[str]:
    """What is wrong with the page as it stands. SHOTS names a folder for pictures."""
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    faults = [said for said in page.said if STATUS_NOTE not in said]
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        faults.append(f"{overflow}px too wide")
    page.evaluate("document.querySelectorAll('.watermark').forEach(mark => mark.hidden = true)")
    violations = Axe().run(page).response["violations"]
    return faults + [f"{found['id']}: {node['html'][:200]}" for found in violations for node in found["nodes"]]
