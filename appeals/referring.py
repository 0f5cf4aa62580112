"""Handing a case's lead over to discipline (移交), and what discipline does with it.

Nothing of it is written into the case's own history. Notices hold the number alone, and go to people by name: to the
inspectors of the department that it was handed to, and back to who handed it over; to nobody instead of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from appeals.models import Referral, ReferralEvent, ReferralFile
from appeals.referral_workflow import HANDLE, REFERRAL_STEPS, State
from cadres import audience
from cadres.models import Cadre, Department
from cadres.notices import tell
from cadres.roles import Role
from cadres.uploads import store
from workflow.models import Counter
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from appeals.models import Appeal
    from cadres.models.people import DepartmentQuerySet
    from cadres.uploads import Checked


def units_for(appeal: Appeal) -> DepartmentQuerySet:
    """The discipline departments of the appeal's region and above it, the nearest first."""
    staffed = Cadre.objects.holding(Role.DISCIPLINE).exclude(department=None).values("department")
    near: DepartmentQuerySet = Department.objects.current().filter(
        pk__in=staffed, region__code__in=appeal.region_path.rstrip("/").split("/")
    )
    return near.order_by("-region__path", "name")


def may_hand_over(cadre: Cadre, appeal: Appeal) -> bool:
    """A supervisor, of the appeal's region."""
    inside = bool(cadre.region_scope) and appeal.region_path.startswith(cadre.region_scope)
    return inside and cadre.has_perm("appeals.hand_over")


def refusal(cadre: Cadre, referral: Referral) -> str | None:
    """Why this cadre may neither accept nor conclude this lead, in Chinese; None where they may."""
    if not cadre.has_perm(HANDLE) or referral.addressed_to_id != cadre.department_id:
        return "线索由接受移交的纪检人员受理、了结。"
    return "移交人不能受理、了结自己移交的线索。" if referral.handed_by_id in cadre.persons else None


def hand_over(
    appeal: Appeal,
    *,
    to: Department,
    suspected: str,
    grounds: str,
    files: Iterable[Checked],
    by: Cadre,
    now: datetime,
    client_id: UUID,
) -> Referral:
    """The same `client_id` twice is one lead."""
    try:
        with transaction.atomic():
            referral = Referral.objects.create(
                appeal=appeal,
                number=_number(appeal, now),
                addressed_to=to,
                suspected=suspected,
                grounds=grounds,
                handed_by=by,
                handed_at=now,
                client_id=client_id,
            )
            _keep(referral, files, by, now)
            _record(referral, "hand_over", State.HANDED, by=by, now=now)
            inspectors = Cadre.objects.holding(Role.DISCIPLINE).filter(department=to).values_list("pk", flat=True)
            _tell(referral, "有新的移交线索，请登录查看", list(inspectors), by, now)
    except IntegrityError:
        sent = Referral.objects.filter(handed_by=by, client_id=client_id).first()
        if sent is None:
            raise
        return sent
    return referral


@transaction.atomic
def take(
    referral: Referral, name: str, *, by: Cadre, now: datetime, files: Iterable[Checked] = (), **values: Any
) -> None:
    """Accept or conclude, under the lead's lock. Raises IllegalStepError, with nothing written, where it can't be."""
    referral.refresh_from_db(from_queryset=Referral.objects.select_for_update(no_key=True))
    step, before = REFERRAL_STEPS[name], referral.status
    if before not in step.sources:
        raise IllegalStepError(f"该线索现为“{referral.state_label}”，请刷新后再办理。")
    if refused := refusal(by, referral):
        raise IllegalStepError(refused)
    for field in step.carries:
        setattr(referral, field, values[field])
    referral.status = step.target_from(before)
    referral.concluded_at = now if referral.status == State.CONCLUDED else None
    referral.save()
    _keep(referral, files, by, now)
    _record(referral, name, before, by=by, now=now)
    _tell(referral, f"移交线索{referral.state_label}，请登录查看", [referral.handed_by_id], by, now)


def pass_on(old: Department, new: Department) -> None:
    """What a discipline department has not concluded goes to its successor."""
    Referral.objects.open().filter(addressed_to=old).update(addressed_to=new)


def _number(appeal: Appeal, now: datetime) -> str:
    """XS, the region's 6 digits, the day, and the running number of the region's day."""
    series = f"XS{appeal.region.short_code}{timezone.localdate(now):%Y%m%d}"
    return f"{series}{Counter.take(series):03d}"


def _keep(referral: Referral, files: Iterable[Checked], by: Cadre, now: datetime) -> None:
    for file in files:
        store(ReferralFile, file, by=by, now=now, referral=referral)


def _record(referral: Referral, name: str, before: str, *, by: Cadre, now: datetime) -> None:
    columns = ReferralEvent.actor_columns(Actor.of(by))
    ReferralEvent.objects.create(referral=referral, step=name, before=before, after=referral.status, at=now, **columns)


def _tell(referral: Referral, words: str, to: list[int], by: Cadre, now: datetime) -> None:
    tell(
        f"referral:{referral.pk}:{referral.status}",
        [audience.cadre(pk) for pk in to],
        words,
        now=now,
        body=f"线索编号 {referral.number}",
        url=referral.get_absolute_url(),
        actor=by,
    )
