"""Mornings of those who look over a region: the office, the supervisor, the leader."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import expect

from appeals.models import Appeal
from appeals.workflow import Status
from cadres import delivery
from cadres.models import Cadre
from reports import briefing
from reports.ledgers import jobs
from reports.models import Briefing
from tests import factories
from tests.appeals.people import People
from tests.mornings.conftest import SitDown
from tests.mornings.pages import begin, expect_number, expect_status, finish, follow_number, open_by_menu, take_up
from tests.reports import bulletins, karamay

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]


def bulletin(people: People, now: datetime) -> Briefing:
    """Yesterday's, of four enterprises: one resumed fully, one partly, one not; one says nothing."""
    yesterday = timezone.localdate(now) - timedelta(days=1)
    resumed = karamay.enterprises(people.enterprise.region, "full", "partial", "none", day=yesterday)
    karamay.freeze(
        factories.city(), people.enterprise, *resumed, first=yesterday.replace(day=1), last=timezone.localdate(now)
    )
    return bulletins.draft(factories.city(), yesterday, now)


def signed(issue: Briefing, by: Cadre) -> Briefing:
    return briefing.sign(issue, seen_at=issue.made_at, now=timezone.now(), by=by)


def test_an_office_assigns_closes_signs_the_bulletin_and_exports(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    people.submitted(now, title="冷库用电负荷不足")
    closing = people.at(Status.CLOSING, now)
    issue = bulletin(people, now)
    page = sit_down(people.office)
    expect_number(page, "待受理", "1件")
    expect_number(page, "待销号", "1件")

    take_up(page, "去受理", "冷库用电负荷不足")
    panel = begin(page, "转办")
    panel.get_by_label("主办单位").select_option(label="市人社局")
    panel.get_by_role("radio", name="个性", exact=True).check()
    finish(page, "转办")
    expect_status(page, "待签收")

    page.goto("/")
    take_up(page, "去销号", closing.title)
    begin(page, "销号").get_by_role("textbox").first.fill("已核对发车记录")
    page.locator("#workflow").get_by_role("button", name="销号", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="确认销号").click()
    expect_status(page, "已销号")

    open_by_menu(page, "每日通报")
    page.get_by_role("link", name=str(issue), exact=True).click()
    expect(page.locator("main")).to_contain_text("这是草稿，尚未签发")
    page.locator("main").get_by_role("link", name="签发", exact=True).click()
    page.get_by_role("button", name="确认签发").click()
    expect(page.locator(".signature")).to_contain_text("钱志远")

    open_by_menu(page, "诉求清单")
    page.get_by_role("button", name="导出 Excel").click()
    expect(page.locator("#progress")).to_contain_text("已排队，马上开始")
    assert jobs.run_next(timezone.now())
    page.reload()
    expect(page.locator(".notice-success")).to_contain_text("已生成，共 2 行")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^下载")).last.click()
    sheet = load_workbook(BytesIO(Path(download.value.path()).read_bytes())).active
    assert "冷库用电负荷不足" in {cell.value for row in sheet for cell in row}


def test_a_supervisor_urges_two_at_once_and_reassigns_one(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    other = factories.DepartmentFactory.create(name="市交通局")
    late = [people.submitted(now, title=title) for title in ("冷库用电负荷不足", "原料滞留收费站", "厂房无产权证")]
    for appeal in late:
        people.take(appeal, "assign", "office", now)
    Appeal.objects.update(level=2)
    page = sit_down(people.supervisor)
    expect_number(page, "二级督办", "3件")

    follow_number(page, "二级督办")
    expect(page.locator("h1")).to_have_text("升级督办")
    for title in ("冷库用电负荷不足", "厂房无产权证"):
        page.get_by_label(f"选择 {title}").check()
    expect(page.locator("[data-selected]")).to_have_text("2")
    page.get_by_role("button", name="批量催办").click()
    expect(page.locator("main")).to_contain_text("确认催办？共 2 件诉求")
    page.get_by_label("催办内容").fill("请今日 18:00 前反馈办理结果")
    page.get_by_role("button", name="确认催办 2 件").click()
    expect(page.locator("main, #toasts").first).to_contain_text("已催办 2 件")
    expect(page.get_by_text("已催办 1 次")).to_have_count(2)

    page.get_by_role("link", name="原料滞留收费站", exact=True).click()
    panel = begin(page, "改派")
    panel.get_by_label("主办单位").select_option(label="市交通局")
    panel.get_by_label("改派原因").fill("公路通行归交通部门")
    finish(page, "改派")
    expect(page.locator("main")).to_contain_text("市交通局")
    moved = Appeal.objects.get(title="原料滞留收费站")
    assert (moved.lead, moved.status) == (other, Status.ASSIGNED)


def test_a_supervisor_reassigns_what_is_ticked_in_one_go(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    other = factories.DepartmentFactory.create(name="市交通局")
    for title in ("冷库用电负荷不足", "原料滞留收费站", "厂房无产权证"):
        people.take(people.submitted(now, title=title), "assign", "office", now)
    Appeal.objects.update(level=2)
    page = sit_down(people.supervisor)
    open_by_menu(page, "升级督办")
    reassign = page.get_by_role("button", name="批量改派")
    expect(reassign).to_be_disabled()
    page.locator("[data-pick-all]").check()
    expect(page.locator("[data-selected]")).to_have_text("3")
    page.get_by_label("选择 厂房无产权证").uncheck()
    expect(page.locator("[data-selected]")).to_have_text("2")
    reassign.click()
    expect(page.locator("main")).to_contain_text("确认改派？共 2 件诉求")
    page.get_by_label("改派给").select_option(label="市交通局")
    page.get_by_label("改派原因").fill("公路通行归交通部门")
    page.get_by_role("button", name="确认改派 2 件").click()
    expect(page.locator("main, #toasts").first).to_contain_text("已改派 2 件")
    assert set(Appeal.objects.filter(lead=other).values_list("title", flat=True)) == {
        "冷库用电负荷不足",
        "原料滞留收费站",
    }


def test_a_leader_instructs_the_department_answers_and_the_leader_reads_it(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    appeal = people.at(Status.HANDLING, now)
    Appeal.objects.update(level=2)
    page = sit_down(people.leader)
    expect_number(page, "我的批示待反馈", "0件")
    open_by_menu(page, "升级督办")
    page.locator("#list").get_by_role("link", name="批示").click()
    expect(page.locator("main")).to_contain_text("市人社局")
    page.get_by_label("批示内容").fill("请李局长牵头，三日内拿出办法")
    page.get_by_role("button", name="批示", exact=True).click()
    expect(page.locator("main")).to_contain_text("请李局长牵头，三日内拿出办法")
    expect(page.locator("main")).to_contain_text("待反馈")

    head = sit_down(people.head)
    head.locator(".todo li").filter(has_text="批示").get_by_role("link", name="去反馈").click()
    head.get_by_label("反馈内容").fill("已与企业当面商定，周五前办结")
    head.get_by_role("button", name="反馈", exact=True).click()
    expect(head.locator("main")).to_contain_text("已反馈")
    delivery.deliver_waiting(timezone.now())

    open_by_menu(page, "消息")
    page.get_by_role("link", name=re.compile("你的批示已有反馈")).first.click()
    expect(page.locator("main")).to_contain_text("已与企业当面商定，周五前办结")
    supervisor = sit_down(people.supervisor)
    supervisor.locator(".todo li").filter(has_text="批示").get_by_role("link", name="去认可").click()
    supervisor.get_by_role("link", name="认可", exact=True).click()
    supervisor.get_by_role("button", name="认可", exact=True).click()
    expect(supervisor.locator("main")).to_contain_text("已办结")
    expect(supervisor.locator("main")).to_contain_text(appeal.title)


def test_a_leader_goes_from_the_dashboard_to_the_rows_and_to_the_bulletin(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    issue = signed(bulletin(people, now), people.office)
    page = sit_down(people.leader)
    expect(page.get_by_role("region", name="最近通报")).to_contain_text(str(issue))

    open_by_menu(page, "驾驶舱")
    expect(page.locator("[data-chart] canvas")).to_have_count(2)
    expect_number(page, "复工率", "50.0%")
    follow_number(page, "复工率")
    expect(page.locator("h1")).to_have_text("复工率")
    expect(page.locator("main")).to_contain_text("= 50.0%")
    expect(page.locator("#list")).to_contain_text("共 2 条")

    open_by_menu(page, "每日通报")
    page.get_by_role("link", name=str(issue), exact=True).click()
    expect(page.locator(".bulletin-text")).to_contain_text("复工")
    expect(page.locator(".signature")).to_contain_text("钱志远")
    expect(page.get_by_role("link", name="签发", exact=True)).to_have_count(0)
