"""The appeals of a bulletin: new and settled since the one before, overdue now, and the month so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils import timezone

from reports.indicators import (
    CASES,
    NEW_APPEALS,
    TIMELINESS,
    Cell,
    Ending,
    Scope,
    Tally,
    cases,
    named_cases,
    place_below,
    tally,
)
from reports.snapshot import CaseLine, NamedCase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cadres.models import Region
    from reports.counting.names import Names

SETTLED: Final = frozenset({Ending.ON_TIME.value, Ending.LATE.value})
OVERDUE: Final = frozenset({Ending.OVERDUE.value})


class CaseRow(NamedTuple):
    """One case of the month, as it was counted."""

    number: str
    place: str
    standing: int
    settled_at: datetime | None
    due_at: datetime


def rows(scope: Scope, before: Scope) -> list[CaseRow]:
    """The cases of the month and of the time since the cut-off before, which on the first reaches back further."""
    earliest = replace(scope, since=min(scope.since, before.until))
    found = (
        cases(earliest)
        .annotate(place_code=place_below(scope.region, CASES.path))
        .order_by("pk")
        .values_list("number", "place_code", "standing", "last_settled_at", "last_due_at")
    )
    return [CaseRow._make(values) for values in found]


def told(row: CaseRow) -> dict[str, Any]:
    """A line of evidence."""
    return {
        "row": "case",
        "number": row.number,
        "place": row.place,
        "standing": row.standing,
        "settled_at": row.settled_at.isoformat() if row.settled_at else None,
        "due_at": row.due_at.isoformat(),
    }


def lines(found: list[CaseRow], scope: Scope, before: Scope, names: Names) -> list[CaseLine]:
    """By region: appeals new since the cut-off before; of the cases those settled since, overdue now, and the month."""
    new = tally(NEW_APPEALS, replace(scope, since=before.until))
    recent, month = _since(before.until, found), _since(scope.since, found)
    called = {"": f"{scope.region.name}本级", **names.parks, **names.places}
    used = sorted((new.places | recent.places | month.places) - set(names.places))
    return [_case_line(code, called[code], new, recent, month) for code in (*names.places, *used)]


def _since(at: datetime, found: list[CaseRow]) -> Tally:
    """Those settled after the instant, and those that are not settled."""
    return Tally.of(
        Cell(row.place, None, row.standing)
        for row in found
        if row.standing in OVERDUE or (row.settled_at is not None and row.settled_at > at)
    )


def _case_line(code: str, name: str, new: Tally, recent: Tally, month: Tally) -> CaseLine:
    in_time, due = month.figure(TIMELINESS, place=code)
    return CaseLine(
        code=code,
        name=name,
        new=new.count(frozenset({0}), place=code),
        settled=recent.count(SETTLED, place=code),
        overdue=recent.count(OVERDUE, place=code),
        month_in_time=int(in_time),
        month_due=int(due),
    )


def total(region: Region, lines: list[CaseLine]) -> CaseLine:
    counts = ("new", "settled", "overdue", "month_in_time", "month_due")
    return CaseLine("", region.name, **{name: sum(getattr(line, name) for line in lines) for name in counts})


def named(scope: Scope, names: Names) -> list[NamedCase]:
    """The cases that the bulletin names."""
    return [_named(appeal, scope.as_of, names.places) for appeal in _named_appeals(scope)]


def _named_appeals(scope: Scope) -> Iterable[Any]:
    found: Iterable[Any] = (
        named_cases(scope)
        .annotate(place_code=place_below(scope.region, CASES.path))
        .select_related("enterprise", "lead")
        .defer("description", "reply")
    )
    return found


def _named(appeal: Any, cut_off: datetime, places: dict[str, str]) -> NamedCase:
    return NamedCase(
        number=appeal.number,
        title=appeal.title,
        enterprise=appeal.enterprise.name,
        place=places.get(appeal.place_code, ""),
        lead=appeal.lead.name if appeal.lead else "",
        due_at=appeal.last_due_at.isoformat(),
        days_overdue=(timezone.localdate(cut_off) - timezone.localdate(appeal.last_due_at)).days,
    )
