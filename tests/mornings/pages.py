"""What people do on every page: read a number, follow the menu, take a step of an appeal."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def expect_number(page: Page, label: str, number: str | re.Pattern[str]) -> None:
    """The page says so: 待受理 1件."""
    box = page.locator(".stat, .kpi").filter(has=page.get_by_text(label, exact=True))
    expect(box.locator(".v")).to_have_text(number)


def follow_number(page: Page, label: str) -> None:
    page.locator(".stat, .kpi").filter(has=page.get_by_text(label, exact=True)).click()


def take_up(page: Page, verb: str, title: str) -> None:
    """Follow the line of today's work that is about this appeal."""
    line = page.locator(".todo li").filter(has=page.get_by_role("link", name=title))
    line.locator(".a").get_by_role("link", name=verb).click()
    expect(page.locator("h1")).to_have_text(title)


def open_by_menu(page: Page, label: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=re.compile(label)).first.click()
    expect(page.locator("h1")).to_have_text(label)


def begin(page: Page, step: str) -> Locator:
    """Press the button of a step that asks for something, and wait for its form."""
    page.locator(".offers").get_by_role("link", name=step, exact=True).click()
    panel = page.locator("#workflow")
    expect(panel.get_by_role("heading")).to_have_text(step)
    return panel


def finish(page: Page, step: str) -> None:
    page.locator("#workflow").get_by_role("button", name=step, exact=True).click()
    expect(page.locator("#toasts")).to_contain_text(f"已办理“{step}”")


def expect_status(page: Page, status: str) -> None:
    expect(page.locator("#case-state")).to_contain_text(status)
