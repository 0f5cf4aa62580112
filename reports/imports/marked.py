"""The uploaded workbook itself with its faults marked, made by a child process as the uploads are read by one."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from reports.imports.kinds import kind_named
from reports.imports.parsing.worksheet import letters
from reports.imports.reading import ENVIRONMENT, ROOT, read
from reports.imports.running import known_columns, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.imports.reading import SheetRow
    from reports.models import ImportJob

logger = logging.getLogger(__name__)

SECONDS: Final = 300


def mark(job: ImportJob) -> None:
    """Set `marked` where the job has faults; the caller saves. A book too large to be marked goes without."""
    job.marked.name = ""
    if not job.faults.exists():
        return
    source = Path(job.file.path)
    with read(source, job.filename) as sheet:
        header = next(sheet.rows)
    target = source.with_name(f"{source.stem}-marked.xlsx")
    unfinished = target.with_suffix(".unfinished")
    try:
        if _make(job, source, unfinished, _lines(job, header)):
            unfinished.replace(target)
            job.marked.name = str(target.relative_to(settings.MEDIA_ROOT))
    finally:
        unfinished.unlink(missing_ok=True)


def _make(job: ImportJob, source: Path, target: Path, lines: Iterator[str]) -> bool:
    command = [sys.executable, "-E", "-X", "utf8", "-m", "reports.imports.parsing.marking"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module with three arguments, no shell
            [*command, str(source.resolve()), job.filename, str(target.resolve())],
            input="".join(lines),
            cwd=ROOT,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        logger.warning("Import %s took too long to be marked", job.pk)
        return False
    if done.returncode:
        logger.warning("Import %s was not marked (%s): %s", job.pk, done.returncode, done.stderr[-2000:])
    return done.returncode == 0


def _lines(job: ImportJob, header: SheetRow) -> Iterator[str]:
    """The header's row, then each fault with the place of its column in this very sheet."""
    places = _places(job, header)
    yield _line({"row": header.number})
    for fault in job.faults.iterator():
        place = places.get(fault.column, 0)
        yield _line({"row": fault.row, "place": place, "column": fault.column, "reason": fault.reason})


def _places(job: ImportJob, header: SheetRow) -> dict[str, int]:
    """Where each column of the kind stands; a column without a name is called by its letters."""
    known, places = known_columns(kind_named(job.kind)), dict[str, int]()
    for place, cell in enumerate(header.cells, start=1):
        column = known.get(plain(cell)) if isinstance(cell, str) else None
        places[column.header if column else f"{letters(place)} 列"] = place
    return places


def _line(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False) + "\n"
