"""The ladder, the working hours and the known holidays, seeded after migrate and never over an edit."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any, Final

from workflow.calendar_seed import proves_announced, seed_rows
from workflow.models import Holiday, OrderColour, Rung, Trigger, Unit, WorkingHours
from workflow.worktime import forget

if TYPE_CHECKING:
    from django.apps import AppConfig

A = Rung.Audience
DAYS, MINUTES = Unit.WORKING_DAYS, Unit.WORKING_MINUTES

# product.md §4: trigger, level, after, unit, who; level and after for 特急 where they differ.
WAITING: Final = (
    (Trigger.DRAFT, 0, 3, DAYS, (A.REGISTRAR,)),
    (Trigger.PENDING, 0, 240, MINUTES, (A.OFFICE,)),
    (Trigger.PENDING, 2, 1, DAYS, (A.SUPERVISOR,)),
    (Trigger.YELLOW, 0, 0, MINUTES, (A.HANDLER,)),
    (Trigger.UNSIGNED, 1, 0, MINUTES, (A.HANDLER, A.HEAD)),
    (Trigger.DISPUTED, 3, 0, MINUTES, (A.SUPERVISOR, A.LEADER_IN_CHARGE)),
    (Trigger.REVIEWING, 2, 1, DAYS, (A.LEADER_IN_CHARGE,)),
    (Trigger.CONFIRMING, 0, 5, DAYS, (A.OFFICE,)),
    (Trigger.CLOSING, 2, 2, DAYS, (A.SUPERVISOR,)),
    (Trigger.TRANSFER, 0, 240, MINUTES, (A.OFFICE,)),
    (Trigger.TRANSFER, 2, 1, DAYS, (A.SUPERVISOR,)),
    (Trigger.OPINION, 1, 0, MINUTES, (A.HEAD,)),
    (Trigger.INSTRUCTION, 1, 0, MINUTES, (A.HEAD, A.SUPERVISOR)),
)
OVERDUE: Final = (
    (False, 1, 0, (A.HANDLER, A.HEAD), ""),
    (False, 2, 2, (A.SUPERVISOR,), OrderColour.YELLOW),
    (False, 3, 5, (A.LEADER_IN_CHARGE,), OrderColour.RED),
    (True, 2, 0, (A.HANDLER, A.HEAD), ""),
    (True, 3, 1, (A.SUPERVISOR,), OrderColour.YELLOW),
    (True, 4, 2, (A.LEADER_IN_CHARGE,), OrderColour.RED),
)
LONG_OVERDUE_DAYS, LONG_OVERDUE_EVERY = 10, 5


def seed(sender: AppConfig, **kwargs: Any) -> None:
    """Fill each table that is still empty; the calendar gains the years that it does not know yet."""
    if not Rung.objects.exists():
        Rung.objects.bulk_create(_rungs())
    if not WorkingHours.objects.exists():
        WorkingHours.objects.bulk_create(
            [WorkingHours(starts=time(9), ends=time(12)), WorkingHours(starts=time(14), ends=time(18))]
        )
    known = {
        day.year for day in Holiday.objects.filter(region=None).values_list("day", flat=True) if proves_announced(day)
    }
    Holiday.objects.bulk_create(
        [Holiday(**row._asdict()) for row in seed_rows() if row.day.year not in known], ignore_conflicts=True
    )
    forget()


def _rungs() -> list[Rung]:
    rungs = [
        Rung(trigger=trigger, critical=critical, level=level, amount=amount, unit=unit, audience=list(audience))
        for critical in (False, True)
        for trigger, level, amount, unit, audience in WAITING
    ]
    rungs += [
        Rung(
            trigger=Trigger.OVERDUE,
            critical=critical,
            level=level,
            amount=days,
            audience=list(audience),
            draws=colour,
        )
        for critical, level, days, audience, colour in OVERDUE
    ]
    rungs += [
        Rung(
            trigger=Trigger.OVERDUE_LONG,
            critical=critical,
            level=4,
            amount=LONG_OVERDUE_DAYS,
            repeat_days=LONG_OVERDUE_EVERY,
            audience=[A.LEADER],
            listed=True,
        )
        for critical in (False, True)
    ]
    return rungs
