"""澜川市 as a whole: its people and cases in one transaction, then the bulletins that are counted from them."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from cadres import delivery
from cadres.models import Cadre, Region
from enterprises.models import OperatingStatus
from reports.demo import absences, bulletins, referrals
from reports.demo.cases import Cases
from reports.demo.companies import DAYS, Companies
from reports.demo.dealings import Dealings
from reports.demo.desk import Desk
from reports.demo.people import Cast, Casting
from reports.demo.policies import Policies
from reports.demo.rounds import Rounds

if TYPE_CHECKING:
    from datetime import datetime


def exists() -> bool:
    """Whether there is anything already; demo data never mixes with real data."""
    return Region.objects.exists()


def build(now: datetime, *, seed: int, password: str) -> dict[str, int]:
    """Build the city as it would stand at `now`. The same seed and day give the same city."""
    cast, counts = populate(now, seed=seed, password=password)
    offices = {office.department.region: office for office in cast.offices if office.department}
    counts["通报"] = bulletins.issue(offices, timezone.localdate(now))
    delivery.deliver_waiting(now)
    Desk(cast, now, seed=seed).work()
    absences.begin(Random(seed), cast, now)  # noqa: S311 - invented people, not secrets
    delivery.deliver_waiting(now)
    return counts


@transaction.atomic
def populate(now: datetime, *, seed: int, password: str) -> tuple[Cast, dict[str, int]]:
    """Everything but the bulletins and what follows them; all of it or nothing."""
    random = Random(seed)  # noqa: S311 - invented people, not secrets
    casting = Casting(random, password)
    cast = casting.everybody()
    companies = Companies(random, cast, casting, now)
    enterprises = companies.found()
    owners = companies.assign(enterprises)
    companies.report(enterprises)
    appeals = Cases(random, cast, owners, now).play(enterprises)
    rounds = Rounds(random, owners, now)
    visits = rounds.log(enterprises)
    fulfilments = Policies(random, cast, owners, now).play(enterprises)
    rounds.tell()
    Dealings(random, cast, casting, owners, now).play(enterprises)
    leads = referrals.hand_over(random, cast, now)
    today = timezone.localdate(now)
    bulletins.freeze_bases(cast.city, today - timedelta(days=DAYS), today)
    bulletins.judge(cast.districts, cast.named["office"], today - timedelta(days=DAYS))
    return cast, {
        "企业": len(enterprises),
        "干部": Cadre.objects.count(),
        "生产经营状况": OperatingStatus.objects.count(),
        "诉求": appeals,
        "移交线索": leads,
        "走访": visits,
        "政策兑现": fulfilments,
    }
