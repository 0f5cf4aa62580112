"""Asking co-departments for their opinions (会办), and taking them.

Called under the appeal's row lock, inside the transaction of the step. Who is asked is who is named as co-department;
each once per round. A department that leaves is not asked any more; what it said stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Coalesce

from appeals.clock import limit_for
from appeals.models import Opinion
from cadres.models import signed
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Any

    from appeals.models import Appeal
    from cadres.models import Cadre
    from workflow.worktime import WorkCalendar


def ask(appeal: Appeal, now: datetime) -> None:
    """Ask each co-department that has not been asked in this round; who is one no longer need not answer."""
    wanted = set(appeal.co_departments.values_list("pk", flat=True))
    asked = appeal.opinions.asked()
    awaited = asked.filter(given_at=None)
    awaited.exclude(round=appeal.round, department__in=wanted).update(withdrawn_at=now)
    known = set(asked.filter(round=appeal.round).values_list("department", flat=True))
    due = _due(appeal, now)
    Opinion.objects.bulk_create(
        Opinion(appeal=appeal, department_id=pk, round=appeal.round, asked_at=now, **due)
        for pk in sorted(wanted - known)
    )


def renew(appeal: Appeal, now: datetime) -> None:
    """The clock goes on after it stood still: who has said nothing yet has the whole time again."""
    appeal.opinions.awaited().filter(round=appeal.round).update(asked_at=now, **_due(appeal, now))


def give(appeal: Appeal, text: str, *, department: int | None, by: Cadre, now: datetime) -> None:
    """A department says its opinion, or adds to it; when it did first is what counts."""
    mine = appeal.opinions.asked().filter(round=appeal.round, department=department)
    mine.update(text=text, given_at=Coalesce("given_at", now), **signed("given_by", by))


@transaction.atomic
def pass_on(old: int, new: int, appeals: Iterable[int], now: datetime) -> None:
    """A department's successor owes what it owed; where both were asked, the successor's own opinion is enough."""
    awaited = Opinion.objects.awaited().filter(department=old, appeal__in=list(appeals))
    for one in awaited:
        twice = Opinion.objects.asked().filter(appeal=one.appeal_id, round=one.round, department=new).exists()
        changed: dict[str, Any] = {"withdrawn_at": now} if twice else {"department": new}
        awaited.filter(pk=one.pk).update(**changed)


def follow(appeals: Iterable[Appeal], calendar_of: Callable[[str], WorkCalendar]) -> None:
    """What is still awaited is due by the calendar as it now stands. Two statements."""
    cases = {appeal.pk: appeal for appeal in appeals}
    awaited = list(Opinion.objects.awaited().filter(appeal__in=list(cases)).exclude(limit_unit=""))
    for one in awaited:
        appeal = cases[one.appeal_id]
        due = calendar_of(appeal.region_path).limit(one.asked_at, one.limit_amount, one.limit_unit)
        one.due_at = _within(appeal, due, one.asked_at)
    Opinion.objects.bulk_update(awaited, ["due_at"])


def _due(appeal: Appeal, now: datetime) -> dict[str, Any]:
    """The columns that say until when: the end of the chosen day, or by the table of limits; at most the case's."""
    calendar = load_calendar(appeal.region_path)
    if appeal.opinion_due_on:
        due = calendar.end_of_day(appeal.opinion_due_on)
        return {"limit_amount": 0, "limit_unit": "", "due_at": _within(appeal, due, now)}
    limit = limit_for(appeal.urgency, appeal.region_path)
    amount, unit = limit.opinion_amount, limit.opinion_unit
    due = calendar.limit(now, amount, unit)
    return {"limit_amount": amount, "limit_unit": unit, "due_at": _within(appeal, due, now)}


def _within(appeal: Appeal, due: datetime, asked_at: datetime) -> datetime:
    """No later than the case is due, unless that had passed when the opinion was asked for."""
    return min(due, appeal.due_at) if appeal.due_at and appeal.due_at > asked_at else due
