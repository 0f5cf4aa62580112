"""Reporting an enterprise's operating status of one day: by a visit, an import, the office, the enterprise itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from cadres.roles import Role
from enterprises.models import OperatingStatus

if TYPE_CHECKING:
    from datetime import date, datetime

    from cadres.models import Cadre
    from enterprises.models import Enterprise

OPEN_TO_ALL: Final = timedelta(days=31)

REPORTABLE: Final = frozenset({"state", "due", "on_duty", "utilisation", "kwh", "orders", "remarks"})


class ReportingError(Exception):
    """A day that can't be reported; its text is a Chinese sentence for the person who tried."""


def report_status(
    enterprise: Enterprise,
    day: date,
    by: Cadre | None,
    now: datetime,
    source: OperatingStatus.Source,
    **values: Any,
) -> OperatingStatus:
    """Store what is reported of one day; the one row of that enterprise and day holds the newest report.

    Columns that `values` doesn't name stay as they were; a report that says nothing new changes nothing, and the
    database keeps what was replaced. The first report of a day must name `state`. `by` is None for a report that no
    cadre made. Raises ReportingError for a day that `by` may not report. Within a transaction a failure ends that, too.
    """
    if unknown := values.keys() - REPORTABLE:
        raise TypeError(f"Not part of a report: {', '.join(sorted(unknown))}")
    if problem := problem_with_day(day, by, timezone.localdate(now)):
        raise ReportingError(problem)
    with transaction.atomic(savepoint=False):
        return _stored(enterprise, day, values, {"source": source, "reported_by": by, "reported_at": now})


def _stored(enterprise: Enterprise, day: date, values: dict[str, Any], signature: dict[str, Any]) -> OperatingStatus:
    row, is_new = OperatingStatus.objects.select_for_update(no_key=True).get_or_create(
        enterprise=enterprise, day=day, defaults=values | signature
    )
    if not is_new and any(getattr(row, name) != value for name, value in values.items()):
        replaced = values | signature
        for name, value in replaced.items():
            setattr(row, name, value)
        row.save(update_fields=[*replaced, "reported_by_deputy"])
    return row


def problem_with_day(day: date, by: Cadre | None, today: date) -> str | None:
    """Why this cadre may not report this day, in Chinese; None if nothing forbids it."""
    if day > today:
        return "日期不能晚于今天。"
    if day < today - OPEN_TO_ALL and by is not None and not by.holds(Role.OFFICE):
        return f"只能填报最近 {OPEN_TO_ALL.days} 天的状况，更早的请由办公室补录。"
    return None
