from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from appeals import escalation
from appeals.supervising import sweeping

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

YEARS: Final = range(2000, 2100)


class Command(BaseCommand):
    help = "对到时的诉求逐级督办；可以重复执行，每一级只发生一次。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", metavar="时刻", help="按这一时刻计算，如 2026-11-20T18:05（北京时间）")

    def handle(self, *args: Any, at: str | None, **options: Any) -> None:
        now = _moment(at) if at else timezone.now()
        swept = escalation.apply_ladder(now)
        unanswered = sweeping.raise_unanswered(now)
        done = f"检查诉求 {swept.appeals} 件，升级 {swept.rungs} 次，视为签收 {swept.signed} 件"
        done += f"，下达督办单 {swept.orders} 件，逾期未反馈 {unanswered} 件"
        self.stdout.write(f"截至 {timezone.localtime(now):%Y-%m-%d %H:%M}：{done}")


def _moment(text: str) -> datetime:
    """An instant of the command line; without a zone it is Beijing's."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"看不懂时刻“{text}”，请写成 2026-11-20T18:05 这样的形式。")
    if found.year not in YEARS:
        raise CommandError(f"时刻“{text}”超出范围，请写 {YEARS[0]} 年到 {YEARS[-1]} 年之间的时刻。")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
