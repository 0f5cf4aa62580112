"""Logging a visit: what one form says goes to the visit, the day's operating status and the appeals, or to none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from appeals.models import Appeal
from appeals.registration import register_all
from cadres import audience, notices
from enterprises.models import Enterprise, OperatingStatus
from enterprises.reporting import report_status
from policies import facts as facts_of_policies
from visits import client_ids, photos
from visits.client_ids import ForeignClientIdError
from visits.following import follow_up
from visits.models import Visit, VisitDraft
from workflow.models import Counter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from cadres.models import Cadre
    from policies.facts import Fact


class Logged(NamedTuple):
    """The visit of a form; `is_new` is False where it had been stored before."""

    visit: Visit
    is_new: bool


@transaction.atomic
def log_visit(
    enterprise: Enterprise,
    *,
    by: Cadre,
    client_id: UUID,
    now: datetime,
    status: Mapping[str, Any],
    appeals: Sequence[Mapping[str, Any]] = (),
    policy_facts: Sequence[Fact] = (),
    policies: Sequence[int] = (),
    follow_ups: Mapping[int, str] | None = None,
    visitor: Cadre | None = None,
    begun_at: datetime | None = None,
    **facts: Any,
) -> Logged:
    """Store a visit, what it reports and what it raises, and take the draft away. A repeat stores nothing.

    `by` enters it, `visitor` (the same person unless named; of deputy and principal the deputy) made it; `facts` are
    columns of Visit, `status` those of the day's operating status (a column that is None stays as it was), `appeals`
    those of each appeal (with `settled` where it was solved on the spot), `policies` the keys of those that were
    explained, `follow_ups` what was said of earlier appeals, by key. Raises ForeignClientIdError where the id is
    another cadre's, ReportingError for a day that can't be reported, IllegalStepError (Chinese) for an appeal, a
    follow-up or a policy fact that can't be.
    """
    client_ids.lock(client_id)
    if earlier := Visit.objects.filter(client_id=client_id).first():
        if earlier.entered_by_id != by.pk:
            raise ForeignClientIdError
        return Logged(earlier, is_new=False)
    draft = _take_draft(client_id, by)
    visited_on = facts["visited_on"]
    _remember_contact(enterprise, visited_on)
    reported = {name: value for name, value in status.items() if value is not None}
    report_status(enterprise, visited_on, by=by, now=now, source=OperatingStatus.Source.VISIT, **reported)
    found = [{"source": Appeal.Source.VISIT, **fields} for fields in appeals]
    raised = register_all(enterprise, found, by=by, now=now) if found else []
    if policy_facts:
        facts_of_policies.record(enterprise, policy_facts, by=by, on=visited_on, now=now)
    visit = Visit.objects.create(
        client_id=client_id,
        number=_number(enterprise, now),
        cadre=visitor or by.person,
        entered_by=by,
        enterprise=enterprise,
        region_path=enterprise.region_path,
        begun_at=min(at for at in (now, begun_at, draft and draft.begun_at) if at),
        logged_at=now,
        **facts,
    )
    if raised:
        visit.appeals.add(*raised)
    if policies:
        visit.policies.add(*policies)
    if follow_ups:
        follow_up(visit, follow_ups, by=by, now=now)
    if draft:
        photos.hand_over(visit)
    _tell_visitor(visit, now)
    return Logged(visit, is_new=True)


def _take_draft(client_id: UUID, by: Cadre) -> VisitDraft | None:
    draft = VisitDraft.objects.filter(client_id=client_id).first()
    if draft is None:
        return None
    if not draft.is_of(by):
        raise ForeignClientIdError
    VisitDraft.objects.filter(pk=draft.pk).delete()
    return draft


def _remember_contact(enterprise: Enterprise, day: date) -> None:
    """The latest day counts: a visit that is entered late doesn't turn it back."""
    earlier = Q(last_contact_on=None) | Q(last_contact_on__lt=day)
    Enterprise.objects.filter(earlier, pk=enterprise.pk).update(last_contact_on=day)


def _number(enterprise: Enterprise, now: datetime) -> str:
    """ZF, the region's 6 digits, the day of entry, and the running number of the region's day."""
    series = f"ZF{enterprise.region.short_code}{timezone.localdate(now):%Y%m%d}"
    return f"{series}{Counter.take(series):04d}"


def _tell_visitor(visit: Visit, now: datetime) -> None:
    """A team leader learns what an assistant entered in their name."""
    if visit.cadre_id in visit.entered_by.persons:
        return
    notices.tell(
        f"visit:{visit.pk}",
        [audience.cadre(visit.cadre_id)],
        f"已代你登记走访：{visit.enterprise.name}",
        now=now,
        body=f"{visit.number} {visit.entered_by}登记，走访日期 {visit.visited_on:%Y-%m-%d}",
        url=visit.get_absolute_url(),
        actor=visit.entered_by,
    )
