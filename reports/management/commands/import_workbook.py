from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from cadres.models import Cadre
from reports.imports import jobs, running
from reports.imports.reading import UnreadableError
from reports.imports.rows import Situation
from reports.models import ImportJob

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from reports.imports.rows import Fault


class Command(BaseCommand):
    help = (
        "检查一个工作簿（.xlsx，或 UTF-8、GB18030 的 .csv），加 --commit 才写入。"
        "每个错误一行“第 R 行 列名：原因”，最后一行是“新增 N，更新 N，未变 N，错误 N”（按行计）。"
        "有错误的行不影响其余各行：--commit 时写入全部正确的行，退出码仍为 0；"
        "文件读不出来、表头与模板不符或用户名不对时，什么也不写，退出码不为 0。同一文件可以反复导入。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind", metavar="KIND", choices=ImportJob.Kind.values, help="、".join(ImportJob.Kind.values)
        )
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--commit", action="store_true", help="写入正确的行；不加则只报告，不改动任何数据")
        parser.add_argument("--as", dest="username", help="以谁的身份、在谁的管辖范围内导入；不加则不限范围")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        cadre = self._cadre(options["username"]) if options["username"] else None
        if not path.is_file():
            raise CommandError(f"没有这个文件：{path}")
        now = timezone.now()
        situation = Situation(cadre, now, timezone.localdate(now), writing=options["commit"])
        try:
            with transaction.atomic():
                report = running.run(options["kind"], path, path.name, situation, faults=self._print)
                if options["commit"]:
                    jobs.record(cadre, options["kind"], path.name, _sha256(path), report)
        except UnreadableError as error:
            raise CommandError(str(error)) from error
        for remark in report.remarks:
            self.stdout.write(remark)
        self.stdout.write(str(report))

    def _cadre(self, username: str) -> Cadre:
        cadre: Cadre | None = Cadre.objects.active().filter(username=username).first()
        if cadre is None:
            raise CommandError(f"没有用户名为“{username}”的在用账号")
        if not cadre.has_perm(jobs.RIGHT):
            raise CommandError(f"“{username}”没有导入数据的权限")
        return cadre

    def _print(self, faults: list[Fault]) -> None:
        for fault in faults:
            self.stdout.write(str(fault))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
