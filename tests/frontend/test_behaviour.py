"""What the scripts do, in a real browser; and that lists and forms work without them."""

import contextlib
import re
from datetime import UTC, datetime

import pytest
from django.template import loader
from playwright.sync_api import Error, expect

from tests.factories import cadre, district, town
from tests.frontend import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def forget():
    for kept in (pages.POSTED, pages.URGED, pages.DRAFTS):
        kept.clear()


@pytest.fixture
def twelve_regions():
    """The city, 澜北区 and ten towns in it."""
    north = district(2, "澜北区")
    for number in range(1, 11):
        town(north, number)


def fill_in_visit(page) -> None:
    page.check("label:has-text('实地') input", force=True)
    page.fill("#id_at", "2026-11-20T10:05")
    page.check("label:has-text('部分复工') input", force=True)
    page.fill("#id_on_duty", "146")
    page.fill("#id_capacity", "160")
    page.fill("[name=appeals-0-text]", "3 批冷冻原料车滞留")


# --- lists ---


@pytest.mark.usefixtures("twelve_regions")
def test_a_filter_swaps_the_list_and_back_restores_it(open_page):
    page = open_page("/appeals/")
    page.fill("#id_q", "北区3")
    page.press("#id_q", "Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert page.url.endswith("/appeals/?q=%E5%8C%97%E5%8C%BA3")
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(10)


@pytest.mark.usefixtures("twelve_regions")
def test_a_detail_page_leads_back_to_the_list_as_it_was_left(open_page):
    page = open_page("/appeals/?q=北区3")
    page.click(".ttl >> nth=0")
    page.click("a:has-text('返回')")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert "q=" in page.url


@pytest.mark.usefixtures("twelve_regions")
def test_more_rows_come_without_repeating_any(open_page):
    page = open_page("/appeals/", 390)
    page.click("text=加载更多（剩 2 条）")
    expect(page.locator("#rows tr")).to_have_count(12)
    values = page.eval_on_selector_all("[data-pick]", "boxes => boxes.map(box => box.value)")
    assert len(set(values)) == 12
    expect(page.locator("text=加载更多")).to_have_count(0)


@pytest.mark.usefixtures("twelve_regions")
def test_ticked_rows_are_counted_and_sent_after_a_question(open_page):
    page = open_page("/appeals/")
    button = page.locator("button:has-text('批量催办')")
    expect(button).to_be_disabled()
    page.check("[data-pick] >> nth=0")
    page.check("[data-pick] >> nth=2")
    expect(page.locator("[data-selected]")).to_have_text("2")
    button.click()
    page.click(".modal button:has-text('取消')")
    expect(page.locator(".modal")).to_have_count(0)
    assert pages.URGED == []
    button.click()
    page.click(".modal button:has-text('确认催办')")
    expect(page.locator(".notice-success")).to_have_text(re.compile("已催办 2 件"))
    assert len(pages.URGED) == 2
    assert page.said == []


@pytest.mark.usefixtures("twelve_regions")
def test_an_expired_session_leads_from_a_fragment_to_the_sign_in_page(open_page):
    page = open_page("/appeals/")
    page.context.clear_cookies()
    page.fill("#id_q", "北区3")
    page.press("#id_q", "Enter")
    page.wait_for_url(re.compile("/login/"))
    expect(page.locator("h1")).to_have_text("登录")


@pytest.mark.usefixtures("twelve_regions")
def test_a_list_filters_without_scripts(open_page):
    page = open_page("/appeals/", java_script_enabled=False)
    page.fill("#id_q", "北区3")
    page.click("button:has-text('查询')")
    expect(page.locator("#rows tr")).to_have_count(1)


@pytest.mark.usefixtures("twelve_regions")
def test_filters_that_change_quickly_show_the_last_of_them_and_say_nothing(open_page):
    page = open_page("/appeals/")
    for wanted in ("北区1", "北区2", "北区3"):
        page.fill("#id_q", wanted)
        page.press("#id_q", "Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("北区3")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#rows")).to_contain_text("北区3")
    assert page.url.endswith("%E5%8C%BA3")
    assert page.said == []


