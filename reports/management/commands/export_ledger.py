from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cadres.models import Cadre, Region
from cadres.roles import Role
from reports.ledgers import asking, making
from reports.ledgers.book import FullError
from reports.models import Ledger
from reports.one_moment import one_moment

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from datetime import datetime

    from reports.ledgers.making import Made


class Command(BaseCommand):
    help = (
        "把一份台账写成 .xlsx 文件，与页面上“导出 Excel”内容相同，并记入审计。"
        "最后一行是“共 N 行，SHA-256 …”。没有权限、筛选条件不对或写不下时，不留下文件，退出码不为 0。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", choices=Ledger.Kind.values, help="、".join(Ledger.Kind.values))
        parser.add_argument("file", metavar="FILE.xlsx", type=Path)
        parser.add_argument("--as", dest="username", help="以谁的身份、在谁的范围内导出；不加则为市级办公室")
        parser.add_argument("--filter", default="", help="列表地址中“?”之后的部分，如 light=red&region=650203000000")

    def handle(self, *args: Any, **options: Any) -> None:
        target, now = options["file"].resolve(), timezone.now()
        if not target.parent.is_dir():
            raise CommandError(f"没有这个目录：{target.parent}")
        cadre = self._cadre(options["username"]) if options["username"] else self._office()
        try:
            made = self._make(options["name"], options["filter"].removeprefix("?"), target, cadre, now)
        except (making.NoRightError, asking.FilterError) as refusal:
            raise CommandError(str(refusal)) from refusal
        except (FullError, OSError) as error:
            raise CommandError(f"无法写入 {target}：{error}。请检查目录权限和剩余空间。") from error
        self.stdout.write(f"{Ledger.Kind(options['name']).label}，{made.filter_words}，以 {cadre.username} 的身份")
        self.stdout.write(f"共 {made.rows} 行，SHA-256 {made.sha256}")

    def _make(self, name: str, query: str, target: Path, cadre: Cadre, now: datetime) -> Made:
        """The file appears whole or not at all, and no file without its audit row."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ledger-") as desk:
            unfinished = Path(desk) / "ledger.xlsx"
            with one_moment():
                made = making.make(name, query, unfinished, by=cadre, now=now)
            making.record(name, made, by=cadre)
            unfinished.replace(target)
        return made

    def _cadre(self, username: str) -> Cadre:
        cadre: Cadre | None = Cadre.objects.active().filter(username=username).first()
        if cadre is None:
            raise CommandError(f"没有用户名为“{username}”的在用账号")
        return cadre

    def _office(self) -> Cadre:
        """The office of the city sees everything."""
        cities = Region.objects.filter(parent=None)
        offices = Cadre.objects.holding(Role.OFFICE).filter(department__region__in=cities)
        cadre: Cadre | None = offices.order_by("pk").first()
        if cadre is None:
            raise CommandError("没有市级办公室的在用账号，请用 --as 指明以谁的身份导出")
        return cadre
