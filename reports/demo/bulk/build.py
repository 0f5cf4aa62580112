"""The small city first, as `--scale demo` has it; then everything that makes it large, in one transaction."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from appeals.models import Appeal, Escalation, Round
from appeals.models import Event as AppealEvent
from cadres import delivery
from cadres.models import AuditRow, Cadre, Department
from enterprises.models import Access, Assignment, Enterprise, OperatingStatus
from policies.models import Event as PolicyEvent
from policies.models import Fulfilment, Payment
from reports.demo import absences, bulletins, city
from reports.demo.bulk import places, sql
from reports.demo.bulk.bare import bare
from reports.demo.bulk.cases import Cases
from reports.demo.bulk.companies import Companies
from reports.demo.bulk.ledger import Ledger
from reports.demo.bulk.people import Crowding
from reports.demo.bulk.rounds import Rounds
from reports.demo.people import Casting
from reports.models import BaseEntry
from visits.models import Visit

if TYPE_CHECKING:
    from datetime import datetime

    from reports.demo.bulk.size import Size

BULLETINS: Final = 1  # of the city: each counts everything
MORNINGS: Final = 3
FILLED: Final[tuple[type[Model], ...]] = (
    Enterprise, Assignment, BaseEntry, OperatingStatus, Access, Appeal, Appeal.co_departments.through, AppealEvent,
    Round, Escalation, Fulfilment, PolicyEvent, Payment, Visit, Visit.appeals.through,
)  # fmt: skip


def build(now: datetime, size: Size, *, seed: int, password: str) -> dict[str, int]:
    """Build a city of this size as it would stand at `now`. The same seed and day give the same city."""
    with transaction.atomic():
        cast, _ = city.populate(now, seed=seed, password=password)
        delivery.deliver_waiting(now)
        grow(now, size, seed=seed, password=password)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    bulletins.issue({cast.city: cast.named["office"]}, timezone.localdate(now), days=BULLETINS)
    absences.begin(Random(seed), cast, now)  # noqa: S311 - invented people, not secrets
    delivery.deliver_waiting(now)
    return count()


@transaction.atomic
def grow(now: datetime, size: Size, *, seed: int, password: str) -> None:
    """Add to a small city what it lacks of this size."""
    random = Random(seed)  # noqa: S311 - invented people, not secrets
    casting = Casting(random, password)
    districts = places.build(random, size.districts, size.towns)
    crowd = Crowding(casting, districts).build(size.cadres)
    with bare(FILLED):
        Companies(random, casting, districts, crowd, now).build(size)
        Cases(seed, now).build(size.appeals - Appeal.objects.count())
        Rounds(seed, now).build(size.visits - Visit.objects.count())
        Ledger(seed, now).build(size.fulfilments - Fulfilment.objects.count())
    places.judge(districts, now)
    _sign_in(now)


def count() -> dict[str, int]:
    """What there is, in words."""
    models = (Department, Enterprise, Cadre, OperatingStatus, Appeal, Visit, Fulfilment)
    return {str(model._meta.verbose_name): model._base_manager.count() for model in models}


def _sign_in(now: datetime) -> None:
    """Everybody signed in each of the last mornings; the audit log tells it."""
    values = {
        "at": f"'{now.isoformat()}'::timestamptz - day * interval '1 day' - mod(one.id, 7200) * interval '1 second'",
        "action": f"'{AuditRow.Action.SIGN_IN}'",
        "cadre_id": "one.id",
        "username": "one.username",
        "detail": "'{}'::jsonb",
        "address": "('10.20.' || mod(one.id / 250, 250) || '.' || mod(one.id, 250) + 1)::inet",
    }
    source = f"FROM generate_series({MORNINGS}, 1, -1) day CROSS JOIN cadres_cadre one ORDER BY day DESC, one.id"
    sql.insert(AuditRow, values, source)
