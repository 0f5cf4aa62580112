"""Working off the ledgers that were asked for.

The row is the work. A worker that dies lets go of it with no file in place, and the next one takes it up again.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cadres import audience
from cadres.notices import tell
from reports import progress
from reports.claims import ATTEMPTS, work_off_one
from reports.ledgers import making
from reports.ledgers.asking import FilterError
from reports.ledgers.book import FullError
from reports.ledgers.making import NoRightError
from reports.models import Ledger
from reports.one_moment import one_moment

if TYPE_CHECKING:
    from datetime import datetime

    from reports.ledgers.making import Made

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=7)
LOCK: Final = 0x7A73
FOLDER: Final = "ledgers"
LONGEST_MESSAGE: Final = 500
GAVE_UP: Final = f"系统连续 {ATTEMPTS} 次没能生成。请稍后重新导出；仍不成功请联系运维人员，并告知编号 {{ledger}}。"
FULL: Final = "服务器的磁盘空间不足或无法写入，没有生成。请联系运维人员清理后重新导出。"

State = Ledger.State


def run_next(now: datetime) -> bool:
    """Take up one waiting ledger and see it through; False when none waits that nobody else works on."""
    return work_off_one(
        Ledger.objects.waiting(),
        LOCK,
        work=lambda pk: _work(pk, now),
        give_up=lambda ledger: _give_up(ledger, now),
    )


def remove_expired(now: datetime) -> None:
    """Remove the files that have served their time; the rows stay as the log of what was taken."""
    for ledger in Ledger.objects.expired(now).order_by("pk"):
        _path(str(ledger.file.name)).unlink(missing_ok=True)
        Ledger.objects.filter(pk=ledger.pk).update(state=State.EXPIRED, file="")


def _give_up(ledger: Ledger, now: datetime) -> None:
    _fail(ledger, GAVE_UP.format(ledger=ledger.pk), now)
    shutil.rmtree(_desk(ledger.pk), ignore_errors=True)


def _work(pk: int, now: datetime) -> None:
    """Make the file out of everybody's sight, put it in its place, and only then say that it is there."""
    ledger = Ledger.objects.get(pk=pk)
    desk = _desk(pk)
    shutil.rmtree(desk, ignore_errors=True)  # what a worker left that was killed
    try:
        made, unfinished = _make(ledger, desk, now)
        with transaction.atomic():
            _keep(ledger, made, unfinished, now)
    except (NoRightError, FilterError) as refusal:
        _fail(ledger, str(refusal), now)
    except (FullError, OSError) as error:
        logger.warning("Ledger %s could not be written: %s", pk, error)
        _fail(ledger, FULL, now)
    finally:
        shutil.rmtree(desk, ignore_errors=True)


def _make(ledger: Ledger, desk: Path, now: datetime) -> tuple[Made, Path]:
    """Look at the asker and the rows afresh, all at one moment."""
    desk.mkdir(parents=True)
    path = desk / "ledger.xlsx"
    with one_moment():
        asker = Ledger.objects.select_related("asked_by__department__region", "asked_by_deputy").get(pk=ledger.pk)
        made = making.make(
            ledger.kind,
            ledger.filter,
            path,
            by=asker.asked_by,
            now=now,
            progress=lambda done, total: progress.note(ledger, done, total),
        )
    return made, path


def _keep(ledger: Ledger, made: Made, unfinished: Path, now: datetime) -> None:
    """The file gets the place that belongs to its row; made twice, it is the same place."""
    ledger.state, ledger.as_of, ledger.expires_at = State.DONE, now, now + KEPT
    ledger.rows, ledger.sha256, ledger.size, ledger.scope = made.rows, made.sha256, made.size, made.scope
    ledger.file.name = f"{FOLDER}/{timezone.localtime(ledger.asked_at):%Y/%m}/{ledger.pk}.xlsx"
    place = _path(ledger.file.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished.replace(place)
    ledger.save()
    _tell(ledger, f"台账已生成：{ledger}，共 {ledger.rows} 行", now)


@transaction.atomic
def _fail(ledger: Ledger, message: str, now: datetime) -> None:
    ledger.state, ledger.message, ledger.as_of = State.FAILED, message[:LONGEST_MESSAGE], now
    ledger.save(update_fields=["state", "message", "as_of"])
    _tell(ledger, f"未能生成台账：{ledger}", now)


def _tell(ledger: Ledger, subject: str, now: datetime) -> None:
    """To whoever asked, who need not wait at the page."""
    expiry = f"请在 {timezone.localtime(ledger.expires_at):%Y-%m-%d %H:%M} 前下载。" if ledger.expires_at else ""
    tell(
        f"ledger-{ledger.pk}-{ledger.state}",
        [audience.cadre(ledger.asked_by_id)],
        subject,
        now=now,
        body=ledger.message or f"筛选条件：{ledger.filter_words}\n{expiry}",
        url=ledger.get_absolute_url(),
    )


def _desk(pk: int) -> Path:
    """Where a ledger is made, on the same disk as its place."""
    return _path(f"{FOLDER}/unfinished/{pk}")


def _path(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name
