"""Working off uploaded workbooks: checking them, and after confirmation writing their good rows.

The row is the work. A worker that dies lets go of it with nothing written, and the next one takes it up again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from cadres import audience, audit, history
from cadres.notices import tell
from reports import progress
from reports.claims import ATTEMPTS, work_off_one
from reports.imports import marked, running
from reports.imports.reading import UnreadableError
from reports.imports.rows import Situation
from reports.models import ImportFault, ImportJob

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile

    from cadres.models import Cadre
    from reports.imports.rows import Fault
    from reports.imports.running import Report

RIGHT: Final = "reports.import_workbook"
GAVE_UP: Final = (
    f"系统连续 {ATTEMPTS} 次没能处理完，什么也没有写入。"
    "请稍后重新上传；仍不成功请联系运维人员，并告知导入编号 {job}。"
)
NO_RIGHT: Final = "上传人已没有导入数据的权限，什么也没有写入。"
LOCK: Final = 0x7A72
LONGEST_REASON: Final = 500
LONGEST_NAME: Final = 200

State = ImportJob.State


class NotWaitingError(Exception):
    """Somebody else has confirmed or cancelled the import meanwhile; the text says what it is now."""


def take_in(kind: str, file: UploadedFile[Any], *, by: Cadre, now: datetime) -> ImportJob:
    """Keep an uploaded file as a job that waits for a worker."""
    sha256 = hashlib.sha256()
    for chunk in file.chunks():
        sha256.update(chunk)
    return ImportJob.objects.create(
        kind=kind,
        file=file,
        filename=(file.name or "")[-LONGEST_NAME:],
        sha256=sha256.hexdigest(),
        uploaded_by=by,
        uploaded_at=now,
    )


@transaction.atomic
def decide(job: ImportJob, state: ImportJob.State, *, now: datetime) -> None:
    """Confirm or cancel a checked import under its row lock; NotWaitingError if that happened already."""
    locked = ImportJob.objects.select_for_update(no_key=True).get(pk=job.pk)
    if locked.state != State.CHECKED:
        raise NotWaitingError(f"该导入现为“{locked.get_state_display()}”，没有重复操作。")
    locked.state, locked.attempts = state, 0
    locked.finished_at = now if state == State.CANCELLED else None
    locked.save(update_fields=["state", "attempts", "finished_at"])
    progress.forget(job)


def run_next(now: datetime) -> bool:
    """Take up one waiting job and see it through; False when none waits that nobody else works on."""
    return work_off_one(
        ImportJob.objects.waiting(),
        LOCK,
        work=lambda pk: _work(pk, now),
        give_up=lambda job: _fail(job, GAVE_UP.format(job=job.pk), now),
    )


@transaction.atomic
def _work(pk: int, now: datetime) -> None:
    """Check or write, holding the job's row to the end."""
    jobs = ImportJob.objects.waiting().select_for_update(no_key=True, of=("self",)).select_related("uploaded_by")
    job = jobs.get(pk=pk)
    writing = job.state == State.CONFIRMED
    if not job.uploaded_by.is_active or not job.uploaded_by.has_perm(RIGHT):
        _fail(job, NO_RIGHT, now)
        return
    try:
        report = _run(job, now, writing=writing)
    except UnreadableError as error:
        _fail(job, str(error), now)
        return
    marked.mark(job)
    _keep(job, report, now, writing=writing)


def _run(job: ImportJob, now: datetime, *, writing: bool) -> Report:
    job.faults.all().delete()
    situation = Situation(job.uploaded_by, now, timezone.localdate(now), writing)
    with history.acting_for(job.uploaded_by, "导入"):
        return running.run(
            job.kind,
            Path(job.file.path),
            job.filename,
            situation,
            faults=lambda faults: keep_faults(job, faults),
            progress=lambda done, total: progress.note(job, done, total),
        )


def keep_faults(job: ImportJob, faults: list[Fault]) -> None:
    ImportFault.objects.bulk_create(
        ImportFault(job=job, row=fault.row, column=fault.column, reason=fault.reason[:LONGEST_REASON])
        for fault in faults
    )


def _keep(job: ImportJob, report: Report, now: datetime, *, writing: bool) -> None:
    """What was found becomes the preview, what was written the result. With nothing to write there's no question."""
    promised = (job.added, job.updated)
    job.added, job.updated, job.unchanged, job.faulty = report.added, report.updated, report.unchanged, report.faulty
    job.preview = report.previewed
    remarks = report.remarks
    if writing and promised != (job.added, job.updated):
        remarks = [*remarks, f"确认之后数据有变化：预览时为新增 {promised[0]}、更新 {promised[1]}。"]
    job.message = "\n".join(remarks)
    if writing:
        record(job.uploaded_by, job.kind, job.filename, job.sha256, report)
    if writing or not job.writable:
        _finish(job, State.DONE, now)
        _tell(job, f"导入完成：{job}，{report}", now)
    else:
        job.state, job.attempts = State.CHECKED, 0
        job.save()
        _tell(job, f"导入待确认：{job}，{report}", now)


def record(cadre: Cadre | None, kind: str, filename: str, sha256: str, report: Report) -> None:
    """The audit row of an import, in the transaction that writes it."""
    counts = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged, "faulty": report.faulty}
    label = ImportJob.Kind(kind).label
    audit.record(
        audit.Action.IMPORT,
        cadre=cadre,
        subject=f"{label} {filename}",
        detail={"kind": kind, "filename": filename, "sha256": sha256, **counts},
    )


def _fail(job: ImportJob, message: str, now: datetime) -> None:
    job.message = message
    _finish(job, State.FAILED, now)
    _tell(job, f"未能导入：{job}", now)


def _finish(job: ImportJob, state: ImportJob.State, now: datetime) -> None:
    job.state, job.finished_at = state, now
    job.save()


def _tell(job: ImportJob, subject: str, now: datetime) -> None:
    """To the uploader, who need not wait at the page."""
    tell(
        f"import-{job.pk}-{job.state}",
        [audience.cadre(job.uploaded_by_id)],
        subject[:200],
        now=now,
        body=job.message,
        url=job.get_absolute_url(),
    )
