"""A ledger on its way: asked for once, made once of one moment, whatever happens to worker, disk or asker."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cadres.models import AuditRow, Cadre, Outbox
from cadres.roles import Role
from config.local.home import ROOT
from enterprises.models import Enterprise
from reports import progress
from reports.claims import ATTEMPTS
from reports.ledgers import asking, jobs, making
from reports.models import Ledger
from reports.one_moment import one_moment
from reports.tasks import make_ledgers
from tests.factories import DepartmentFactory, EnterpriseFactory, appeal, cadre, city, district
from tests.meanwhile import somebody_waits_for_us, wait_for
from tests.reports.karamay import at
from tests.reports.ledgers import rows
from tests.reports.test_import_jobs import at_once
from tests.reports.workbooks import environment

pytestmark = pytest.mark.django_db(transaction=True)

State = Ledger.State
WORKER = "import django; django.setup(); from reports.tasks import make_ledgers; make_ledgers()"


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def office() -> Cadre:
    return cadre(Role.OFFICE, department=DepartmentFactory.create(region=city(), name="市助企办"), username="office")


def ask(by: Cadre, query: str = "", kind: str = "operating-status") -> Ledger:
    return asking.ask(kind, query, by=by, now=at(9))


def made(ledger: Ledger) -> Ledger:
    assert jobs.run_next(now=at(10))
    ledger.refresh_from_db()
    return ledger


def left_over() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def contents(ledger: Ledger) -> list[dict[str, Any]]:
    return rows(openpyxl.load_workbook(ledger.file.path).worksheets[0])


def companies(count: int) -> None:
    for _ in range(count):
        EnterpriseFactory.create()


def test_what_is_asked_for_is_made_kept_and_told(office: Cadre):
    companies(3)
    ledger = made(ask(office, "category=industry_above&page=3"))
    assert (ledger.state, ledger.rows, ledger.attempts) == (State.DONE, 3, 1)
    assert ledger.filter_words == "日期：2026-11-18；统计类别：规上工业"
    assert ledger.filter == "day=2026-11-18&category=industry_above"
    assert ledger.expires_at == at(10) + timedelta(days=7)
    path = Path(ledger.file.path)
    assert (path.stat().st_size, left_over()) == (ledger.size, [path])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == ledger.sha256
    assert len(contents(ledger)) == 3
    notice = Outbox.objects.get()
    assert (notice.subject, notice.url) == ("台账已生成：每日状况，共 3 行", ledger.get_absolute_url())
    assert not jobs.run_next(now=at(10))


def test_the_same_request_twice_is_one_job_and_another_filter_is_another(office: Cadre):
    first = ask(office, "page=2")
    assert ask(office, "sort=region") == first == ask(office, "day=2026-11-18")
    assert ask(office, "q=钻修") != first
    assert ask(cadre(Role.OFFICE)) != first
    made(first)
    assert ask(office) != first


def test_two_requests_at_the_same_moment_are_one_job(office: Cadre):
    at_once(*[lambda: ask(office)] * 4)
    assert Ledger.objects.count() == 1


def test_two_workers_at_once_make_it_once(office: Cadre):
    ledger = ask(office)
    at_once(make_ledgers, make_ledgers, make_ledgers)
    ledger.refresh_from_db()
    assert (ledger.state, ledger.attempts, Outbox.objects.count()) == (State.DONE, 1, 1)


def test_an_export_while_rows_change_is_one_picture(office: Cadre, tmp_path: Path):
    """When the rows are counted and not yet read, somebody renames all and registers more; the file knows nothing."""
    companies(30)
    path, told = tmp_path / "ledger.xlsx", []

    def meddle() -> None:
        Enterprise.objects.update(name="改名", category="other")
        companies(5)

    def progressed(done: int, total: int) -> None:
        told.append((done, total))
        at_once(meddle)

    with one_moment():
        found = making.make(
            "operating-status", "category=industry_above", path, by=office, now=at(9), progress=progressed
        )
    assert (told, Enterprise.objects.filter(name="改名").count()) == ([(0, 30)], 30)
    lines = rows(openpyxl.load_workbook(path).worksheets[0])
    assert (found.rows, len(lines)) == (30, 30)
    assert {line["统计类别"] for line in lines} == {"规上工业"}
    assert not any(line["企业名称"] == "改名" for line in lines)


@pytest.mark.parametrize("loss", ["roles", "right", "account"])
def test_whoever_lost_the_right_meanwhile_gets_nothing(office: Cadre, loss: str):
    ledger = ask(office)
    if loss == "roles":
        office.groups.clear()
    elif loss == "right":
        office.groups.get().permissions.filter(codename="export_ledger").delete()
    else:
        Cadre.objects.filter(pk=office.pk).update(is_active=False)
    made(ledger)
    assert (ledger.state, ledger.message) == (State.FAILED, "导出人已没有导出这份台账的权限，没有生成。")
    assert left_over() == []


def test_whoever_was_moved_meanwhile_gets_what_the_new_place_may_see(office: Cadre):
    EnterpriseFactory.create(name="二区企业", region=district(2))
    EnterpriseFactory.create(name="三区企业", region=district(3))
    ledger = ask(office)
    Cadre.objects.filter(pk=office.pk).update(department=DepartmentFactory.create(region=district(3)))
    assert [row["企业名称"] for row in contents(made(ledger))] == ["三区企业"]


def test_a_filter_that_lost_its_meaning_fails_with_its_sentence(office: Cadre):
    gone = district(7)
    ledger = ask(office, f"region={gone.code}")
    gone.delete()
    assert (made(ledger).state, "区域" in ledger.message) == (State.FAILED, True)


def test_a_full_disk_fails_with_a_sentence_and_leaves_no_file(office: Cadre):
    """The process may write no file beyond 20 kB: the disk is full somewhere in the middle of the rows."""
    companies(400)
    ledger = ask(office)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        made(ledger)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert (ledger.state, ledger.message) == (State.FAILED, jobs.FULL)
    assert (left_over(), Outbox.objects.get().subject) == ([], "未能生成台账：每日状况")
    assert made(ask(office)).state == State.DONE


def test_a_ledger_that_always_breaks_is_given_up_and_others_go_on(office: Cadre):
    """Nobody knows its kind any more."""
    broken, sound = ask(office), ask(office, kind="appeals")
    Ledger.objects.filter(pk=broken.pk).update(kind="forgotten")
    make_ledgers()
    for ledger in (broken, sound):
        ledger.refresh_from_db()
    assert (broken.state, broken.attempts, sound.state) == (State.FAILED, ATTEMPTS, State.DONE)
    assert broken.message.startswith("系统连续 3 次没能生成")
    assert left_over() == [Path(sound.file.path)]


def test_files_that_served_their_time_are_removed_and_the_log_stays(office: Cadre):
    ledger = made(ask(office))
    jobs.remove_expired(now=ledger.expires_at - timedelta(seconds=1))
    assert len(left_over()) == 1
    jobs.remove_expired(now=ledger.expires_at)
    ledger.refresh_from_db()
    assert (ledger.state, ledger.rows, bool(ledger.sha256), ledger.file.name) == (State.EXPIRED, 0, True, "")
    assert left_over() == []


def test_nobody_needs_the_cache(office: Cadre, settings, tmp_path: Path):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/gone.sock?db=0"}}
    ledger = made(ask(office))
    assert (ledger.state, progress.of(ledger)) == (State.DONE, None)


# --- a real worker, killed ---


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    variables = {**environment(), "DJANGO_SETTINGS_MODULE": "config.settings", "MEDIA_ROOT": str(settings.MEDIA_ROOT)}
    with subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_leaves_no_file_in_place_and_the_next_one_makes_it(office: Cadre):
    """The worker waits for a table that somebody holds, with its desk laid out, and is killed there."""
    appeal(now=at(9))
    ledger = ask(office, kind="appeals")
    desk = Path(settings.MEDIA_ROOT) / "ledgers" / "unfinished" / str(ledger.pk)
    with worker() as process, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE appeals_appeal IN ACCESS EXCLUSIVE MODE")
        wait_for(desk.exists)
        wait_for(somebody_waits_for_us)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    ledger.refresh_from_db()
    assert (ledger.state, ledger.attempts, ledger.file.name, desk.exists()) == (State.WAITING, 1, "", True)
    wait_for(lambda: jobs.run_next(now=at(11)))
    ledger.refresh_from_db()
    assert (ledger.state, ledger.attempts, len(contents(ledger))) == (State.DONE, 2, 1)
    assert left_over() == [Path(ledger.file.path)]


# --- the command ---


def test_the_command_writes_the_same_file_and_says_so(
    office: Cadre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    EnterpriseFactory.create(region=district(2))
    EnterpriseFactory.create(region=district(3))
    target = tmp_path / "每日状况.xlsx"
    call_command("export_ledger", "operating-status", str(target), "--filter", f"?region={district(3).code}")
    assert len(rows(openpyxl.load_workbook(target).worksheets[0])) == 1
    row = AuditRow.objects.get(action="download")
    assert (row.cadre, row.detail["rows"], row.detail["filter"][-6:]) == (office, 1, "区域：第3区")
    assert capsys.readouterr().out.splitlines()[-1] == f"共 1 行，SHA-256 {row.detail['sha256']}"
    call_command("export_ledger", "operating-status", str(target), "--as", "office")
    assert len(rows(openpyxl.load_workbook(target).worksheets[0])) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["每日状况.xlsx"]


def test_the_command_refuses_in_words_and_leaves_nothing(tmp_path: Path, office: Cadre):
    target = tmp_path / "x.xlsx"
    cadre(Role.CALLER, username="caller")
    for arguments, said in (
        (["--as", "nobody"], "没有用户名为“nobody”的在用账号"),
        (["--as", "caller"], "没有导出这份台账的权限"),
        (["--filter", "light=purple"], "没有“light”这个筛选条件"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("export_ledger", "operating-status", str(target), *arguments)
    with pytest.raises(CommandError, match="没有这个目录"):
        call_command("export_ledger", "appeals", str(tmp_path / "none" / "x.xlsx"))
    Cadre.objects.update(is_active=False)
    with pytest.raises(CommandError, match="请用 --as 指明"):
        call_command("export_ledger", "appeals", str(target))
    assert list(tmp_path.iterdir()) == []
