from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reports.demo import city


class Command(BaseCommand):
    help = "载入虚构城市“澜川市”的演示数据。只在空库中载入一次；已有数据时不做任何改动。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", choices=["demo"], default="demo", help="规模：demo 约 300 家企业、120 名干部")
        parser.add_argument("--until", type=date.fromisoformat, help="数据截至的日期（YYYY-MM-DD），默认今天")
        parser.add_argument("--seed", type=int, default=20260901, help="随机种子，相同的种子得到相同的数据")

    def handle(self, *args: Any, until: date | None, seed: int, **options: Any) -> None:
        if not (settings.ALLOW_DEMO or settings.DEBUG):
            raise CommandError("演示数据只能载入演示环境：请设置 ALLOW_DEMO=1。")
        if city.exists():
            self.stdout.write("数据库中已有数据，未作改动。")
            return
        counts = city.build(self._now(until), seed=seed, password=settings.DEMO_PASSWORD)
        self.stdout.write("已载入演示数据：" + "，".join(f"{name} {count}" for name, count in counts.items()))

    def _now(self, until: date | None) -> datetime:
        """The present, or the end of an earlier day."""
        now = timezone.now()
        if until is None or until >= timezone.localdate(now):
            return now
        return timezone.make_aware(datetime.combine(until, time(18, 30)))
