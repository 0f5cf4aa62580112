"""Mornings of the discipline inspector, who has what was handed over, and of the caller, who has no business."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appeals import referring
from appeals.workflow import Status
from cadres import audience, delivery, notices
from cadres.roles import Role
from tests import factories
from tests.appeals.people import People
from tests.mornings.conftest import PHONE, SitDown
from tests.mornings.pages import expect_number, open_by_menu

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]

ELSEWHERE = ("/enterprises/", "/visits/", "/appeals/escalations/", "/fulfilments/", "/dashboard/")


def test_an_inspector_accepts_a_lead_reads_its_case_and_concludes_it(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    appeal, other = people.at(Status.HANDLING, now), people.submitted(now, title="厂房无产权证")
    inspector = factories.cadre(Role.DISCIPLINE, name="周宁")
    assert inspector.department
    referring.hand_over(
        appeal,
        to=inspector.department,
        suspected="承办人推诿扯皮",
        grounds="多次退单，理由前后不一",
        files=[],
        by=people.supervisor,
        now=now,
        client_id=uuid4(),
    )
    delivery.deliver_waiting(now=now)
    page = sit_down(inspector)
    expect_number(page, "线索待受理", "1件")
    expect(page.locator("main")).to_contain_text("有新的移交线索，请登录查看")
    page.locator(".todo li").get_by_role("link", name="去受理").click()
    expect(page.locator("main")).to_contain_text("承办人推诿扯皮")
    page.get_by_role("button", name="受理").click()
    expect(page.locator("main")).to_contain_text("已受理")

    page.locator("main").get_by_role("link", name=appeal.title).click()
    expect(page.locator(".tl")).to_contain_text("签收")
    expect(page.locator(".offers")).to_have_count(0)
    open_by_menu(page, "移交线索")
    page.get_by_role("link", name=re.compile("办理中")).click()
    page.get_by_role("link", name=appeal.title).click()
    page.get_by_role("link", name="了结").click()
    page.get_by_role("radio", name="部分查实", exact=True).check()
    page.get_by_label("了结情况").fill("已约谈提醒，责令限期整改")
    page.get_by_role("button", name="了结").click()
    expect(page.locator("main")).to_contain_text("已约谈提醒，责令限期整改")
    for path in ELSEWHERE:
        answer = page.goto(path)
        assert answer
        assert answer.status == 403, path
    assert page.request.get(other.get_absolute_url()).status == 404


def test_a_caller_has_messages_and_an_account_and_no_business(people: People, sit_down: SitDown) -> None:
    now, role = timezone.now(), Role.CALLER
    appeal = people.submitted(now)
    reader = factories.cadre(role, name="周宁")
    notices.tell("meeting", [audience.cadre(reader.pk)], "周三上午九点开会", now=now, body="请带上月情况")
    delivery.deliver_waiting(now=now)
    page = sit_down(reader, PHONE)
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
    for path in (*ELSEWHERE, "/appeals/", appeal.get_absolute_url()):
        answer = page.goto(path)
        assert answer
        assert answer.status in {403, 404}, path
        expect(page.locator("h1")).to_have_text("没有权限")
