from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reports.demo import city
from reports.demo.bulk import build as bulk
from reports.demo.bulk.size import SIZES

SMALL = "demo"


class Command(BaseCommand):
    help = "载入虚构城市“澜川市”的演示数据。只在空库中载入一次；已有数据时不做任何改动。"

    def add_arguments(self, parser: CommandParser) -> None:
        words = "规模：demo 约 300 家企业、120 名干部；city 约 10 万家企业、5000 名干部；metro 约为 city 的十倍"
        parser.add_argument("--scale", choices=[SMALL, *SIZES], default=SMALL, help=words)
        parser.add_argument("--until", type=date.fromisoformat, help="数据截至的日期（YYYY-MM-DD），默认今天")
        parser.add_argument("--seed", type=int, default=20260901, help="随机种子，相同的种子得到相同的数据")

    def handle(self, *args: Any, scale: str, until: date | None, seed: int, **options: Any) -> None:
        if not (settings.ALLOW_DEMO or settings.DEBUG):
            raise CommandError("演示数据只能载入演示环境：请设置 ALLOW_DEMO=1。")
        if city.exists():
            self.stdout.write(f"数据库中已有数据，未作改动：{_told(bulk.count())}")
            return
        now, password = self._now(until), settings.DEMO_PASSWORD
        if scale == SMALL:
            counts = city.build(now, seed=seed, password=password)
        else:
            counts = bulk.build(now, SIZES[scale], seed=seed, password=password)
        self.stdout.write(f"已载入演示数据：{_told(counts)}")

    def _now(self, until: date | None) -> datetime:
        """The present, or the end of an earlier day."""
        now = timezone.now()
        if until is None or until >= timezone.localdate(now):
            return now
        return timezone.make_aware(datetime.combine(until, time(18, 30)))


def _told(counts: dict[str, int]) -> str:
    return "，".join(f"{name} {count}" for name, count in counts.items())
