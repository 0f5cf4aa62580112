"""Counting a bulletin: the rows of the day and of the day before, read once, and the snapshot made from them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Q
from django.utils import timezone

from cadres.masking import masked_phone
from cadres.models import Region
from enterprises.models import Assignment, Contact, Enterprise
from reports import bases
from reports.indicators import (
    CASES,
    ENTERPRISES,
    NEW_APPEALS,
    TIMELINESS,
    Ending,
    Scope,
    Standing,
    Tally,
    cases,
    named_cases,
    place_below,
    ranks,
    tally,
)
from reports.snapshot import SILENT, CaseLine, Line, ListChange, NamedCase, NotResumed, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Row(NamedTuple):
    """One enterprise of the base on one day, as it was counted."""

    enterprise: int
    name: str
    credit_code: str | None
    place: str
    park: int | None
    category: str
    standing: Standing


class CaseRow(NamedTuple):
    """One case of the month, as it was counted."""

    number: str
    place: str
    standing: int
    settled_at: datetime | None
    due_at: datetime


@dataclass(frozen=True)
class Taken:
    """A snapshot with the rows that it was counted from."""

    snapshot: Snapshot
    rows: list[Row]
    cases: list[CaseRow]


def take(region: Region, day: date, *, cut_off: datetime, before: Scope) -> Taken:
    """Count the day as it stood at the cut-off, beside the day `before`. A bounded number of statements.

    The caller provides a transaction that sees one moment.
    """
    scope = Scope.of_month(region, day, cut_off)
    rows, rows_before = _rows(scope), _rows(before)
    names = _names(region, rows)
    places = _ranked(_lines(rows, rows_before, lambda row: row.place, names.places))
    total = _lines(rows, rows_before, lambda row: "", {"": region.name})[0]
    case_lines = _case_lines(scope, before, names)
    snapshot = Snapshot(
        region_code=region.code,
        region_name=region.name,
        region_kind=region.kind,
        day=day.isoformat(),
        cut_off_at=cut_off.isoformat(),
        since=before.as_of.isoformat(),
        total=total,
        places=places,
        parks=_lines(rows, rows_before, lambda row: names.park_codes.get(row.park, ""), names.parks),
        groups=_lines(rows, rows_before, lambda row: row.category, dict(Enterprise.Category.choices), only_used=True),
        changes=_changes(region, day, names.places),
        not_resumed=_not_resumed(rows, names.places, day),
        cases=_sum(region, case_lines),
        case_places=case_lines,
        named=[_named(appeal, cut_off, names.places) for appeal in _named_appeals(scope)],
    )
    return Taken(snapshot, rows, _case_rows(scope, before))


# --- enterprises -----------------------------------------------------------------------------------------------


def _rows(scope: Scope) -> list[Row]:
    found = (
        ENTERPRISES.rows(scope)
        .annotate(place_code=place_below(scope.region, ENTERPRISES.path))
        .order_by("region__path", "enterprise")
        .values_list(
            "enterprise",
            "enterprise__name",
            "enterprise__credit_code",
            "place_code",
            "park",
            "enterprise__category",
            "standing",
        )
    )
    return [Row._make((*values, Standing.of(code))) for *values, code in found]


class _Names(NamedTuple):
    places: dict[str, str]
    parks: dict[str, str]
    park_codes: dict[int | None, str]


def _names(region: Region, rows: list[Row]) -> _Names:
    """What the regions one step below are called, and the parks, in the order of their codes."""
    below = Q(path__startswith=region.path) & (Q(parent=region) | Q(kind=Region.Kind.PARK))
    used = Q(pk__in={row.park for row in rows if row.park}) | Q(code__in={row.place for row in rows})
    found = list(Region.objects.filter(below | used).exclude(pk=region.pk).order_by("code"))
    parks = [one for one in found if one.kind == Region.Kind.PARK]
    places = {one.code: one.name for one in found if one.kind != Region.Kind.PARK and one.parent_id == region.pk}
    places |= {one.code: one.name for one in parks if any(row.place == one.code for row in rows)}
    if any(not row.place for row in rows):
        places[""] = f"{region.name}本级"
    return _Names(places, {one.code: one.name for one in parks}, {one.pk: one.code for one in parks})


def _lines(
    rows: list[Row],
    rows_before: list[Row],
    key: Callable[[Row], str],
    names: dict[str, str],
    *,
    only_used: bool = False,
) -> list[Line]:
    """One line per name, counted from the rows that have its key."""
    now, then = _by(rows, key), _by(rows_before, key)
    lines = [_line(code, name, now[code], then[code]) for code, name in names.items()]
    return [line for line in lines if line.base or line.base_before or not only_used]


def _by(rows: list[Row], key: Callable[[Row], str]) -> defaultdict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _line(code: str, name: str, rows: list[Row], before: list[Row]) -> Line:
    resumed, resumed_before = _resumed(rows), _resumed(before)
    return Line(
        code=code,
        name=name,
        base=len(rows),
        resumed=len(resumed),
        full=sum(row.standing.state == "full" for row in rows),
        reported=sum(row.standing.reported for row in rows),
        carried=sum(row.standing.carried for row in rows),
        silent=sum(row.standing.silent for row in rows),
        base_before=len(before),
        resumed_before=len(resumed_before),
        added=len(resumed - resumed_before) if before else None,
        lost=len(resumed_before - resumed) if before else None,
    )


def _resumed(rows: list[Row]) -> set[int]:
    return {row.enterprise for row in rows if row.standing.resumed}


def _ranked(lines: list[Line]) -> list[Line]:
    """By rate; after them what may not be ranked, in the order of codes."""
    placed = ranks(line.resumption.rate or Fraction(0) for line in lines if line.may_be_ranked)
    found = [
        replace(line, rank=placed[line.resumption.rate or Fraction(0)]) if line.may_be_ranked else line
        for line in lines
    ]
    return sorted(found, key=lambda line: (line.rank is None, line.rank or 0))


def _changes(region: Region, day: date, places: dict[str, str]) -> list[ListChange]:
    step = region.path.count("/")
    return [
        ListChange(
            name=change.entry.enterprise.name,
            credit_code=change.entry.enterprise.credit_code or "",
            place=places.get(change.entry.region.path.split("/")[step], region.name),
            joined=change.joined,
            because=change.because,
        )
        for change in bases.changes(region, day)
    ]


def _not_resumed(rows: list[Row], places: dict[str, str], day: date) -> list[NotResumed]:
    """By name, with whom to ask: those known not to have resumed before those of which nothing is known."""
    idle = sorted((row for row in rows if not row.standing.resumed), key=lambda row: row.standing.silent)
    keys = [row.enterprise for row in idle]
    phones = dict(Contact.objects.main().filter(enterprise__in=keys).values_list("enterprise", "phone"))
    specialists = _specialists(keys, day)
    categories = dict(Enterprise.Category.choices)
    return [
        NotResumed(
            name=row.name,
            credit_code=row.credit_code or "",
            place=places[row.place],
            category=categories[row.category],
            state=SILENT if row.standing.silent else "未复工",
            on="" if row.standing.age is None else (day - timedelta(days=row.standing.age)).isoformat(),
            specialist="、".join(specialists[row.enterprise]),
            phone=masked_phone(phones.get(row.enterprise, "")),
        )
        for row in idle
    ]


def _specialists(enterprises: Iterable[int], day: date) -> defaultdict[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    active = Assignment.objects.active(day).specialists().filter(enterprise__in=enterprises)
    for enterprise, name in active.order_by("pk").values_list("enterprise", "cadre__name"):
        if name not in names[enterprise]:
            names[enterprise].append(name)
    return names


# --- appeals ---------------------------------------------------------------------------------------------------

SETTLED: Final = frozenset({Ending.ON_TIME.value, Ending.LATE.value})
OVERDUE: Final = frozenset({Ending.OVERDUE.value})


def _case_lines(scope: Scope, before: Scope, names: _Names) -> list[CaseLine]:
    """Appeals by region: new and settled since the cut-off before, overdue now, and the month so far."""
    today = replace(scope, since=before.as_of)
    new, recent, month = tally(NEW_APPEALS, today), tally(CASES, today), tally(CASES, scope)
    called = {"": f"{scope.region.name}本级", **names.parks, **names.places}
    used = sorted((new.places | recent.places | month.places) - set(names.places))
    return [_case_line(code, called[code], new, recent, month) for code in (*names.places, *used)]


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


def _sum(region: Region, lines: list[CaseLine]) -> CaseLine:
    counts = ("new", "settled", "overdue", "month_in_time", "month_due")
    return CaseLine("", region.name, **{name: sum(getattr(line, name) for line in lines) for name in counts})


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


def _case_rows(scope: Scope, before: Scope) -> list[CaseRow]:
    """The cases of the month and of the time since the cut-off before, which on the first reaches back further."""
    earliest = replace(scope, since=min(scope.since, before.as_of))
    found = (
        cases(earliest)
        .annotate(place_code=place_below(scope.region, CASES.path))
        .order_by("pk")
        .values_list("number", "place_code", "standing", "last_settled_at", "last_due_at")
    )
    return [CaseRow._make(values) for values in found]
