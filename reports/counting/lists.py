"""The lists of a bulletin: who has not resumed, and what changed on the base list."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from cadres.masking import masked_phone
from enterprises.models import Assignment, Contact, Enterprise
from reports import bases
from reports.snapshot import SILENT, ListChange, NotResumed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cadres.models import Region
    from reports.counting.rows import Row


def changes(region: Region, day: date, places: dict[str, str]) -> list[ListChange]:
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


def not_resumed(rows: list[Row], places: dict[str, str], day: date) -> list[NotResumed]:
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
