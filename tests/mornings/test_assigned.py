"""Mornings of those who look after enterprises: the specialist with a phone, the leader of the team at a desk."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from appeals.workflow import Status
from tests.appeals.people import People
from tests.mornings.conftest import PHONE, SitDown
from tests.mornings.pages import begin, expect_number, expect_status, finish

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]


def test_a_specialist_records_a_visit_with_an_appeal_and_sees_both(people: People, sit_down: SitDown) -> None:
    name = people.enterprise.name
    page = sit_down(people.specialist, PHONE)
    expect(page.locator(".hello")).to_contain_text("联系企业 1 家")
    expect_number(page, "本月走访", re.compile("^0"))
    page.get_by_role("link", name="记走访").last.tap()
    page.get_by_role("link", name=name).first.tap()
    page.get_by_label("接待人", exact=True).fill("李红梅")
    page.get_by_role("radio", name="部分复工", exact=True).check()
    page.get_by_label("应到人数").fill("240")
    page.get_by_label("在岗人数").fill("146")
    page.get_by_role("button", name="再加一件诉求").tap()
    row = page.locator("[data-row]").first
    row.get_by_label("标题").fill("冷库用电负荷不足")
    row.get_by_label("诉求类别").select_option(label="用工社保")
    row.get_by_label("描述").fill("冷库扩容后用电负荷不足，望尽快增容。")
    page.get_by_role("button", name="提交走访").tap()

    expect(page.locator(".notice-success")).to_contain_text("随单提交诉求 1 件")
    expect(page.locator("main")).to_contain_text("李红梅")
    page.get_by_role("link", name="冷库用电负荷不足").tap()
    expect(page.locator("h1")).to_have_text("冷库用电负荷不足")
    expect_status(page, "待受理")
    expect(page.locator("main")).to_contain_text(name)
    page.goto("/")
    expect_number(page, "本月走访", re.compile("^1"))
    expect(page.get_by_role("region", name="我的企业")).to_contain_text("今天")


def test_a_team_leader_urges_a_case_and_writes_the_plan(people: People, sit_down: SitDown) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    page = sit_down(people.team_leader)
    expect(page.locator(".hello")).to_contain_text("联系企业 1 家")
    page.locator(".due").get_by_role("link", name=appeal.title).click()
    begin(page, "催办").get_by_label("催办内容").fill("工人下周一要到岗，请今天回话")
    finish(page, "催办")
    expect_status(page, "办理中")
    expect(page.locator(".tl")).to_contain_text("工人下周一要到岗，请今天回话")

    page.locator("main").get_by_role("link", name=people.enterprise.name).first.click()
    team = page.locator(".team")
    expect(team).to_contain_text("还没有方案")
    team.get_by_role("link", name="编写").click()
    page.locator("textarea[name=text]").fill("目标：月底全面复工。\n措施：包车接46名技工。")
    page.get_by_label("起始日期").fill(f"{timezone.localdate():%Y-%m-%d}")
    page.get_by_role("button", name="保存").click()
    expect(team).to_contain_text("措施：包车接46名技工。")
    expect(team).to_contain_text(f"第 1 版，{people.team_leader.name}")
