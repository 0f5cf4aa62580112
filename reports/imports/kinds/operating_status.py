"""The daily operating status, one row per enterprise and day. What a row replaces stays in the history, by trigger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from enterprises.models import OperatingStatus
from enterprises.reporting import REPORTABLE, problem_with_day
from reports.imports import cells
from reports.imports.cells import labelled
from reports.imports.kinds.columns import CREDIT_CODE, ENTERPRISE_NAME, EnterpriseFinder, locked
from reports.imports.rows import Decision, Seen, Verdict, changes, compare

if TYPE_CHECKING:
    from datetime import date

    from enterprises.models import Enterprise
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

DAY: Final = cells.day("日期", "day", required=True, hint="如 2026-11-20")
HIGHEST_UTILISATION: Final = 200

COLUMNS: Final[tuple[Column, ...]] = (
    DAY,
    replace(CREDIT_CODE, required=True),
    ENTERPRISE_NAME,
    cells.choice("复工状态", "state", labelled(OperatingStatus.State), required=True),
    cells.count("应到人数", "due"),
    cells.count("在岗人数", "on_duty"),
    cells.amount("产能利用率(%)", "utilisation", highest=HIGHEST_UTILISATION, percent=True, hint="0 到 200"),
    cells.amount("用电量(kWh)", "kwh"),
    cells.text("备注", "remarks", 300),
)
REPORTED: Final = sorted(REPORTABLE & {column.name for column in COLUMNS})


class OperatingStatuses:
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._seen = Seen()
        self._stored: dict[tuple[int, date], OperatingStatus] = {}

    def decide(self, rows: list[Row]) -> list[Decision]:
        finder = EnterpriseFinder(rows, self._situation)
        enterprises = {row.number: finder.find(row) for row in rows}
        self._fetch(rows, enterprises)
        decisions = [self._decide(row, enterprises[row.number]) for row in rows]
        return [decision for decision in decisions if decision is not None]

    def _fetch(self, rows: list[Row], enterprises: dict[int, Enterprise | None]) -> None:
        days = {row.values["day"] for row in rows if row.values.get("day")}
        named = {enterprise for enterprise in enterprises.values() if enterprise}
        stored = OperatingStatus.objects.filter(enterprise__in=named, day__in=days)
        self._stored = {(found.enterprise_id, found.day): found for found in locked(stored, self._situation)}

    def _decide(self, row: Row, enterprise: Enterprise | None) -> Decision | None:
        day = row.values.get("day")
        if day and (problem := problem_with_day(day, self._situation.cadre, self._situation.today)):
            row.refuse(DAY, problem.rstrip("。"))
        if enterprise and day and (first := self._seen.before((enterprise.pk, day), row)):
            row.refuse(DAY, f"{enterprise.name[:60]} {day} 与第 {first} 行重复")
        if not row.is_good() or enterprise is None or day is None:
            return None
        wanted = {name: value for name, value in row.values.items() if name in REPORTED}
        stored, subject = self._stored.get((enterprise.pk, day)), f"{enterprise.name} {day}"
        if stored is None:
            return Decision(
                row, Verdict.ADDED, subject, record=(OperatingStatus(enterprise=enterprise, day=day), wanted)
            )
        verdict = Verdict.UPDATED if compare(stored, wanted) else Verdict.UNCHANGED
        return Decision(row, verdict, subject, changes(stored, wanted, COLUMNS), (stored, wanted))

    def write(self, decisions: list[Decision]) -> None:
        """One upsert by enterprise and day, so that a visit saved at the same moment is replaced, not doubled."""
        reported: dict[str, Any] = {
            "source": OperatingStatus.Source.IMPORT,
            "reported_by": self._situation.cadre,
            "reported_at": self._situation.now,
        }
        for decision in decisions:
            status, wanted = decision.record
            for name, value in (wanted | reported).items():
                setattr(status, name, value)
        OperatingStatus.objects.bulk_create(
            [each.record[0] for each in decisions],
            update_conflicts=True,
            unique_fields=["enterprise", "day"],
            update_fields=[*REPORTED, *reported, "reported_by_deputy"],
        )

    def remarks(self, added: int) -> list[str]:
        return []
