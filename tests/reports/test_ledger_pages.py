"""The pages of ledgers: the button on each list, watching, taking away; each for those who may."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cadres.models import AuditRow, Cadre
from cadres.roles import Role
from reports import progress
from reports.ledgers import jobs, making
from reports.models import Ledger
from tests.factories import DepartmentFactory, EnterpriseFactory, appeal, cadre, city, district
from tests.reports.ledgers import rows

pytestmark = pytest.mark.django_db

State = Ledger.State
HTMX = {"HX-Request": "true", "HX-Target": "progress"}


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def office() -> Cadre:
    return cadre(Role.OFFICE, department=DepartmentFactory.create(region=city(), name="市助企办"), name="李强")


@pytest.fixture
def page(client: Client, office: Cadre) -> Client:
    client.force_login(office)
    return client


def done(by: Cadre, **fields) -> Ledger:
    """A finished ledger with its file, made in the test's own transaction."""
    now = timezone.now()
    ledger = Ledger.objects.create(kind="appeals", filter_words="全部", asked_by=by, asked_at=now)
    desk = jobs._desk(ledger.pk)
    desk.mkdir(parents=True)
    made = making.make("appeals", "", desk / "ledger.xlsx", by=by, now=now)
    jobs._keep(ledger, made, desk / "ledger.xlsx", now)
    Ledger.objects.filter(pk=ledger.pk).update(**fields)
    ledger.refresh_from_db()
    return ledger


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("appeals:list", "appeals"),
        ("policies:fulfilments", "fulfilments"),
        ("visits:list", "visits"),
        ("enterprises:assignments", "assignments"),
        ("enterprises:status", "operating-status"),
    ],
)
def test_every_list_posts_its_own_filter(page: Client, office: Cadre, name: str, kind: str):
    address = reverse(name) + f"?region={district(2).code}&q=&page=1"
    found = re.search(
        r'method="post" action="(/ledgers/[^"]+)".*?name="filter" value="([^"]*)"', page.get(address).text, re.S
    )
    assert found
    action, values = found[1], {"filter": unescape(found[2])}
    assert action == reverse("reports:ledger_new", args=[kind])
    answer = page.post(action, values)
    ledger = Ledger.objects.get()
    assert (answer["Location"], ledger.asked_by, ledger.kind) == (ledger.get_absolute_url(), office, kind)
    assert "区域：第2区" in ledger.filter_words
    assert page.post(action, values)["Location"] == answer["Location"]
    part = page.get(address, headers={"HX-Request": "true", "HX-Target": "list"}).text
    assert f'action="{action}"' in part


def test_a_list_that_complains_offers_no_export_and_a_bad_filter_comes_back_in_words(page: Client):
    assert "导出 Excel" not in page.get(reverse("appeals:list") + "?light=purple").text
    answer = page.post(reverse("reports:ledger_new", args=["appeals"]), {"filter": "light=purple&x=1"})
    assert answer["Location"] == reverse("appeals:list")
    (message,) = get_messages(answer.wsgi_request)
    assert str(message) == "没有导出：没有“x”这个筛选条件；时限：“purple”不是可选的值"
    assert not Ledger.objects.exists()
    assert page.post(reverse("reports:ledger_new", args=["appeals"]), {"filter": "q=" + "长" * 61}).status_code == 302
    assert page.post(reverse("reports:ledger_new", args=["secrets"])).status_code == 404
    assert page.get(reverse("reports:ledger_new", args=["appeals"])).status_code == 405


def test_lists_without_a_ledger_and_readers_without_the_right_see_no_button(page: Client, office: Cadre):
    assert "导出 Excel" not in page.get(reverse("enterprises:campaigns")).text
    office.groups.get().permissions.filter(codename="export_ledger").delete()
    assert "导出 Excel" not in page.get(reverse("appeals:list")).text
    assert page.post(reverse("reports:ledger_new", args=["appeals"])).status_code == 403


