"""The lists of a bulletin: who has not resumed, and what changed on the base list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cadres.masking import masked_phone
from enterprises.models import Enterprise
from reports import bases
from reports.snapshot import SILENT, ListChange, NotResumed

if TYPE_CHECKING:
    from datetime import date

    from cadres.models import Region
    from reports.counting.rows import Idle


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


def not_resumed(idle: list[Idle], places: dict[str, str], day: date) -> list[NotResumed]:
    """By name, with whom to ask: those known not to have resumed before those of which nothing is known."""
    categories = dict(Enterprise.Category.choices)
    return [
        NotResumed(
            name=one.name,
            credit_code=one.credit_code or "",
            place=places[one.place],
            category=categories[one.category],
            state=SILENT if one.standing.silent else "未复工",
            on="" if one.standing.age is None else (day - timedelta(days=one.standing.age)).isoformat(),
            specialist="、".join(one.specialists),
            phone=masked_phone(one.phone),
        )
        for one in idle
    ]
