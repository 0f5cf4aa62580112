"""澜川市 as a whole, in one transaction: all of it or nothing."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from django.db import transaction

from cadres import delivery
from cadres.models import Cadre, Region
from enterprises.models import OperatingStatus
from reports.demo.cases import Cases
from reports.demo.companies import Companies
from reports.demo.people import Casting
from reports.demo.rounds import Rounds

if TYPE_CHECKING:
    from datetime import datetime


def exists() -> bool:
    """Whether there is anything already; demo data never mixes with real data."""
    return Region.objects.exists()


@transaction.atomic
def build(now: datetime, *, seed: int, password: str) -> dict[str, int]:
    """Build the city as it would stand at `now`. The same seed and day give the same city."""
    random = Random(seed)  # noqa: S311 - invented people, not secrets
    casting = Casting(random, password)
    cast = casting.everybody()
    companies = Companies(random, cast, casting, now)
    enterprises = companies.found()
    owners = companies.assign(enterprises)
    companies.report(enterprises)
    appeals = Cases(random, cast, owners, now).play(enterprises)
    visits = Rounds(random, owners, now).log(enterprises)
    delivery.deliver_waiting(now)
    return {
        "企业": len(enterprises),
        "干部": Cadre.objects.count(),
        "生产经营状况": OperatingStatus.objects.count(),
        "诉求": appeals,
        "走访": visits,
    }
