"""A specialist with a phone: the form, its drafts on the device and on the server, a lost connection, a second tap."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from appeals.models import Appeal
from cadres.uploads import PICTURES, check, store
from policies.models import Item, Policy
from tests import factories
from tests.uploads import jpeg, place, uploaded
from tests.visits.sending import NEW, Team, day, raised, signed_in
from visits.models import Visit, VisitDraft, VisitPhoto

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (1440, 390, 320)
# The browser itself reports a status of 400 and above.
STATUS_NOTE = "Failed to load resource"
SAVED_THERE = "草稿已自动保存"
LATE = 8_000
CHOOSE = "input[name=photos][multiple]"
SUBMIT = ".actbar .btn-primary"


@pytest.fixture
def team(transactional_db: None) -> Team:
    name = "江北远大食品加工与冷链物流配送（集团）股份有限公司澜北区第二分公司<b>'𠮷"
    made = Team(factories.EnterpriseFactory.create(name=name, headcount=240))
    factories.status(made.enterprise, day(-1), "partial", due=240, on_duty=131, utilisation=55, kwh=1200)
    return made


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def device(browser: Browser, live_server, team: Team) -> Iterator[Callable[..., BrowserContext]]:
    """device(width=390): a browser of its own, signed in as the specialist."""
    devices: list[BrowserContext] = []

    def make(width: int = 390, **options) -> BrowserContext:
        made = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=width < 992,
            is_mobile=width < 992,
            **options,
        )
        session = signed_in(team.specialist).cookies["sessionid"].value
        made.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        devices.append(made)
        return made

    yield make
    for made in devices:
        made.close()


def open_form(device: BrowserContext, team: Team) -> Page:
    page = device.new_page()
    page.goto(f"{NEW}?enterprise={team.enterprise.pk}")
    return page


def choose(page: Page, text: str, within: str = "form[data-draft]") -> None:
    page.locator(f"{within} label:has-text('{text}')").first.tap()


def fill_in(page: Page) -> None:
    choose(page, "电话")
    page.fill("#id_arrived_at", "10:05")
    page.fill("#id_receiver_name", "李红梅")
    page.fill("#id_summary", "第一行\n第二行")
    choose(page, "部分复工")
    page.fill("#id_on_duty", "131")
    page.fill("#id_utilisation", "120")
    page.fill("#id_next_contact_on", f"{day(7):%Y-%m-%d}")
    for index, title in enumerate(("冷库用电负荷不足", "3 批原料滞留收费站")):
        page.tap("text=再加一件诉求")
        page.fill(f"#id_appeals-{index}-title", title)
        page.select_option(f"#id_appeals-{index}-category", index=1)
        page.fill(f"#id_appeals-{index}-description", "冷库扩容后用电负荷不足，望尽快增容。")
    choose(page, "特急", "[data-row] >> nth=1 >>")


def expect_filled_in(page: Page) -> None:
    expect(page.locator("input[name=manner][value=phone]")).to_be_checked()
    expect(page.locator("#id_arrived_at")).to_have_value("10:05")
    expect(page.locator("#id_receiver_name")).to_have_value("李红梅")
    expect(page.locator("#id_summary")).to_have_value("第一行\n第二行")
    expect(page.locator("input[name=state][value=partial]")).to_be_checked()
    expect(page.locator("#id_utilisation")).to_have_value("120")
    expect(page.locator("#id_next_contact_on")).to_have_value(f"{day(7):%Y-%m-%d}")
    expect(page.locator("[data-row]:visible")).to_have_count(2)
    expect(page.locator("#id_appeals-1-title")).to_have_value("3 批原料滞留收费站")
    expect(page.locator("input[name=appeals-0-urgency][value=ordinary]")).to_be_checked()
    expect(page.locator("input[name=appeals-1-urgency][value=critical]")).to_be_checked()
    expect(page.locator("[data-row-count=appeals]")).to_have_text("2")


def test_a_visit_with_two_appeals_survives_closing_the_page_and_is_stored_once(device, team):
    phone = device()
    page = phone.new_page()
    page.goto(NEW)
    page.tap(f"a[href$='enterprise={team.enterprise.pk}']")
    expect(page.locator("text=上次 131 人")).to_be_visible()
    fill_in(page)
    expect(page.locator("[data-draft-state]")).to_contain_text(SAVED_THERE, timeout=LATE)
    page.close()

    page = open_form(phone, team)
    expect(page.locator(".draftbar:visible")).to_have_count(1)
    page.tap(".draftbar:visible >> text=继续填写")
    expect_filled_in(page)
    page.evaluate(
        """() => {
            const button = document.querySelector('.actbar .btn-primary');
            button.click();
            button.click();
        }"""
    )
    page.wait_for_url("**/visits/*/")
    expect(page.locator(".notice-success")).to_contain_text("随单提交诉求 2 件")
    visit = Visit.objects.get()
    assert (visit.manner, visit.summary, visit.appeals.count()) == ("phone", "第一行\n第二行", 2)
    assert Appeal.objects.get(title="3 批原料滞留收费站").urgency == "critical"
    assert not VisitDraft.objects.exists()
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


def test_the_form_is_gone_on_with_on_another_device(device, team):
    first = open_form(device(), team)
    fill_in(first)
    expect(first.locator("[data-draft-state]")).to_contain_text(SAVED_THERE, timeout=LATE)

    second = open_form(device(), team)
    expect(second.locator("[data-server-draft]")).to_be_visible()
    second.tap("[data-server-draft] >> text=继续填写")
    expect_filled_in(second)
    expect(second.locator(".draftbar")).to_have_count(0)
    second.tap(SUBMIT)
    expect(second.locator(".notice-success")).to_be_visible()

    first.tap(SUBMIT)
    expect(first.locator(".notice-success")).to_contain_text("没有重复保存")
    assert Visit.objects.get().appeals.count() == 2


def test_giving_up_the_draft_of_this_device_gives_up_the_servers(device, team):
    phone = device()
    page = open_form(phone, team)
    page.fill("#id_summary", "不要了")
    expect(page.locator("[data-draft-state]")).to_contain_text(SAVED_THERE, timeout=LATE)
    page.close()
    page = open_form(phone, team)
    with page.expect_response("**/visits/drafts/discard/"):
        page.tap(".draftbar:visible >> text=放弃")
    assert not VisitDraft.objects.exists()
    page.reload()
    expect(page.locator(".draftbar")).to_have_count(0)


def test_giving_up_a_draft_in_the_list_gives_up_the_devices(device, team):
    phone = device()
    page = open_form(phone, team)
    page.fill("#id_summary", "不要了")
    expect(page.locator("[data-draft-state]")).to_contain_text(SAVED_THERE, timeout=LATE)
    page.goto("/visits/")
    page.tap("text=放弃")
    page.tap("text=放弃草稿")
    expect(page.locator(".notice-success")).to_contain_text("草稿已放弃")
    page.goto(f"{NEW}?enterprise={team.enterprise.pk}")
    expect(page.locator(".draftbar")).to_have_count(0)


def test_without_a_connection_nothing_is_sent_and_nothing_lost(device, team):
    phone = device()
    page = open_form(phone, team)
    expect(page.locator("[data-offline]")).to_be_hidden()
    phone.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    fill_in(page)
    expect(page.locator("[data-draft-state]")).to_contain_text("草稿已存本机")
    page.tap(SUBMIT)
    expect(page.locator("#toasts")).to_contain_text("当前无网络，没有提交；内容已存本机，联网后再提交")
    expect_filled_in(page)
    phone.set_offline(False)
    expect(page.locator("[data-offline]")).to_be_hidden()
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_be_visible()
    assert Visit.objects.get().appeals.count() == 2


def test_an_expired_session_asks_to_sign_in_and_loses_nothing(device, team):
    team.specialist.set_password("Zhuqi-2026-long")
    team.specialist.save()
    phone = device()
    page = open_form(phone, team)
    phone.clear_cookies(name="sessionid")
    fill_in(page)
    page.tap(SUBMIT)
    page.fill("input[name=username]", team.specialist.username)
    page.fill("input[name=password]", "Zhuqi-2026-long")
    page.press("input[name=password]", "Enter")
    page.tap(".draftbar:visible >> text=继续填写")
    expect_filled_in(page)
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_contain_text("随单提交诉求 2 件")


def test_a_refusal_shows_the_way_to_the_field_and_keeps_everything(device, team):
    page = open_form(device(), team)
    fill_in(page)
    page.fill("#id_utilisation", "201")
    page.fill("#id_appeals-1-description", "太短")
    page.tap(SUBMIT)
    expect(page.locator(".errsum a")).to_have_text(
        ["产能利用率：不能大于 200", "诉求 2：诉求描述：至少 10 字，现有 2 字"]
    )
    page.tap(".errsum a >> nth=1")
    expect(page.locator("#id_appeals-1-description")).to_be_focused()
    page.tap("[data-row]:visible >> nth=0 >> text=删除")
    page.fill("#id_appeals-1-description", "3 批原料滞留收费站，影响生产。")
    page.fill("#id_utilisation", "200")
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_be_visible()
    assert [appeal.title for appeal in Visit.objects.get().appeals.all()] == ["3 批原料滞留收费站"]


def test_return_in_a_field_submits_and_does_nothing_else(device, team):
    page = open_form(device(1440), team)
    page.fill("#id_receiver_name", "李红梅")
    page.press("#id_receiver_name", "Enter")
    expect(page.locator(".errsum a")).to_have_text(["复工状态：请选择复工状态"])
    assert not VisitDraft.objects.exists()


def test_the_enterprise_is_changed_with_what_is_typed(device, team):
    other = factories.EnterpriseFactory.create(name="澜川恒信纺织")
    factories.assign(team.specialist, other)
    page = open_form(device(), team)
    fill_in(page)
    page.tap("text=更换")
    page.fill("#id_q", "hxfz")
    expect(page.locator(".visit-choices li")).to_have_count(1)
    page.tap("text=澜川恒信纺织")
    expect(page.locator(".picked")).to_contain_text("澜川恒信纺织")
    expect_filled_in(page)
    expect(page.locator(".draftbar")).to_have_count(0)
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_be_visible()
    assert Visit.objects.get().enterprise == other
    page.goto(f"{NEW}?enterprise={team.enterprise.pk}")
    expect(page.locator(".draftbar")).to_have_count(0)


def test_it_works_without_scripts(device, team):
    earlier = factories.appeal(team.enterprise, team.specialist)
    page = device(java_script_enabled=False).new_page()
    page.goto(NEW)
    page.tap(f"a[href$='enterprise={team.enterprise.pk}']")
    page.tap("text=再加一件诉求")
    page.fill("#id_appeals-0-title", "冷库用电负荷不足")
    page.get_by_label(f"跟进“{earlier.title}”").fill("直达班车已谈妥")
    page.tap("text=再加一件诉求")
    page.tap("[data-row] >> nth=1 >> text=删除")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.tap(SUBMIT)
    expect(page.locator(".errsum a").first).to_have_text("复工状态：请选择复工状态")
    choose(page, "全面复工")
    page.select_option("#id_appeals-0-category", index=1)
    page.fill("#id_appeals-0-description", "冷库扩容后用电负荷不足，望尽快增容。")
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_contain_text("随单提交诉求 1 件，跟进以往诉求 1 件")
    expect(page.locator(".due li", has_text=earlier.title)).to_contain_text("直达班车已谈妥")


def test_photos_are_shrunk_sent_at_once_and_outlive_the_page(device, team, tmp_path):
    large = tmp_path / "厂区 <大门>.jpg"
    large.write_bytes(jpeg((3200, 2400), exif=place(orientation=6)))
    script = tmp_path / "script.jpg"
    script.write_bytes(b"<script>alert(1)</script>")
    phone = device()
    page = open_form(phone, team)
    page.fill("#id_summary", "先拍照")
    with page.expect_request("**/visits/photos/add/") as sent:
        page.set_input_files(CHOOSE, [large, script])
    expect(page.locator("[data-photo]")).to_have_count(1)
    expect(page.locator(".photo.is-refused")).to_contain_text("不是可以上传的文件")
    assert int(sent.value.header_value("content-length") or 0) < large.stat().st_size
    photo = VisitPhoto.objects.get()
    assert Image.open(photo.file).size == (1200, 1600)
    page.set_input_files(CHOOSE, large)
    expect(page.locator("#toasts")).to_contain_text("这张照片已经有了")
    page.close()

    page = open_form(phone, team)
    page.tap(".draftbar:visible >> text=继续填写")
    expect(page.locator("[data-photo]")).to_have_count(1)
    choose(page, "全面复工")
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_be_visible()
    expect(page.locator(".photo img")).to_have_js_property("naturalWidth", 240)
    assert Visit.objects.get().photos.count() == 1


def test_photos_that_could_not_be_sent_wait_and_go_with_the_form(device, team, tmp_path):
    for name, colour in (("甲", "#a03020"), ("乙", "#2030a0")):
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(colour=colour))
    phone = device()
    page = open_form(phone, team)
    choose(page, "全面复工")
    phone.set_offline(True)
    page.set_input_files(CHOOSE, tmp_path / "甲.jpg")
    expect(page.locator(".photo.is-waiting")).to_contain_text("没有传上，联网后重试")
    phone.set_offline(False)
    expect(page.locator("[data-photo]")).to_have_count(1)
    page.route("**/visits/photos/add/", lambda route: route.abort())
    page.set_input_files(CHOOSE, tmp_path / "乙.jpg")
    expect(page.locator(".photo.is-waiting")).to_contain_text("没有传上，联网后重试")
    page.tap(SUBMIT)
    expect(page.locator(".notice-success")).to_be_visible()
    assert Visit.objects.get().photos.count() == 2


def test_a_photo_is_taken_away_before_the_form_is_sent(device, team, tmp_path):
    (tmp_path / "甲.jpg").write_bytes(jpeg())
    page = open_form(device(), team)
    page.set_input_files(CHOOSE, tmp_path / "甲.jpg")
    page.tap("[data-photo-remove]")
    expect(page.locator("[data-photo]")).to_have_count(0)
    assert not VisitPhoto.objects.exists()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_looks_right(device, team, width):
    followed_up = {f"follow_up-{factories.appeal(team.enterprise, team.specialist).pk}": "直达班车已谈妥"}
    team.send(raised(), raised("第二件"), suggestions="多开直达班车", visited_on=day(-3), **followed_up)
    other = VisitDraft.objects.create(
        client_id="3d3ef0c4-5f3c-4f0e-9d44-0d3a0c9cf001",
        data={"fields": {"client_id": "3d3ef0c4-5f3c-4f0e-9d44-0d3a0c9cf001"}},
        cadre=team.specialist,
        enterprise=team.enterprise,
        begun_at=timezone.now(),
        saved_at=timezone.now(),
    )
    photos = [jpeg((400, 300), colour) for colour in ("#a03020", "#2030a0", "#20a060")]
    for owner in ({"client_id": other.client_id}, {"client_id": uuid4(), "visit": Visit.objects.get()}):
        for content in photos:
            file = check(uploaded(content, "厂区大门.jpg"), PICTURES)
            store(VisitPhoto, file, by=team.specialist, now=timezone.now(), **owner)
    policy = Policy.objects.create(title="稳岗扩岗二十条", region=factories.city(), entered_at=timezone.now())
    Item.objects.create(policy=policy, name="稳岗返还", department=factories.DepartmentFactory.create())
    said: list[str] = []
    page = device(width).new_page()
    page.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    pages = {
        "choose": NEW,
        "form": f"{NEW}?enterprise={team.enterprise.pk}",
        "draft": f"{NEW}?draft={other.client_id}",
        "list": "/visits/",
        "drafts": "/visits/drafts/",
        "detail": Visit.objects.get().get_absolute_url(),
        "enterprise": team.enterprise.get_absolute_url(),
        "timeline": f"{team.enterprise.get_absolute_url()}timeline/",
    }
    for name, path in pages.items():
        page.goto(path)
        examine(page, f"{name}-{width}")
    page.goto(pages["form"])
    page.click("text=再加一件诉求")
    page.click("text=再加一件诉求")
    page.locator("[data-row]:visible label:has-text('现场已解决')").first.click()
    expect(page.locator("[data-settlement]:visible")).to_have_count(1)
    page.click("text=记一条政策兑现情况")
    page.locator("label:has-text('稳岗扩岗二十条')").click()
    page.locator(".actbar .btn-primary").click()
    page.wait_for_selector(".errsum")
    examine(page, f"refused-{width}")
    assert [line for line in said if STATUS_NOTE not in line] == []


def examine(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} is {overflow}px too wide"
    page.evaluate("document.querySelectorAll('.watermark').forEach(mark => mark.hidden = true)")
    violations = Axe().run(page).response["violations"]
    found = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]
    assert found == [], name