@pytest.mark.usefixtures("twelve_regions")
def test_a_late_answer_does_not_overwrite_what_was_asked_for_since(open_page):
    page = open_page("/appeals/")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/appeals/?q=*", hold)
    page.fill("#id_q", "北区3")
    page.press("#id_q", "Enter")
    page.click("th a >> nth=0")
    expect(page).to_have_url(re.compile("sort=name"))
    for late in held:
        with contextlib.suppress(Error):  # given up meanwhile
            late.continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#rows tr")).to_have_count(10)
    assert held
    assert page.url.endswith("?sort=name")
    assert page.said == []


# --- countdown ---


def test_countdowns_follow_the_servers_clock_and_speak_its_words(open_page, live_server):
    page = open_page("/visits/")
    page.context.clock.install(time=datetime(2031, 1, 1, tzinfo=UTC))
    said = page.request.get(live_server.url + "/").text()
    page.goto(live_server.url + "/")
    shown = page.locator(".due time").all_inner_texts()
    assert shown == re.findall(r"<time[^>]*>(.*?)</time>", said)
    assert shown[0].startswith("超期 1天1")


# --- forms ---


def test_rows_are_added_deleted_and_numbered_anew(open_page):
    page = open_page("/visits/new/")
    page.click("text=再加一件诉求")
    page.click("text=再加一件诉求")
    expect(page.locator("[name=appeals-2-category]")).to_be_focused()
    page.click("[data-row-delete] >> nth=1")
    assert page.locator("[data-row]:visible [data-row-number]").all_inner_texts() == ["1", "2"]
    fill_in_visit(page)
    page.select_option("[name=appeals-2-category]", "a")
    page.fill("[name=appeals-2-text]", "冷库增容")
    page.click("button:has-text('提交走访')")
    page.wait_for_url("**/visits/")
    sent = pages.POSTED[0]
    assert (sent["appeals-TOTAL_FORMS"], sent["appeals-1-DELETE"], sent["appeals-2-text"]) == ("3", "on", "冷库增容")


def test_pressing_twice_submits_once(open_page):
    page = open_page("/visits/new/")
    fill_in_visit(page)
    button = "document.querySelector('.actbar .btn-primary')"
    # The second press comes while the server still works on the first.
    page.evaluate(f"() => {{ {button}.click(); setTimeout(() => {button}.click(), 120); }}")
    page.wait_for_url("**/visits/")
    assert len(pages.POSTED) == 1


def test_the_pressed_button_says_that_it_works_and_still_sends_its_name(open_page):
    page = open_page("/visits/new/")
    fill_in_visit(page)
    button = page.locator("button:has-text('存草稿')")
    button.evaluate("button => button.click()")
    page.wait_for_url("**/visits/")
    assert pages.POSTED[0]["act"] == "draft"


def test_a_line_of_the_red_box_leads_into_its_field(open_page):
    page = open_page("/visits/new/")
    page.click("button:has-text('提交走访')")
    expect(page.locator(".errsum")).to_be_focused()
    page.click(".errsum a:has-text('在岗人数')")
    expect(page.locator("#id_on_duty")).to_be_focused()
    page.click(".errsum a:has-text('请选择复工状态')")
    expect(page.locator("#id_state_0")).to_be_focused()
    page.click(".errsum a:has-text('诉求 1：诉求内容')")
    expect(page.locator("[name=appeals-0-text]")).to_be_focused()


def test_a_form_works_without_scripts(open_page):
    page = open_page("/visits/new/", java_script_enabled=False)
    fill_in_visit(page)
    page.click("button:has-text('提交走访')")
    page.wait_for_url("**/visits/")
    expect(page.locator(".notice-success")).to_be_visible()


def test_a_lost_connection_is_said(open_page):
    page = open_page("/visits/new/", 390)
    bar = page.locator("[data-offline]")
    expect(bar).to_be_hidden()
    page.context.set_offline(True)
    expect(bar).to_be_visible()


# --- drafts ---


def test_a_draft_is_kept_offered_and_restored_with_its_rows(open_page):
    page = open_page("/visits/new/", 390)
    page.click("text=再加一件诉求")
    fill_in_visit(page)
    page.fill("[name=appeals-1-text]", "冷库增容")
    page.fill("#id_suggestions", "无")
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile("草稿已存本机"))
    page.reload()
    expect(page.locator(".draftbar")).to_have_text(re.compile(r"有 \d\d:\d\d 的草稿"))
    page.click("text=继续填写")
    expect(page.locator("#id_on_duty")).to_have_value("146")
    expect(page.locator("label:has-text('部分复工') input")).to_be_checked()
    expect(page.locator("[name=appeals-1-text]")).to_have_value("冷库增容")
    assert page.said == []


