"""The pages of imports: upload, look, confirm, watch; each in its state, for those who may."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cadres.models import AuditRow, Cadre, Region
from cadres.roles import Role
from enterprises.models import Enterprise
from reports import progress
from reports.imports.parsing.limits import FILE_BYTES
from reports.models import ImportFault, ImportJob
from reports.tasks import run_jobs
from tests.factories import CampaignFactory, cadre, city, credit_code, district
from tests.reports.karamay import CITY, REGIONS, at
from tests.reports.workbooks import book, headers, import_file, table

pytestmark = pytest.mark.django_db

State = ImportJob.State


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def office() -> Cadre:
    return cadre(Role.OFFICE, region=city(), name="李强")


@pytest.fixture
def page(client: Client, office: Cadre) -> Client:
    client.force_login(office)
    return client


def workbook(folder: Path) -> SimpleUploadedFile:
    home = district().code
    good = {"企业名称": "<b>好</b>公司", "统一社会信用代码": credit_code(1), "主体类型": "企业", "区域代码": home}
    bad = {**good, "统一社会信用代码": credit_code(2), "从业人数": "很多"}
    content = book(folder / "企业.xlsx", table("enterprises", good, bad)).read_bytes()
    return SimpleUploadedFile("企业.xlsx", content)


def job_of(by: Cadre, state: ImportJob.State = State.CHECKED, **fields) -> ImportJob:
    return ImportJob.objects.create(
        kind="enterprises", filename="企业.xlsx", sha256="0", uploaded_by=by, uploaded_at=at(9), state=state, **fields
    )


def test_the_whole_way_from_upload_to_result(page: Client, tmp_path: Path):
    answer = page.post(reverse("reports:import_new"), {"kind": "enterprises", "file": workbook(tmp_path)})
    job = ImportJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, job.get_absolute_url())
    assert "正在检查" in page.get(job.get_absolute_url()).text
    run_jobs()
    text = page.get(job.get_absolute_url()).text
    for said in ("待确认", "确认写入 1 行", "1 行有错误，不会写入", "“很多”不是数字", "&lt;b&gt;好&lt;/b&gt;公司"):
        assert said in text
    assert not Enterprise.objects.exists()
    answer = page.post(reverse("reports:import_confirm", args=[job.pk]), follow=True)
    assert "已确认，正在写入" in answer.text
    run_jobs()
    text = page.get(job.get_absolute_url()).text
    assert "已写入 1 行，1 行有错误，没有写入；改好后重新上传即可，已写入的行不会重复。" in text
    assert Enterprise.objects.get().name == "<b>好</b>公司"
    answer = page.post(reverse("reports:import_confirm", args=[job.pk]), follow=True)
    assert "该导入现为“已完成”，没有重复操作。" in answer.text


def test_a_refused_upload_says_what_to_do(page: Client):
    address = reverse("reports:import_new")
    refused = [
        ({"kind": "enterprises"}, "请选择文件"),
        ({"file": SimpleUploadedFile("a.xlsx", b"x")}, "请选择要导入的内容"),
        ({"kind": "enterprises", "file": SimpleUploadedFile("a.xls", b"x")}, "只能导入 .xlsx 或 .csv 文件"),
        ({"kind": "enterprises", "file": SimpleUploadedFile("a.csv", b"")}, "文件是空的"),
        ({"kind": "enterprises", "file": SimpleUploadedFile("a.csv", bytes(FILE_BYTES + 1))}, "文件超过 50 MB"),
        ({"kind": "nonsense", "file": SimpleUploadedFile("a.csv", b"x")}, "没有这种内容，请从列表中选择"),
    ]
    for values, sentence in refused:
        answer = page.post(address, values)
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence
    assert not ImportJob.objects.exists()


def test_the_upload_page_names_the_columns_and_offers_templates(page: Client):
    text = page.get(reverse("reports:import_new"), {"kind": "regions"}).text
    for kind in ImportJob.Kind:
        assert reverse("reports:import_template", args=[kind.value]) in text
        assert all(header in text for header in headers(kind))
    assert '<option value="regions" selected>' in text


def test_every_template_can_be_filled_in_and_imported(page: Client, tmp_path: Path):
    for kind in ImportJob.Kind:
        answer = page.get(reverse("reports:import_template", args=[kind.value]))
        assert "filename*=utf-8''" in answer["Content-Disposition"]
        filled = openpyxl.load_workbook(BytesIO(answer.content))
        assert filled.sheetnames == [kind.label, "可选值", "填写说明"]
        assert [cell.value for cell in filled.worksheets[0][1]] == headers(kind)
        if kind == ImportJob.Kind.REGIONS:
            filled.worksheets[0].append(["990100000000", "澜川市", "市", None])
            filled.save(tmp_path / "filled.xlsx")
            assert import_file(kind, tmp_path / "filled.xlsx")[0].total == 1
    answer = page.get(reverse("reports:import_template", args=["operating-status"]))
    filled = openpyxl.load_workbook(BytesIO(answer.content))
    validation = filled.worksheets[0].data_validations.dataValidation[0]
    assert (str(validation.sqref), validation.formula1) == ("D2:D2000", "'可选值'!$A$2:$A$4")
    assert [cell.value for cell in filled["可选值"]["A"]] == ["复工状态", "未复工", "部分复工", "全面复工"]
    assert page.get(reverse("reports:import_template", args=["nonsense"])).status_code == 404


def test_templates_offer_long_lists_of_what_their_reader_may_name(page: Client, office: Cadre):
    here = cadre(Role.SPECIALIST, region=district(2, "澜北区"), username="wang", name="王晓敏")
    CampaignFactory.create(name="千人入千企")

    def offered(kind: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
        book = openpyxl.load_workbook(BytesIO(page.get(reverse("reports:import_template", args=[kind])).content))
        drops = {str(each.sqref): each.formula1 for each in book.worksheets[0].data_validations.dataValidation}
        named = {
            name: [[cell.value for (cell,) in book[sheet][place]] for sheet, place in found.destinations]
            for name, found in book.defined_names.items()
        }
        return drops, named

    drops, named = offered("assignments")
    assert drops == {"A2:A2000": "专项行动", "E2:E2000": "专员"}  # nobody leads a team yet
    assert named == {"专项行动": [["千人入千企"]], "专员": [["wang"]]}
    drops, named = offered("enterprises")
    assert drops["D2:D2000"] == "区域"
    assert named["区域"] == [["990100000000", "990102000000"]]
    assert "A2:A2000" not in offered("regions")[0]
    assert here.department.name in offered("cadres")[1]["单位"][0]


def test_a_running_job_is_asked_for_ever_less_often_and_then_shows_its_page(page: Client, office: Cadre):
    job = job_of(office, State.CONFIRMED)
    htmx = {"HX-Request": "true", "HX-Target": "progress"}
    whole = page.get(job.get_absolute_url()).text
    assert "已排队，马上开始" in whole
    assert 'hx-trigger="load delay:1s"' in whole
    progress.note(job, 1_667, 4_632)
    part = page.get(job.get_absolute_url(), {"after": "2"}, headers=htmx).text
    assert "已处理 1667 / 4632 行" in part
    assert 'hx-trigger="load delay:2s"' in part
    assert "?after=3" in part
    assert "<html" not in part
    assert 'delay:5s"' in page.get(job.get_absolute_url(), {"after": "99"}, headers=htmx).text
    assert 'delay:5s"' in page.get(job.get_absolute_url(), {"after": "x"}, headers=htmx).text
    ImportJob.objects.update(state=State.DONE)
    answer = page.get(job.get_absolute_url(), {"after": "5"}, headers=htmx)
    assert (answer.content, answer["HX-Refresh"]) == (b"", "true")


def test_faults_are_shown_page_by_page_and_given_whole(page: Client, office: Cadre):
    job = job_of(office, faulty=45, added=1)
    ImportFault.objects.bulk_create(
        ImportFault(job=job, row=number, column="从业人数", reason=f"“{number}人”不是数字") for number in range(2, 47)
    )
    first, last = page.get(job.get_absolute_url()).text, page.get(job.get_absolute_url(), {"page": "3"}).text
    assert "“21人”不是数字" in first
    assert "“22人”不是数字" not in first
    assert "“46人”不是数字" in last
    assert "没有第 9 页" in page.get(job.get_absolute_url(), {"page": "9"}).text
    answer = page.get(reverse("reports:import_faults", args=[job.pk]))
    rows = list(openpyxl.load_workbook(BytesIO(answer.content)).active.values)
    assert (rows[0], len(rows), rows[-1]) == (("行", "列名", "原因"), 46, (46, "从业人数", "“46人”不是数字"))
    assert AuditRow.objects.get(action="download").subject == f"导入错误 {job.pk}.xlsx"


def test_a_failed_and_a_cancelled_job_say_so(page: Client, office: Cadre):
    failed = job_of(office, State.FAILED, message="文件是空的。请检查后重新选择。")
    assert "文件是空的。请检查后重新选择。" in page.get(failed.get_absolute_url()).text
    job = job_of(office, added=3)
    answer = page.post(reverse("reports:import_cancel", args=[job.pk]), follow=True)
    assert "已取消导入，没有写入任何内容" in answer.text
    assert "下面是取消前的检查结果" in answer.text
    assert reverse("reports:import_confirm", args=[job.pk]) not in answer.text


def test_the_list_is_filtered_and_takes_as_many_queries_for_many_jobs_as_for_two(page: Client, office: Cadre):
    job_of(office, State.DONE, added=7)
    ImportJob.objects.create(
        kind="regions", filename="区划.csv", sha256="0", uploaded_by=office, uploaded_at=at(10), state=State.FAILED
    )
    address = reverse("reports:imports")
    text = page.get(address).text
    assert text.index("区划.csv") < text.index("企业.xlsx")
    assert "新增 7，更新 0，未变 0，错误 0" in text
    assert "企业.xlsx" not in page.get(address, {"kind": "regions"}).text
    assert "区划.csv" not in page.get(address, {"status": "done", "to": "2026-11-18"}).text
    assert "不是可选的值" in page.get(address, {"kind": "nonsense"}).text
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as counted:
            page.get(address)
        counts.append(len(counted))
        ImportJob.objects.bulk_create(
            ImportJob(kind="regions", filename="x.csv", sha256="0", uploaded_by=office, uploaded_at=at(11))
            for _ in range(18)
        )
    assert counts[0] == counts[1]


def test_an_empty_list_offers_the_first_upload(page: Client):
    assert "上传第一个表格" in page.get(reverse("reports:imports")).text


@pytest.mark.parametrize("name", ["imports", "import_new"])
def test_only_an_office_imports(client: Client, name: str):
    for role in (Role.SPECIALIST, Role.SUPERVISOR, Role.LEADER, Role.SYSADMIN):
        client.force_login(cadre(role, region=city()))
        answer = client.get(reverse(f"reports:{name}"))
        assert answer.status_code == 403
        assert "只有助企办公室可以导入数据。" in answer.text


def test_jobs_elsewhere_are_not_found_and_those_of_colleagues_are_only_looked_at(client: Client, office: Cadre):
    job = job_of(office, added=1)
    addresses = [job.get_absolute_url(), reverse("reports:import_faults", args=[job.pk])]
    acts = [reverse(f"reports:import_{act}", args=[job.pk]) for act in ("confirm", "cancel")]
    client.force_login(cadre(Role.OFFICE, region=district()))
    assert {client.get(address).status_code for address in addresses} == {404}
    assert {client.post(address).status_code for address in acts} == {404}
    client.force_login(cadre(Role.SUPERVISOR, region=city()))
    assert {client.get(address).status_code for address in addresses} == {403}
    assert {client.post(address).status_code for address in acts} == {403}
    client.force_login(cadre(Role.OFFICE, region=city()))
    assert {client.get(address).status_code for address in addresses} == {200}
    assert {client.post(address).status_code for address in acts} == {403}
    assert {client.get(address).status_code for address in acts} == {405}
    assert ImportJob.objects.get().state == State.CHECKED


def test_karamays_regions_come_in_by_page(client: Client):
    """The first regions come by command; an office of the city takes the others in by page."""
    import_file(ImportJob.Kind.REGIONS, REGIONS)
    client.force_login(cadre(Role.OFFICE, region=Region.objects.get(code=CITY)))
    with REGIONS.open("rb") as file:
        client.post(reverse("reports:import_new"), {"kind": "regions", "file": file})
    run_jobs()
    text = client.get(ImportJob.objects.get().get_absolute_url()).text
    assert "没有需要写入的内容。" in text
