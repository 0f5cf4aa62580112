"""The main job from an empty folder to a city at work, by five people in a browser, on the running product.

It has its own database, worker and beat; the worker sweeps every two seconds, so nobody waits for an hour to pass:
deadlines are moved into the past instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils.timezone import localdate
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from tests.e2e import city
from tests.product import Product, unused_port

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PATIENCE = 20_000  # milliseconds; two test processes and a whole product share two cores
TITLE = "46名钻修技工<返岗>难"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with the regions, departments and people that an operator imports on the first day."""
    folder = tmp_path_factory.mktemp("product")
    folder.chmod(0o755)
    running = Product(folder, unused_port(), SWEEP_SECONDS="2", BRIEFING_TIME="00:01")
    running.migrate()
    manage(running, "import_workbook", "regions", str(city.REGIONS), "--commit")
    manage(running, "import_workbook", "departments", str(city.departments(folder)), "--commit")
    manage(running, "import_workbook", "cadres", str(city.cadres(folder)), "--commit")
    shell(running, f"for c in Cadre.objects.all(): c.set_password('{city.PASSWORD}'); c.save()")
    try:
        running.start()
        yield running
    finally:
        running.clean_up()


def manage(product: Product, *arguments: str) -> str:
    done = product.run("manage", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(product: Product, code: str) -> str:
    return manage(product, "shell", "--command", code)


class People:
    """Browsers of several people, each signed in once."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self.browser, self.product = browser, product
        self.pages: dict[str, Page] = {}

    def page(self, username: str, *, phone: bool = False) -> Page:
        if username not in self.pages:
            context = self.browser.new_context(
                viewport=PHONE if phone else DESK, has_touch=phone, is_mobile=phone, locale="zh-CN"
            )
            page = context.new_page()
            page.goto(f"{self.product.address}login/")
            page.fill("input[name=username]", username)
            page.fill("input[name=password]", city.PASSWORD)
            page.get_by_role("button", name="登录").click()
            expect(page).to_have_url(self.product.address)
            self.pages[username] = page
        return self.pages[username]

    def open(self, username: str, path: str) -> Page:
        page = self.page(username)
        page.goto(self.product.address + path)
        return page


@pytest.fixture(scope="module")
def people(browser: Browser, product: Product) -> Iterator[People]:
    everybody = People(browser, product)
    expect.set_options(timeout=PATIENCE)
    yield everybody
    for page in everybody.pages.values():
        page.context.close()


def test_the_whole_job(people: People, product: Product, tmp_path: Path) -> None:
    office_starts_a_campaign(people)
    office_imports_enterprises_and_assignments(people, tmp_path)
    specialist_logs_a_visit_on_a_phone(people)
    number = office_assigns(people)
    handler_signs_and_replies(people)
    head_approves(people)
    specialist_confirms(people)
    office_closes(people, number)
    what_is_late_escalates_by_itself(people, product)
    bulletin_is_made_by_itself_signed_and_downloaded(people, product)
    nothing_is_left_running(product)


def office_starts_a_campaign(people: People) -> None:
    page = people.open("office", "campaigns/new/")
    page.get_by_label("名称").first.fill(city.CAMPAIGN)
    page.get_by_label("起始日期").fill(str(localdate() - timedelta(days=30)))
    choose_city(page)
    page.locator("main").get_by_role("button", name=re.compile("提交|保存")).click()
    expect(page.locator("main")).to_contain_text(city.CAMPAIGN)


def choose_city(page: Page) -> None:
    """The office's own city is offered as the region."""
    box = page.get_by_label("克拉玛依市", exact=True)
    if box.count():
        box.check()


def office_imports_enterprises_and_assignments(people: People, folder: Path) -> None:
    page = import_by_page(people, "enterprises", city.enterprises(folder))
    faults = page.get_by_role("row", name=re.compile("第 5 行 统一社会信用代码 "))
    expect(faults).to_have_count(1)
    confirm_import(page, "已写入 3 行，1 行有错误")
    page = import_by_page(people, "assignments", city.assignments(folder, localdate() - timedelta(days=2)))
    confirm_import(page, "已写入 3 行")
    page = people.open("office", "enterprises/?q=钻采")
    expect(page.locator("#list")).to_contain_text(city.NAMES[0])


def import_by_page(people: People, kind: str, path: Path) -> Page:
    page = people.open("office", f"imports/new/?kind={kind}")
    page.locator("input[type=file]").set_input_files(path)
    page.locator("main").get_by_role("button", name=re.compile("上传|检查")).click()
    expect(page.get_by_role("button", name=re.compile("确认写入"))).to_be_visible(timeout=30_000)
    return page


def confirm_import(page: Page, result: str) -> None:
    page.get_by_role("button", name=re.compile("确认写入")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="确认写入").click()
    expect(page.locator("main")).to_contain_text(result, timeout=30_000)


def specialist_logs_a_visit_on_a_phone(people: People) -> None:
    page = people.page("specialist", phone=True)
    page.goto(f"{people.product.address}visits/new/")
    page.get_by_role("link", name=re.compile(re.escape(city.NAMES[0]))).first.click()
    page.get_by_label("接待人", exact=True).fill("李红梅")
    page.get_by_role("radio", name="部分复工", exact=True).check()
    page.get_by_label("应到人数").fill("240")
    page.get_by_label("在岗人数").fill("146")
    page.get_by_role("button", name="再加一件诉求").click()
    row = page.locator("[data-row]").first
    row.get_by_label("标题").fill(TITLE)
    row.get_by_label("诉求类别").select_option(label="用工社保")
    row.get_by_role("radio", name="较急", exact=True).check()
    row.get_by_label("描述").fill("外省46名钻修技工没有直达班车，无法按时返岗，请协调包车。")
    page.get_by_role("button", name="提交走访").click()
    expect(page.locator("main")).to_contain_text(TITLE)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0


def open_case(people: People, username: str) -> Page:
    page = people.open(username, "appeals/?q=钻修")
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.locator("h1")).to_have_text(TITLE)
    return page


