"""Mornings in a department: the handler works on a case, the head approves one and passes one on."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appeals.workflow import Status
from tests.appeals.people import People
from tests.mornings.conftest import SitDown
from tests.mornings.pages import begin, expect_number, expect_status, finish, take_up
from tests.uploads import PDF

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]


def test_a_handler_signs_writes_progress_and_replies_with_a_paper(people: People, sit_down: SitDown) -> None:
    appeal = people.at(Status.ASSIGNED, timezone.now())
    page = sit_down(people.handler)
    expect_number(page, "待我办理", "1件")
    expect_number(page, "待签收", "1件")
    take_up(page, "去签收", appeal.title)
    page.locator("#workflow").get_by_role("button", name="签收", exact=True).click()
    expect_status(page, "办理中")

    panel = begin(page, "登记进展")
    panel.get_by_label("进展").fill("已联系客运公司，明早发第一趟车")
    panel.get_by_label("已与企业联系").check()
    finish(page, "登记进展")
    expect(page.locator(".tl")).to_contain_text("明早发第一趟车")

    panel = begin(page, "答复")
    panel.get_by_role("radio", name="已解决", exact=True).check()
    panel.get_by_label("答复内容").fill("两趟专车已接回44人，另2人自驾返岗。")
    panel.get_by_label("佐证材料").set_input_files(
        {"name": "发车记录.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    finish(page, "答复")
    expect_status(page, "待审核")
    with page.expect_download() as download:
        page.get_by_role("link", name="发车记录.pdf", exact=True).click()
    assert download.value.suggested_filename == "发车记录.pdf"
    page.goto("/")
    expect_number(page, "待我办理", "0件")


def test_a_head_approves_one_and_passes_another_on(people: People, sit_down: SitDown) -> None:
    replied = people.at(Status.REVIEWING, timezone.now())
    other = people.submitted(timezone.now(), title="厂房无产权证")
    for name, who in (("assign", "office"), ("sign", "handler")):
        people.take(other, name, who, timezone.now())
    page = sit_down(people.head)
    expect_number(page, "待审核", "1件")
    take_up(page, "去审核", replied.title)
    expect(page.locator("main")).to_contain_text("专车接回44人")
    page.locator("#workflow").get_by_role("button", name="审核通过", exact=True).click()
    expect_status(page, "待确认")

    page.goto("/appeals/")
    page.get_by_role("link", name="厂房无产权证").first.click()
    expect(page.locator("main")).to_contain_text("赵明")
    panel = begin(page, "转派")
    panel.get_by_label("转派给").select_option(label="孙雯")
    panel.get_by_label("转派原因").fill("赵明休假")
    finish(page, "转派")
    expect(page.locator(".tl")).to_contain_text("赵明休假")
    other.refresh_from_db()
    assert other.handler == people.colleague
    page.goto("/")
    expect_number(page, "待审核", "0件")