def test_a_draft_goes_to_the_server_too(open_page):
    page = open_page("/visits/new/")
    page.fill("#id_suggestions", "希望延长贷款")
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile("草稿已自动保存"), timeout=6000)
    assert pages.DRAFTS == ["希望延长贷款"]


def test_a_draft_that_is_given_up_is_gone(open_page):
    page = open_page("/visits/new/")
    type_draft(page)
    page.reload()
    page.click("text=放弃")
    page.reload()
    expect(page.locator(".draftbar")).to_have_count(0)


def test_a_draft_is_gone_once_the_form_has_arrived(open_page, live_server):
    page = open_page("/visits/new/")
    fill_in_visit(page)
    page.click("button:has-text('提交走访')")
    page.wait_for_url("**/visits/")
    page.goto(live_server.url + "/visits/new/")
    expect(page.locator(".draftbar")).to_have_count(0)


def test_a_draft_outlives_a_submission_that_did_not_arrive(open_page, live_server):
    page = open_page("/visits/new/")
    fill_in_visit(page)
    page.context.clear_cookies()
    page.click("button:has-text('提交走访')")
    page.wait_for_load_state()
    assert pages.POSTED == []
    sign_in_again(page, live_server, page.user)
    page.goto(live_server.url + "/visits/new/")
    expect(page.locator(".draftbar")).to_be_visible()


def test_a_draft_outlives_a_database_that_is_away(open_page, live_server):
    """The page that is shown then stands in for the form, and the form offers what was typed."""
    page = open_page("/visits/new/")
    fill_in_visit(page)
    away = loader.get_template("503.html").render({"trace": "abc123"})
    page.route(
        "**/visits/new/",
        lambda route: (
            route.fulfill(status=503, body=away, content_type="text/html; charset=utf-8")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.click("button:has-text('提交走访')")
    expect(page.locator("h1")).to_have_text("系统正在恢复")
    page.goto(live_server.url + "/visits/new/")
    page.click("text=继续填写")
    expect(page.locator("#id_on_duty")).to_have_value("146")


def test_a_draft_is_nobody_elses(open_page, live_server):
    page = open_page("/visits/new/")
    type_draft(page)
    page.context.clear_cookies()
    sign_in_again(page, live_server, cadre(name="别人"))
    page.goto(live_server.url + "/visits/new/")
    expect(page.locator(".draftbar")).to_have_count(0)


def test_signing_out_on_purpose_removes_drafts(open_page, live_server):
    """Though the field tells of its last change as it is left, and the answer takes longer than a draft's 0.8 s."""
    page = open_page("/visits/new/")
    type_draft(page)
    page.route("**/logout/", lambda route: (page.wait_for_timeout(2000), route.continue_()))
    page.click("summary")
    page.click("button:has-text('退出登录')")
    page.wait_for_url("**/login/")
    assert page.evaluate("Object.keys(localStorage)") == []


def type_draft(page) -> None:
    page.fill("#id_suggestions", "希望延长贷款")
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile("草稿已存本机"))


def sign_in_again(page, live_server, user) -> None:
    page.context.add_cookies([page.cookie_for(user)])


# --- frame ---


def test_the_menu_of_phones_opens_and_closes_by_keyboard(open_page):
    page = open_page("/visits/", 390)
    expect(page.locator(".sidebar")).to_be_hidden()
    page.click("a[aria-label='菜单']")
    expect(page.locator(".sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".sidebar")).to_be_hidden()


@pytest.mark.usefixtures("twelve_regions")
def test_the_keyboard_sees_where_it_is_on_every_kind_of_button(open_page):
    page = open_page("/appeals/")
    page.keyboard.press("Tab")
    for kind in ("btn-primary", "btn-default", "btn-text"):
        button = page.locator(f"main .{kind}:not([disabled]):visible").first
        button.focus()
        width = button.evaluate("one => getComputedStyle(one).outlineWidth + getComputedStyle(one).outlineStyle")
        assert width == "3pxsolid", kind


def test_the_first_stop_of_the_keyboard_leads_to_the_text(open_page):
    page = open_page("/visits/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
