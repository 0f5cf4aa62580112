"""Restoring a backup into an empty database and an empty directory, and proving that it is all there."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from config.backups import postgres
from config.backups.manifest import BackupError, Manifest, files_below, measure, table_names, tables_now


def restore(directory: Path) -> Manifest:
    """Nothing is written before everything in the backup is proved whole, and nothing is overwritten.

    Files come first: a restore that breaks off leaves the database empty, and can be repeated.
    """
    manifest = Manifest.read(directory)
    _check_whole(directory, manifest)
    _check_empty(manifest)
    _put_files(directory / "files", manifest)
    postgres.load(directory / "database.dump")
    _check_restored(manifest)
    return manifest


def _check_whole(directory: Path, manifest: Manifest) -> None:
    expected = {"database.dump": manifest.dump} | {f"files/{name}": file for name, file in manifest.files.items()}
    for name, file in expected.items():
        path = directory / name
        if not path.is_file() or measure(path) != file:
            raise BackupError(f"备份不完整：{name} 缺失或内容已变，未恢复任何内容，请改用另一份备份。")


def _check_empty(manifest: Manifest) -> None:
    if present := table_names():
        raise BackupError(f"目标数据库不是空的（已有 {len(present)} 张表），请另建空数据库后再恢复。")
    strange = [name for name, _ in files_below(Path(settings.MEDIA_ROOT)) if name not in manifest.files]
    if strange:
        raise BackupError(f"MEDIA_ROOT 里已有别的文件（如 {strange[0]}），请换一个空目录后再恢复。")


def _put_files(source: Path, manifest: Manifest) -> None:
    target = Path(settings.MEDIA_ROOT)
    try:
        for name in manifest.files:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)
    except OSError as error:
        raise BackupError(f"无法写入 {target}：{error.strerror}。请检查目录权限和剩余空间后重试。") from error


@transaction.atomic
def _check_restored(manifest: Manifest) -> None:
    now = tables_now()
    if differ := sorted(name for name in manifest.tables | now if manifest.tables.get(name) != now.get(name)):
        raise BackupError(f"恢复后的数据与备份不一致：{'、'.join(differ)}。请勿使用这个数据库。")
    for name, file in manifest.files.items():
        if measure(Path(settings.MEDIA_ROOT) / name) != file:
            raise BackupError(f"恢复后的文件与备份不一致：{name}。")
