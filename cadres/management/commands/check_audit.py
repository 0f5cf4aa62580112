from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import BaseCommand, CommandError

from cadres.audit import chain
from cadres.models import AuditRow

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

SEAL: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    help = "Verify the audit log's hash chain; name the first broken link and exit with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect", metavar="NUMBER:DIGEST", help="a seal noted down earlier, which must still stand in its place"
        )

    def handle(self, *args: Any, expect: str | None, **options: Any) -> None:
        noted = _noted(expect) if expect else None
        unsealed = AuditRow.objects.unsealed().count()
        try:
            walked = chain.walk(noted)
        except chain.BrokenError as broken:
            raise CommandError(str(broken)) from broken
        self.stdout.write(f"链条完整：已校验 {walked.rows} 行，待封存 {unsealed} 行。")
        self.stdout.write(f"最后封存码：{walked.head}")


def _noted(text: str) -> chain.Seal:
    if not (found := SEAL.fullmatch(text.strip())):
        raise CommandError("--expect 应写成“序号:封存码”，即以前校验时显示的最后封存码。")
    return chain.Seal(int(found[1]), found[2])
