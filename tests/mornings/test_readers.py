"""Mornings of the discipline inspector and the caller: messages and their own account, nothing of business."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cadres import audience, delivery, notices
from cadres.roles import Role
from tests import factories
from tests.appeals.people import People
from tests.mornings.conftest import DESK, PHONE, SitDown

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]

BUSINESS = ("/enterprises/", "/visits/", "/appeals/", "/appeals/escalations/", "/fulfilments/", "/dashboard/")


@pytest.mark.parametrize(("role", "width"), [(Role.DISCIPLINE, DESK), (Role.CALLER, PHONE)])
def test_they_have_messages_and_an_account_and_no_business(
    people: People, sit_down: SitDown, role: Role, width: int
) -> None:
    now = timezone.now()
    appeal = people.submitted(now)
    reader = factories.cadre(role, name="周宁")
    notices.tell("meeting", [audience.cadre(reader.pk)], "周三上午九点开会", now=now, body="请带上月情况")
    delivery.deliver_waiting(now=now)
    page = sit_down(reader, width)
    expect(page.locator(".hello")).to_contain_text("未读消息 1 条")
    expect(page.locator("main .stat, main .kpi")).to_have_count(0)
    page.get_by_role("link", name="全部消息").click()
    expect(page.locator("h1")).to_have_text("消息")
    expect(page.locator("#list")).to_contain_text("周三上午九点开会")
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.locator("#list")).to_contain_text("已读")

    page.get_by_label("周宁，账号菜单").click()
    page.get_by_role("link", name="我的账号").click()
    expect(page.locator("main")).to_contain_text(str(role.label))
    expect(page.locator("main")).to_contain_text("本机")
    for path in (*BUSINESS, appeal.get_absolute_url()):
        answer = page.goto(path)
        assert answer
        assert answer.status in {403, 404}, path
        expect(page.locator("h1")).to_have_text("没有权限")
