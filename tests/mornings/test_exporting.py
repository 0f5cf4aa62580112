"""A ledger by hand: the bar grows while one waits, and the file comes without reloading."""

from __future__ import annotations

import hashlib
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import expect

from reports import progress
from reports.ledgers import jobs
from reports.models import Ledger
from tests.appeals.people import People
from tests.mornings.conftest import SitDown
from tests.mornings.pages import open_by_menu

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]


def test_an_office_watches_a_ledger_grow_and_takes_it_home(people: People, sit_down: SitDown) -> None:
    now = timezone.now()
    for title in ("冷库用电负荷不足", "原料滞留收费站"):
        people.submitted(now, title=title)
    page = sit_down(people.office)
    open_by_menu(page, "诉求清单")
    page.get_by_label("关键词").fill("冷库")
    page.get_by_label("关键词").press("Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("button", name="导出 Excel").click()
    bar = page.locator("#progress")
    expect(bar).to_contain_text("已排队，马上开始")

    ledger = Ledger.objects.get()
    progress.note(ledger, 1667, 4632)
    expect(bar).to_contain_text("已处理 1667 / 4632 行")
    expect(bar.locator("progress")).to_have_attribute("value", "35")
    progress.forget(ledger)
    assert jobs.run_next(timezone.now())

    expect(page.locator(".notice-success")).to_contain_text("已生成，共 1 行")
    expect(bar).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^下载")).last.click()
    content = Path(download.value.path()).read_bytes()
    ledger.refresh_from_db()
    assert hashlib.sha256(content).hexdigest() == ledger.sha256
    assert download.value.suggested_filename.startswith("企业困难诉求清单")
    cells = {cell.value for row in load_workbook(BytesIO(content)).active for cell in row}
    assert "冷库用电负荷不足" in cells
    assert "原料滞留收费站" not in cells
