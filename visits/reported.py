"""What a visit reported of the day's operating status, found again in the day's row or in what later replaced it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from enterprises.models import OperatingStatus, OperatingStatusHistory
from enterprises.models.status import AbstractReport

if TYPE_CHECKING:
    from visits.models import Visit


class Reported(NamedTuple):
    """The report as it stood when the visit was logged, and the row of the day if that says something newer."""

    report: AbstractReport
    newer: OperatingStatus | None


def by_visit(visit: Visit) -> Reported | None:
    """None where the day has no row: the visit was brought in without one."""
    of_day = {"enterprise": visit.enterprise_id, "day": visit.visited_on}
    current = OperatingStatus.objects.filter(**of_day).select_related("reported_by", "reported_by_deputy").first()
    if current is None or current.reported_at <= visit.logged_at:
        return Reported(current, None) if current else None
    replaced = OperatingStatusHistory.objects.filter(**of_day, reported_at__lte=visit.logged_at)
    earlier = replaced.select_related("reported_by", "reported_by_deputy").order_by("-reported_at", "-pk").first()
    return Reported(earlier, current) if earlier else Reported(current, None)


def facts(told: Reported) -> list[tuple[str, str]]:
    report = told.report
    who = str(report.reported_by or "")
    at = timezone.localtime(report.reported_at)
    return [
        ("复工状态", report.get_state_display()),
        ("应到人数", _number(report.due, " 人")),
        ("在岗人数", _number(report.on_duty, " 人")),
        ("产能利用率", _number(report.utilisation, "%")),
        ("用电量", _number(report.kwh, " kWh")),
        ("来源", " ".join(part for part in (report.get_source_display(), who, f"{at:%m-%d %H:%M}") if part)),
    ]


def _number(value: Decimal | int | None, unit: str) -> str:
    return "" if value is None else f"{Decimal(value).normalize():f}{unit}"
