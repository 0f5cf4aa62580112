"""What a step of an appeal does beside moving it: deadlines, access, history, the ladder's next look, notices.

Called by Appeal.take() alone, under the appeal's row lock and inside its transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Model
from django.utils import timezone

from appeals import clock, escalation, notices, rules
from appeals.models import Appeal, Event
from appeals.workflow import FINAL, RUNNING, Status
from enterprises.models import Access
from workflow.models import Counter
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from workflow.steps import Step

ACCESS_REASON: Final = "appeal:{pk}"
ACCESS_AFTER_END: Final = timedelta(days=90)  # a department can still look up whom it helped


def take_step(
    appeal: Appeal, name: str, step: Step, *, by: Actor, now: datetime, note: str, values: dict[str, Any]
) -> Event:
    """Check the actor, carry the values, move, and let everything follow that belongs to the step."""
    _require(appeal, name, by)
    before = appeal.status
    departments = _departments(appeal)
    changes = _carry(appeal, step, values, now)
    appeal.status = step.target_from(before)
    if appeal.status != before:
        appeal.status_since, appeal.stint = now, appeal.stint + 1
    EFFECTS.get(name, _nothing)(appeal, by, now)
    _run_or_stop_the_clock(appeal, before, now)
    appeal.escalates_at = None if appeal.status in FINAL else escalation.next_instant(appeal, now)
    appeal.version += 1
    appeal.save()
    _open_or_close_access(appeal, departments, now)
    event = Event.objects.create(
        appeal=appeal,
        step=name,
        before=before,
        after=appeal.status,
        at=now,
        note=note,
        changes=changes,
        **Event.actor_columns(by),
    )
    notices.tell_of_step(appeal, event, now)
    return event


def _require(appeal: Appeal, name: str, by: Actor) -> None:
    """A cadre must hold the right now, under the lock, whatever the page showed a minute ago."""
    if by.kind == Actor.CADRE and by.cadre is not None and (reason := rules.refusal(by.cadre, name, appeal)):
        raise IllegalStepError(reason)


def _carry(appeal: Appeal, step: Step, values: dict[str, Any], now: datetime) -> dict[str, list[str]]:
    """Set the fields that the step carries; returns what changed as {field: [before, after]} in words."""
    changes: dict[str, list[str]] = {}
    for field in step.carries:
        value = values.get(field)
        if field == "contacted":
            if value and appeal.contacted_at is None:
                appeal.contacted_at = now
        elif field == "co_departments":
            before = _words(appeal.co_departments.all())
            appeal.co_departments.set(value or ())
            _note(changes, field, before, _words(value or ()))
        else:
            before = _words(getattr(appeal, field))
            setattr(appeal, field, value if value is not None else _empty(field))
            _note(changes, field, before, _words(getattr(appeal, field)))
    return changes


def _empty(field: str) -> str | None:
    return None if Appeal._meta.get_field(field).null else ""


def _note(changes: dict[str, list[str]], field: str, before: str, after: str) -> None:
    if before != after:
        changes[field] = [before, after]


def _words(value: Any) -> str:
    if value is None or isinstance(value, str | Model):
        return str(value or "")
    return "、".join(str(one) for one in value)


def _nothing(appeal: Appeal, by: Actor, now: datetime) -> None:
    """Most steps only move."""


def _submit(appeal: Appeal, by: Actor, now: datetime) -> None:
    """Number: SQ, the region's 6 digits, the day, and the running number of the region's day."""
    series = f"SQ{appeal.region.short_code}{timezone.localdate(now):%Y%m%d}"
    appeal.number = f"{series}{Counter.take(series):04d}"
    appeal.submitted_at = now


def _assign(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.suggested_lead = appeal.handler = None
    clock.start_signing(appeal, now)
    if appeal.round == 0:
        clock.start_first_round(appeal, now)


def _sign(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.handler = by.cadre
    _end_signing(appeal)


def _bounce(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.bounces += 1
    appeal.lead = None
    _end_signing(appeal)


def _approve(appeal: Appeal, by: Actor, now: datetime) -> None:
    clock.settle(appeal, now)


def _dispute(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.disputes += 1
    appeal.paused_at = None
    clock.start_next_round(appeal, now)


def _return(appeal: Appeal, by: Actor, now: datetime) -> None:
    clock.unsettle(appeal)


def _end(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.ended_at = now
    _end_signing(appeal)


def _end_signing(appeal: Appeal) -> None:
    appeal.sign_due_at = appeal.auto_sign_at = None


EFFECTS: Final[dict[str, Callable[[Appeal, Actor, datetime], None]]] = {
    "submit": _submit,
    "assign": _assign,
    "sign": _sign,
    "bounce": _bounce,
    "approve": _approve,
    "dispute": _dispute,
    "return": _return,
    "close": _end,
    "decline": _end,
    "withdraw": _end,
}


def _run_or_stop_the_clock(appeal: Appeal, before: str, now: datetime) -> None:
    if appeal.due_at is None or appeal.status in FINAL:
        return
    if Status(appeal.status) in RUNNING:
        clock.resume(appeal, now)
    elif before in RUNNING and appeal.paused_at is None:
        clock.pause(appeal, now)


def _departments(appeal: Appeal) -> set[int]:
    """Who may see the enterprise because of this appeal."""
    return {pk for pk in (appeal.lead_id, *appeal.co_departments.values_list("pk", flat=True)) if pk is not None}


def _open_or_close_access(appeal: Appeal, before: set[int], now: datetime) -> None:
    """Departments that joined see the enterprise, those that left do not; the others until a while after the end."""
    after = _departments(appeal)
    reason = ACCESS_REASON.format(pk=appeal.pk)
    rows = [Access(enterprise_id=appeal.enterprise_id, department_id=pk, reason=reason) for pk in after - before]
    Access.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["until"],
        unique_fields=["enterprise", "department", "reason"],
    )
    mine = Access.objects.filter(enterprise=appeal.enterprise_id, reason=reason)
    mine.filter(department__in=before - after).delete()
    if appeal.status in FINAL:
        mine.update(until=timezone.localdate(now) + ACCESS_AFTER_END)