def test_the_page_tells_how_far_it_is_then_offers_the_file(page: Client, office: Cadre):
    ledger = Ledger.objects.create(kind="visits", asked_by=office, asked_at=timezone.now())
    address = ledger.get_absolute_url()
    assert "已排队，马上开始" in page.get(address).text
    progress.note(ledger, 1_667, 4_632)
    assert "已处理 1667 / 4632 行" in page.get(address).text
    part = page.get(address + "?after=3", headers=HTMX).text
    assert ("已处理 1667 / 4632 行" in part, "load delay:3s" in part, "after=4" in part) == (True, True, True)
    for odd in ("", "99", "-1", "x", "³"):
        assert "load delay:5s" in page.get(address, {"after": odd}, headers=HTMX).text
    finished = done(office)
    assert page.get(finished.get_absolute_url(), headers=HTMX)["HX-Refresh"] == "true"
    text = page.get(finished.get_absolute_url()).text
    for said in (
        "可下载",
        "已生成，共 0 行",
        finished.sha256,
        "KB）",
        reverse("reports:ledger_file", args=[finished.pk]),
    ):
        assert said in text


def test_a_download_is_the_file_and_is_logged_with_its_checksum(page: Client, office: Cadre):
    case = appeal(EnterpriseFactory.create(region=district(), name="<b>好</b>公司"))
    ledger = done(office)
    answer = page.get(reverse("reports:ledger_file", args=[ledger.pk]))
    content = b"".join(answer)
    assert "filename*=utf-8''%E4%BC%81%E4%B8%9A" in answer["Content-Disposition"]
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "no-store")
    sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    assert [(row["编号"], row["企业名称"]) for row in rows(sheet)] == [(case.number, "<b>好</b>公司")]
    row = AuditRow.objects.get(action="download")
    assert (row.cadre, row.subject, row.address) == (office, "企业困难诉求清单", "127.0.0.1")
    assert (row.detail["rows"], row.detail["sha256"], row.detail["filter"]) == (1, ledger.sha256, "全部")


def test_somebody_elses_ledger_is_not_found(page: Client):
    other = done(cadre(Role.OFFICE, region=district()))
    for name in ("reports:ledger", "reports:ledger_file"):
        assert page.get(reverse(name, args=[other.pk])).status_code == 404
    assert other.get_kind_display() not in page.get(reverse("reports:ledgers")).text.split('id="list"')[1]
    assert not AuditRow.objects.filter(action="download").exists()


def test_a_file_serves_only_as_long_as_its_asker_is_who_they_were(page: Client, office: Cadre):
    ledger = done(office)
    office.department = DepartmentFactory.create(region=district(3))
    office.save()
    assert "不能再下载" in page.get(ledger.get_absolute_url()).text
    answer = page.get(reverse("reports:ledger_file", args=[ledger.pk]))
    assert (answer.status_code, "请重新导出" in answer.text) == (403, True)


def test_failed_and_expired_ledgers_say_what_to_do(page: Client, office: Cadre):
    failed = Ledger.objects.create(
        kind="appeals", asked_by=office, asked_at=timezone.now(), state=State.FAILED, message=jobs.FULL
    )
    assert ("磁盘空间不足" in (text := page.get(failed.get_absolute_url()).text), "重新导出" in text) == (True, True)
    old = done(office)
    jobs.remove_expired(old.expires_at + timedelta(seconds=1))
    assert "文件已过保留期并删除" in page.get(old.get_absolute_url()).text
    assert page.get(reverse("reports:ledger_file", args=[old.pk])).status_code == 404


def test_one_finds_ones_downloads_by_kind_state_and_day(page: Client, office: Cadre):
    done(office)
    Ledger.objects.create(kind="visits", asked_by=office, asked_at=timezone.now(), state=State.FAILED)
    address = reverse("reports:ledgers")

    def shown(query: str) -> list[str]:
        return [row.kind for row in page.get(address + query).context["listing"].rows]

    assert shown("") == ["visits", "appeals"]
    assert (shown("?kind=visits"), shown("?status=done")) == (["visits"], ["appeals"])
    assert (shown("?to=2020-01-01"), shown(f"?from={timezone.localdate()}&sort=at")) == ([], ["appeals", "visits"])
    assert "还没有导出过台账" not in page.get(address).text


def test_the_list_of_downloads_asks_as_often_for_twenty_as_for_two(page: Client, office: Cadre):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert page.get(reverse("reports:ledgers")).status_code == 200
        return len(captured)

    def fill(count: int) -> None:
        for _ in range(count):
            Ledger.objects.create(kind="visits", asked_by=office, asked_at=timezone.now(), state=State.FAILED)

    fill(2)
    few = queries()
    fill(18)
    assert queries() == few
