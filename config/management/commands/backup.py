"""`manage.py backup DIR`: database and files into a new directory below DIR, while people work."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.backups.making import make
from config.backups.manifest import BackupError


class Command(BaseCommand):
    help = "把数据库和上传的文件备份到 DIR 下的新目录，附清单和校验值。备份含个人信息，请妥善保管。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", metavar="DIR", type=Path, help="备份放在哪个目录下")

    def handle(self, *, directory: Path, **_: Any) -> None:
        try:
            made, manifest = make(directory, timezone.now())
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in manifest.tables.values())
        size = manifest.dump.size + sum(file.size for file in manifest.files.values())
        self.stdout.write(f"已备份到 {made}")
        self.stdout.write(
            f"{len(manifest.tables)} 张表 {rows} 行，{len(manifest.files)} 个文件，共 {size / 1_000_000:.1f} MB"
        )
