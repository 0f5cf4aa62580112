"""`make_briefing`: makes the daily bulletin, or reprints the one there is."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cadres.models import Region
from reports import briefing
from reports.models import Briefing
from reports.outputs import workbook

ISSUING = (Region.Kind.CITY, Region.Kind.DISTRICT)


class Command(BaseCommand):
    help = "Make the daily resumption bulletin of a day, or reprint the one there is. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="default: today")
        parser.add_argument("--region", metavar="CODE", help="a city or district; default: all that issue bulletins")
        parser.add_argument("--out", metavar="DIR", help="write the .xlsx of each bulletin into this directory")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        day = self._day(options["date"], timezone.localdate(now))
        regions = self._regions(options["region"])
        out = self._directory(options["out"])
        made = 0
        for region in regions:
            existing = briefing.latest(region, day)
            issue = existing or briefing.freeze(region, day, now=now)
            made += existing is None
            self._say(issue, is_new=existing is None)
            if out is not None:
                self._write(issue, out)
        self.stdout.write(f"新增 {made}，已有 {len(regions) - made}")

    def _day(self, text: str | None, today: date) -> date:
        try:
            day = date.fromisoformat(text) if text else today
        except ValueError:
            raise CommandError(f"日期“{text}”不对，请写成 YYYY-MM-DD。") from None
        if day > today:
            raise CommandError(f"{day} 还没有到，不能生成通报。")
        return day

    def _regions(self, code: str | None) -> list[Region]:
        if code is None:
            regions = briefing.issuing_regions()
            if not regions:
                raise CommandError("还没有区域，请先导入区域。")
            return regions
        region = Region.objects.filter(code=code).first()
        if region is None:
            raise CommandError(f"没有代码为 {code} 的区域。")
        if region.kind not in ISSUING:
            raise CommandError(f"{region}是{region.get_kind_display()}，只有市和区县发通报。")
        return [region]

    def _directory(self, text: str | None) -> Path | None:
        if text is None:
            return None
        directory = Path(text)
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"不能写入 {directory}：{error.strerror}") from error
        return directory

    def _say(self, issue: Briefing, *, is_new: bool) -> None:
        self.stdout.write(f"{issue}（{issue.day}）：{'新生成' if is_new else '已有'}，{issue.state[0]}")

    def _write(self, issue: Briefing, out: Path) -> None:
        path = out / workbook.filename(issue)
        try:
            path.write_bytes(workbook.of(issue))
        except OSError as error:
            raise CommandError(f"不能写入 {path}：{error.strerror}") from error
        self.stdout.write(f"  {path}")
