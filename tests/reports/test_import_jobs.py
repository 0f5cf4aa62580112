"""An uploaded workbook on its way: checked, confirmed, written once, whatever happens to the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from cadres.models import AuditRow, Cadre, Outbox
from cadres.roles import Role
from config.local.home import ROOT
from enterprises.models import Enterprise, OperatingStatus
from enterprises.moving import Place, move
from reports import progress
from reports.claims import ATTEMPTS
from reports.imports import jobs
from reports.models import ImportJob
from reports.tasks import run_jobs
from tests.factories import EnterpriseFactory, cadre, credit_code, district, town
from tests.meanwhile import after_waiting, somebody_waits_for_us, wait_for
from tests.reports.karamay import at
from tests.reports.workbooks import book, comma_separated, environment, table

State = ImportJob.State
KIND = ImportJob.Kind.ENTERPRISES
WORKER = "import django; django.setup(); from reports.tasks import run_jobs; run_jobs()"


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def office(db) -> Cadre:
    return cadre(Role.OFFICE, region=district(), username="office", name="办公室")


def row(number: int, **values: Any) -> dict[str, Any]:
    return {
        "企业名称": f"第{number}钻修有限公司",
        "统一社会信用代码": credit_code(number),
        "主体类型": "企业",
        "区域代码": district().code,
        **values,
    }


def upload(by: Cadre, folder: Path, *rows: dict[str, Any], kind: ImportJob.Kind = KIND) -> ImportJob:
    content = book(folder / "upload.xlsx", table(kind, *rows)).read_bytes()
    return jobs.take_in(kind, SimpleUploadedFile("企业.xlsx", content), by=by, now=at(9))


def checked(by: Cadre, folder: Path, *rows: dict[str, Any], kind: ImportJob.Kind = KIND) -> ImportJob:
    job = upload(by, folder, *rows, kind=kind)
    assert jobs.run_next(now=at(9, 1))
    job.refresh_from_db()
    return job


def confirmed(by: Cadre, folder: Path, *rows: dict[str, Any], kind: ImportJob.Kind = KIND) -> ImportJob:
    job = checked(by, folder, *rows, kind=kind)
    jobs.decide(job, State.CONFIRMED, now=at(9, 2))
    return job


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.added, job.updated, job.unchanged, job.faulty


@pytest.mark.django_db
def test_a_job_is_checked_then_waits_then_is_written(tmp_path: Path, office: Cadre):
    job = checked(office, tmp_path, row(1), row(2, 从业人数="几个"), row(3))
    assert (job.state, counts(job), Enterprise.objects.count()) == (State.CHECKED, (2, 0, 0, 1), 0)
    assert list(job.faults.values_list("row", "column", "reason")) == [(3, "从业人数", "“几个”不是数字")]
    assert [change["row"] for change in job.preview] == [2, 4]
    assert not jobs.run_next(now=at(9, 1))
    jobs.decide(job, State.CONFIRMED, now=at(9, 2))
    run_jobs()
    job.refresh_from_db()
    assert (job.state, counts(job), Enterprise.objects.count()) == (State.DONE, (2, 0, 0, 1), 2)
    assert job.faults.count() == 1
    audit = AuditRow.objects.get(action="import")
    assert (audit.cadre, audit.detail["added"], audit.detail["sha256"]) == (office, 2, job.sha256)
    assert [notice.subject for notice in Outbox.objects.order_by("pk")] == [
        "导入待确认：企业 企业.xlsx，新增 2，更新 0，未变 0，错误 1",
        "导入完成：企业 企业.xlsx，新增 2，更新 0，未变 0，错误 1",
    ]
    again = checked(office, tmp_path, row(1), row(3))
    assert (again.state, counts(again)) == (State.DONE, (0, 0, 2, 0))


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_fails_with_its_sentence(office: Cadre):
    job = jobs.take_in(KIND, SimpleUploadedFile("企业.xlsx", b"hello"), by=office, now=at(9))
    run_jobs()
    job.refresh_from_db()
    assert (job.state, job.message[:14]) == (State.FAILED, "这不是 Excel 工作簿（")
    assert not jobs.run_next(now=at(9))


@pytest.mark.django_db
def test_what_changed_between_preview_and_writing_is_said(tmp_path: Path, office: Cadre):
    job = confirmed(office, tmp_path, row(1), row(2))
    EnterpriseFactory.create(name="第1钻修有限公司", credit_code=credit_code(1), region=district(), category="other")
    run_jobs()
    job.refresh_from_db()
    assert (job.state, counts(job)) == (State.DONE, (1, 0, 1, 0))
    assert job.message == "确认之后数据有变化：预览时为新增 2、更新 0。"


@pytest.mark.django_db
def test_a_file_that_breaks_off_while_it_is_written_leaves_nothing(tmp_path: Path, office: Cadre):
    """Its first thousand rows are written when the parser comes to the odd quote at its end."""
    lines = table(KIND, *(row(number) for number in range(1_500)))
    content = comma_separated(tmp_path / "企业.csv", lines).read_bytes() + '"半截'.encode()
    job = jobs.take_in(KIND, SimpleUploadedFile("企业.csv", content), by=office, now=at(9))
    ImportJob.objects.update(state=State.CONFIRMED)
    run_jobs()
    job.refresh_from_db()
    assert (job.state, "引号不成对" in job.message) == (State.FAILED, True)
    assert not Enterprise.objects.exists()


@pytest.mark.django_db
def test_only_a_checked_job_is_confirmed_or_cancelled(tmp_path: Path, office: Cadre):
    job = checked(office, tmp_path, row(1))
    jobs.decide(job, State.CANCELLED, now=at(9))
    for state in (State.CONFIRMED, State.CANCELLED):
        with pytest.raises(jobs.NotWaitingError, match="该导入现为“已取消”"):
            jobs.decide(job, state, now=at(9))
    run_jobs()
    assert not Enterprise.objects.exists()


@pytest.mark.django_db
def test_a_right_that_was_taken_away_meanwhile_is_missed(tmp_path: Path, office: Cadre):
    job = confirmed(office, tmp_path, row(1))
    office.groups.clear()
    run_jobs()
    job.refresh_from_db()
    assert (job.state, job.message) == (State.FAILED, jobs.NO_RIGHT)
    assert not Enterprise.objects.exists()


@pytest.mark.django_db
def test_a_job_that_always_breaks_is_given_up_and_others_go_on(tmp_path: Path, office: Cadre):
    broken, sound = upload(office, tmp_path, row(1)), upload(office, tmp_path, row(2))
    Path(broken.file.path).unlink()
    run_jobs()
    for job in (broken, sound):
        job.refresh_from_db()
    assert (broken.state, broken.attempts) == (State.FAILED, ATTEMPTS)
    assert broken.message.startswith("系统连续 3 次没能处理完")
    assert sound.state == State.CHECKED


@pytest.mark.django_db
def test_every_fault_is_kept_and_the_preview_stays_short(tmp_path: Path, office: Cadre):
    rows = [row(number, 从业人数="x" if number % 2 else 1) for number in range(1_200)]
    job = checked(office, tmp_path, *rows)
    assert (counts(job), job.faults.count(), len(job.preview)) == ((600, 0, 0, 600), 600, 20)


# --- bad moments: real processes and connections ---


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does what a worker does with a hint, on the tests' database."""
    variables = {**environment(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    from django.conf import settings

    variables["MEDIA_ROOT"] = str(settings.MEDIA_ROOT)
    with subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_writing_leaves_nothing_and_the_next_one_writes_all(tmp_path: Path, office: Cadre):
    """The worker has written 1,000 rows when it comes to wait for a row in the second batch, and is killed there."""
    stored = EnterpriseFactory.create(name="旧名", credit_code=credit_code(1_500), region=district())
    job = confirmed(office, tmp_path, *(row(number) for number in range(1, 2_001)))
    with worker() as process:
        with transaction.atomic():
            Enterprise.objects.select_for_update().get(pk=stored.pk)
            wait_for(somebody_waits_for_us)
            assert progress.of(job) == (1_000, 2_000)
            family = psutil.Process(process.pid).children()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        wait_for(lambda: not any(child.is_running() and child.status() != "zombie" for child in family))
    job.refresh_from_db()
    assert (job.state, job.attempts, Enterprise.objects.count()) == (State.CONFIRMED, 1, 1)
    wait_for(lambda: jobs.run_next(now=at(9, 5)))
    job.refresh_from_db()
    assert (job.state, counts(job), Enterprise.objects.count()) == (State.DONE, (1_999, 1, 0, 0), 2_000)
    assert AuditRow.objects.filter(action="import").count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_jobs_and_two_people_with_one_file_make_no_doubles(tmp_path: Path, office: Cadre):
    """Both jobs are confirmed; the second decides when the first has committed, and finds everything done."""
    colleague = cadre(Role.OFFICE, region=district(), username="office2")
    rows = [row(number) for number in range(1, 301)] + [row(301, 主体类型="个体工商户", 统一社会信用代码=None)]
    pair = [checked(office, tmp_path, *rows), checked(colleague, tmp_path, *rows)]
    for job in pair:
        assert counts(job) == (301, 0, 0, 0)
        jobs.decide(job, State.CONFIRMED, now=at(9))
    at_once(run_jobs, run_jobs, run_jobs)
    for job in pair:
        job.refresh_from_db()
    assert {job.state for job in pair} == {State.DONE}
    assert sorted(counts(job) for job in pair) == [(0, 0, 301, 0), (301, 0, 0, 0)]
    assert Enterprise.objects.count() == 301


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_visit_that_reports_the_same_day_at_the_same_moment_makes_no_double(tmp_path: Path, office: Cadre):
    enterprise = EnterpriseFactory.create(region=district())
    line = {"日期": "2026-11-18", "统一社会信用代码": enterprise.credit_code, "复工状态": "全面复工"}
    job = confirmed(office, tmp_path, line, kind=ImportJob.Kind.OPERATING_STATUS)
    OperatingStatus.objects.create(
        enterprise=enterprise, day=at(9).date(), state="none", source="visit", reported_at=at(9)
    )
    at_once(run_jobs, run_jobs)
    job.refresh_from_db()
    assert (job.state, OperatingStatus.objects.get().state) == (State.DONE, "full")


@pytest.mark.django_db(transaction=True)
def test_an_enterprise_that_moves_while_its_row_is_written_is_found_where_it_is_now(tmp_path: Path, office: Cadre):
    enterprise = EnterpriseFactory.create(
        name="第1钻修有限公司", credit_code=credit_code(1), region=town(district(), 1)
    )
    line = {"日期": "2026-11-18", "统一社会信用代码": enterprise.credit_code, "复工状态": "全面复工"}
    sheets = [(row(1, 从业人数=88, 区域代码=town(district(), 3).code), KIND), (line, ImportJob.Kind.OPERATING_STATUS)]
    for (sheet, kind), number in zip(sheets, (2, 4), strict=True):
        job, to = confirmed(office, tmp_path, sheet, kind=kind), Place(town(district(), number), "")
        after_waiting(
            lambda to=to: move(enterprise, to, moved_on=at(9).date(), reason="迁址", by=office, now=at(9)),
            lambda: jobs.run_next(now=at(9, 5)),
        )
        job.refresh_from_db()
        assert (job.state, job.faulty) == (State.DONE, 0)
    stored = Enterprise.objects.get()
    assert (stored.headcount, stored.region, OperatingStatus.objects.get().state) == (88, town(district(), 4), "full")


def at_once(*acts: Callable[[], None]) -> None:
    def on_its_own_connection(act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            connection.close()

    threads = [threading.Thread(target=on_its_own_connection, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.django_db
def test_the_cache_may_be_down(tmp_path: Path, office: Cadre, settings):
    """Nobody sees how far the job is, and it is done all the same."""
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/gone.sock?db=0"},
    }
    job = checked(office, tmp_path, row(1))
    assert job.state == State.CHECKED
    assert progress.of(job) is None
