"""Ledgers, imports and histories that come of what a deputy does, and the line on the deputy's workbench."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cadres import changes, history
from cadres.models import AuditRow, Cadre, Deputyship
from cadres.roles import Role
from enterprises.models import Campaign, Enterprise
from reports.ledgers import jobs, making
from reports.models import ImportJob, Ledger
from tests import factories
from tests.cadres.deputies import acting, capacity, deputyship, signed_in
from tests.enterprises.test_campaigns import filled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def office() -> Cadre:
    return factories.cadre(Role.OFFICE, name="李四")


@pytest.fixture
def deputy(office: Cadre) -> Cadre:
    return factories.cadre(Role.HANDLER, department=office.department, name="张三")


def test_a_ledger_holds_the_principals_scope_and_names_the_deputy(office: Cadre, deputy: Cadre) -> None:
    factories.appeal()
    client = acting(office, deputy)
    assert client.post("/ledgers/new/appeals/", {"filter": ""}).status_code == 302
    ledger = Ledger.objects.get()
    assert (ledger.asked_by_id, ledger.asked_by_deputy_id) == (office.pk, deputy.pk)
    desk = jobs._desk(ledger.pk)
    desk.mkdir(parents=True)
    now = timezone.now()
    made = making.make("appeals", ledger.filter, desk / "ledger.xlsx", by=ledger.asked_by, now=now)
    jobs._keep(ledger, made, desk / "ledger.xlsx", now)
    assert made.rows == 1
    assert client.get(f"/ledgers/{ledger.pk}/file.xlsx").status_code == 200
    taken = AuditRow.objects.get(action="download")
    assert (taken.cadre, taken.on_behalf_of, taken.username) == (deputy, office, deputy.username)
    assert taken.who == "张三（代李四）"
    sheet = openpyxl.load_workbook(str(ledger.file.path)).active
    assert any("张三（代李四）" in str(cell.value) for row in sheet.iter_rows(max_row=5) for cell in row)
    client.post("/account/deputies/act-for-nobody/")
    assert client.get(f"/ledgers/{ledger.pk}/").status_code == 404
    assert signed_in(office).get(f"/ledgers/{ledger.pk}/").status_code == 200


def test_an_import_goes_on_as_the_deputys_for_the_principal(office: Cadre, deputy: Cadre) -> None:
    now = timezone.now()
    both = capacity(office, deputy)
    job = ImportJob.objects.create(kind="enterprises", filename="a.xlsx", sha256="0", uploaded_by=both, uploaded_at=now)
    job = ImportJob.objects.select_related("uploaded_by").get(pk=job.pk)
    assert ImportJob.objects.visible_to(office).get() == job
    company = factories.EnterpriseFactory.create()
    with history.acting_for(job.uploaded_by, "导入"):
        Enterprise.objects.filter(pk=company.pk).update(name="新名称有限公司")
    assert changes.of_row(company)[0].who == "张三（代李四）（导入）"


def test_an_edit_on_a_page_is_put_down_to_both(office: Cadre, deputy: Cadre) -> None:
    client = acting(office, deputy)
    assert client.post("/campaigns/new/", filled()).status_code == 302
    assert {change.who for change in changes.of_row(Campaign.objects.get())} == {"张三（代李四）"}


def test_the_workbench_says_what_waits_for_the_principal_and_leads_there(office: Cadre, deputy: Cadre) -> None:
    for _ in range(3):
        factories.appeal()
    row = deputyship(office, deputy)
    client = signed_in(deputy)
    page = re.sub(r"\s+", " ", client.get("/").content.decode())
    assert "代 李四 办理" in page
    assert "待办 3 件" in page
    assert f'action="/account/deputies/{row.pk}/act/"' in page
    client.post(f"/account/deputies/{row.pk}/act/")
    assert "待办 3 件，代理至" not in client.get("/").content.decode()
    Deputyship.objects.update(ended_at=timezone.now(), ended_by=office)
    assert "代 李四 办理" not in signed_in(deputy).get("/").content.decode()


def test_lists_of_what_deputies_did_ask_no_more_for_twenty_rows_than_for_two(office: Cadre, deputy: Cadre) -> None:
    client, both, now = acting(office, deputy), capacity(office, deputy), timezone.now()

    def queries(rows: int) -> int:
        ImportJob.objects.bulk_create(
            ImportJob(kind="enterprises", filename="a.xlsx", sha256="0", uploaded_by=both, uploaded_at=now)
            for _ in range(rows)
        )
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/imports/").content.decode().count("张三（代李四）") > rows
        return len(captured)

    assert queries(2) == queries(18)