def take(page: Page, step: str) -> None:
    """Press the step's button in the panel of what can be done now, and wait for its form."""
    panel = page.locator("#workflow")
    panel.get_by_role("link", name=step, exact=True).click()
    expect(panel.get_by_role("heading")).to_have_text(step)


def finish(page: Page, step: str) -> None:
    page.locator("#workflow").get_by_role("button", name=step, exact=True).click()
    if step == "销号":
        page.get_by_role("dialog").get_by_role("button", name="确认销号").click()


def expect_status(page: Page, status: str) -> None:
    expect(page.locator("main")).to_contain_text(status)


def office_assigns(people: People) -> str:
    page = open_case(people, "office")
    number = re.search(r"SQ\d+", page.locator("main").inner_text())
    assert number
    take(page, "转办")
    panel = page.locator("#workflow")
    panel.get_by_label("主办单位").select_option(label="市人社局")
    panel.get_by_role("radio", name="个性", exact=True).check()
    finish(page, "转办")
    expect_status(page, "待签收")
    return number.group()


def handler_signs_and_replies(people: People) -> None:
    page = open_case(people, "handler")
    page.locator("#workflow").get_by_role("button", name="签收", exact=True).click()
    expect_status(page, "办理中")
    take(page, "答复")
    panel = page.locator("#workflow")
    panel.get_by_role("radio", name="已解决", exact=True).check()
    panel.get_by_label("答复内容").fill("两趟专车已接回44人，另2人自驾返岗。")
    finish(page, "答复")
    expect_status(page, "待审核")


def head_approves(people: People) -> None:
    page = open_case(people, "head")
    page.locator("#workflow").get_by_role("button", name="审核通过", exact=True).click()
    expect_status(page, "待确认")


def specialist_confirms(people: People) -> None:
    page = open_case(people, "specialist")
    take(page, "企业确认")
    panel = page.locator("#workflow")
    panel.get_by_role("radio", name="已解决", exact=True).check()
    panel.get_by_role("radio", name="满意", exact=True).check()
    panel.get_by_label("确认人").fill("李红梅 办公室主任")
    panel.get_by_role("radio", name="电话", exact=True).check()
    finish(page, "企业确认")
    expect_status(page, "待销号")


def office_closes(people: People, number: str) -> None:
    page = open_case(people, "office")
    take(page, "销号")
    page.locator("#workflow").get_by_role("textbox").first.fill("已核对发车记录并电话核实。")
    finish(page, "销号")
    expect_status(page, "已销号")
    expect(page.locator("main")).to_contain_text(number)


def what_is_late_escalates_by_itself(people: People, product: Product) -> None:
    page = people.open("specialist", "appeals/new/")
    page.get_by_role("link", name=re.compile(re.escape(city.NAMES[1]))).first.click()
    page.get_by_label("标题").fill("厂房无产权证")
    page.get_by_label("描述").fill("厂房2009年购置，原开发商已注销，至今无法办理产权证。")
    page.get_by_label("类别").select_option(label="历史遗留")
    page.get_by_role("button", name=re.compile("^提交")).click()
    expect(page.locator("h1")).to_have_text("厂房无产权证")
    days_ago = "timezone.now() - timedelta(days=9)"
    shell(
        product,
        "from datetime import timedelta; from django.utils import timezone\n"
        f"Appeal.objects.filter(title='厂房无产权证').update(status_since={days_ago}, escalates_at={days_ago})",
    )
    queue = people.page("supervisor")
    expect_in_queue(queue, product, "厂房无产权证")
    inbox = people.open("supervisor", "inbox/")
    expect(inbox.locator("#list")).to_contain_text("二级督办（待受理超时）：厂房无产权证")


def expect_in_queue(page: Page, product: Product, title: str) -> None:
    for _ in range(30):
        page.goto(f"{product.address}appeals/escalations/")
        if page.get_by_role("link", name=title).count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_role("link", name=title).first).to_be_visible()


def bulletin_is_made_by_itself_signed_and_downloaded(people: People, product: Product) -> None:
    page = people.open("office", "briefings/")
    for _ in range(60):
        if page.locator("#list a.ttl").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.locator("#list a.ttl").first.click()
    expect(page.locator("main")).to_contain_text("每日复工通报")
    page.get_by_role("button", name="重新取数").click()
    page.get_by_role("link", name=re.compile("签发")).click()
    page.locator("main").get_by_role("button", name=re.compile("签发")).click()
    expect(page.locator("main")).to_contain_text("周海燕")
    with page.expect_download() as download:
        page.locator("main").get_by_role("link", name="下载 Excel").click()
    book = load_workbook(BytesIO(Path(download.value.path()).read_bytes()))
    assert book.sheetnames == [
        *("总览", "区县园区", "上报情况", "分组", "行业", "重点工程", "未复工", "未报", "诉求", "政策兑现"),
    ]
    assert sum(len(sheet._charts) for sheet in book.worksheets) == 2


def nothing_is_left_running(product: Product) -> None:
    assert product.interrupt() == 0
    assert product.left_over() == []
