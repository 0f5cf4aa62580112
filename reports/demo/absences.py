"""Who is away, and who stands in: the head of 市人社局 is on leave, and a handler of the same unit acts for her."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.utils import timezone

from appeals import papers
from appeals.models import Appeal
from cadres.models import Deputyship

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from reports.demo.people import Cast

BEFORE: Final = timedelta(days=2)
AFTER: Final = timedelta(days=5)
WORDS: Final = "孙局长休假期间由我代办，已请就业科今天给企业回话。"


def begin(random: Random, cast: Cast, now: datetime) -> None:
    """A deputyship that runs, and what the deputy said in the principal's name."""
    principal, deputy, today = cast.named["head"], cast.named["handler"], timezone.localdate(now)
    Deputyship.objects.create(
        principal=principal,
        deputy=deputy,
        starts_on=today - BEFORE,
        ends_on=today + AFTER,
        reason="休年假",
        named_by=principal,
        named_at=now - BEFORE,
    )
    open_ones = Appeal.objects.filter(lead=principal.department_id).open().order_by("-pk")
    if (appeal := open_ones.first()) is not None:
        principal.deputy = deputy
        papers.comment(appeal, WORDS, by=principal, now=now, client_id=UUID(int=random.getrandbits(128), version=4))
        principal.deputy = None
