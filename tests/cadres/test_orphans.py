"""Files that no row names are removed after a day; whatever a row names, or may yet name, stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from appeals.models import Appeal, Attachment
from appeals.workflow import Status
from cadres import tasks, uploads
from cadres.models import Cadre
from cadres.roles import Role
from config.local.home import ROOT
from reports.imports import jobs
from reports.ledgers import asking
from reports.ledgers import jobs as ledgers
from reports.models import ImportJob
from tests import factories
from tests.appeals.people import NOW, People
from tests.meanwhile import somebody_waits_for_us, wait_for
from tests.reports.karamay import at
from tests.reports.workbooks import environment
from tests.uploads import PDF, jpeg, uploaded

UPLOADS_AND_WAITS = """
import django; django.setup()
from django.db import transaction
from django.utils import timezone
from appeals.models import Appeal, Attachment
from cadres.uploads import DOCUMENTS, check, store
from tests.uploads import jpeg, uploaded
appeal = Appeal.objects.select_related("registered_by").get()
with transaction.atomic():
    checked = check(uploaded(jpeg()), DOCUMENTS)
    store(Attachment, checked, by=appeal.registered_by, now=timezone.now(), appeal=appeal)
    Appeal.objects.select_for_update().get()
"""


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def kept() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def later(hours: int) -> int:
    """How many the sweep removes so many hours from now."""
    return uploads.remove_orphans(timezone.now() + timedelta(hours=hours))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_a_killed_process_leaves_goes_after_a_day_and_not_before() -> None:
    People().submitted()
    command = [sys.executable, "-c", UPLOADS_AND_WAITS]
    variables = {**environment(), "DJANGO_SETTINGS_MODULE": "config.settings", "MEDIA_ROOT": str(settings.MEDIA_ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=variables) as process, transaction.atomic():
        list(Appeal.objects.select_for_update())
        wait_for(somebody_waits_for_us)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert (Attachment.objects.count(), len(kept())) == (0, 1)
    assert (later(23), len(kept())) == (0, 1)
    assert (later(25), len(kept())) == (1, 0)


@pytest.mark.django_db
def test_a_transaction_that_is_taken_back_leaves_a_file_that_the_sweep_finds() -> None:
    people = People()
    appeal = people.at(Status.HANDLING)
    checked = uploads.check(uploaded(jpeg()), uploads.DOCUMENTS)
    with transaction.atomic():
        uploads.store(Attachment, checked, by=people.handler, now=NOW, appeal=appeal)
        transaction.set_rollback(True)
    letter = uploads.check(uploaded(PDF, "函.pdf"), uploads.DOCUMENTS)
    row = uploads.store(Attachment, letter, by=people.handler, now=NOW, appeal=appeal)
    assert (len(kept()), later(25), kept()) == (2, 1, {Path(row.file.path)})
    assert later(25) == 0


@pytest.fixture
def office() -> Cadre:
    return factories.cadre(Role.OFFICE, region=factories.district(), username="office")


@pytest.mark.django_db(transaction=True)
def test_what_any_row_names_stays_however_old(office: Cadre) -> None:
    """An uploaded workbook, its marked copy and a ledger."""
    job = jobs.take_in(ImportJob.Kind.ENTERPRISES, uploaded("企业名称\nx\n".encode(), "企业.csv"), by=office, now=at(9))
    ledger = asking.ask("operating-status", "", by=office, now=at(9))
    while jobs.run_next(now=at(9, 1)) or ledgers.run_next(now=at(9, 1)):
        pass
    job.refresh_from_db()
    ledger.refresh_from_db()
    named = {Path(job.file.path), Path(ledger.file.path)} | ({Path(job.marked.path)} if job.marked else set())
    stray = Path(settings.MEDIA_ROOT) / "imports" / "half.unfinished"
    stray.write_text("x")
    assert (later(24 * 400), kept()) == (1, named)


@pytest.mark.django_db
def test_folders_of_somebody_else_are_left_alone_and_none_need_exist() -> None:
    assert later(25) == 0
    theirs = Path(settings.MEDIA_ROOT) / "notes.txt"
    theirs.parent.mkdir()
    theirs.write_text("x")
    os.utime(theirs, (0, 0))
    tasks.remove_orphan_files()
    assert kept() == {theirs}


@pytest.mark.django_db
def test_thousands_of_files_take_few_queries(django_assert_max_num_queries) -> None:
    folder = Path(settings.MEDIA_ROOT) / "uploads" / "aa"
    folder.mkdir(parents=True)
    for number in range(1_500):
        (folder / f"{number:032x}").touch()
    with django_assert_max_num_queries(20):
        assert later(25) == 1_500
