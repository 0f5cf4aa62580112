"""`manage.py restore DIR`: a backup into an empty database and an empty MEDIA_ROOT, checked row by row."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backups.manifest import BackupError
from config.backups.restoring import restore


class Command(BaseCommand):
    help = "把 backup 生成的目录恢复到空数据库和空的 MEDIA_ROOT，并逐表、逐文件核对。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", metavar="DIR", type=Path, help="backup 生成的目录")

    def handle(self, *, directory: Path, **_: Any) -> None:
        try:
            manifest = restore(directory)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in manifest.tables.values())
        held = f"{len(manifest.tables)} 张表 {rows} 行，{len(manifest.files)} 个文件"
        self.stdout.write(f"已恢复 {manifest.made_at} 的备份：{held}，核对一致。")
        self.stdout.write("如果程序比备份新，请接着运行 migrate。")
