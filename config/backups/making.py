"""Making a backup while people work: one snapshot of the database, then the files, which are never changed."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from config.backups import postgres
from config.backups.manifest import BackupError, Manifest, StoredFile, Table, files_below, measure, tables_now

UNFINISHED: Final = ".unfinished"


def make(into: Path, now: datetime) -> tuple[Path, Manifest]:
    """Write a new directory below `into`, named by the instant; it bears its name only when it is whole."""
    name = f"zhuqitong-{timezone.localtime(now):%Y%m%d-%H%M%S}"
    finished, directory = into / name, into / (name + UNFINISHED)
    if finished.exists() or directory.exists():
        raise BackupError(f"{finished} 已存在，请稍后再试。")
    try:
        directory.mkdir(parents=True, mode=0o700)
        manifest = _fill(directory, now)
        directory.rename(finished)
    except OSError as error:
        raise BackupError(f"无法写入 {into}：{error.strerror}。请检查目录权限和剩余空间。") from error
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return finished, manifest


def _fill(directory: Path, now: datetime) -> Manifest:
    tables = _dump(directory / "database.dump")
    # After the snapshot: a file that a row of the snapshot names is there already.
    files = _copy(Path(settings.MEDIA_ROOT), directory / "files")
    manifest = Manifest(
        made_at=timezone.localtime(now).isoformat(timespec="seconds"),
        postgres=connection.pg_version,  # type: ignore[attr-defined]
        tables=tables,
        dump=measure(directory / "database.dump"),
        files=files,
    )
    manifest.write(directory)
    return manifest


def _dump(into: Path) -> dict[str, Table]:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        postgres.dump(into, snapshot)
        return tables_now()


def _copy(source: Path, into: Path) -> dict[str, StoredFile]:
    """A file that expires while it is being copied is left out."""
    into.mkdir()
    copied = {}
    for name, path in files_below(source):
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, target)
        except FileNotFoundError:
            continue
        copied[name] = measure(target)
    return copied
