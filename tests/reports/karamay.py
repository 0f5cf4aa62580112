"""Karamay as it is: one city, four districts, nineteen towns, with a functional park beside the districts."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from cadres.models import Region
from enterprises.models import Enterprise, OperatingStatus
from reports.models import BaseEntry, BaseList
from tests import factories
from workflow.worktime import BEIJING

REGIONS: Final = Path(__file__).parents[1] / "data" / "regions_karamay.csv"
DAY: Final = date(2026, 11, 18)  # a Wednesday
CITY, DUSHANZI, KARAMAY, BAIJIANTAN, WUERHE = (f"65020{number}000000" for number in (0, 2, 3, 4, 5))
TIANSHAN = "650203001000"


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=BEIJING)


def regions() -> dict[str, Region]:
    """Every region by its code."""
    found: dict[str, Region] = {}
    with REGIONS.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            parent = found.get(row["parent_code"])
            found[row["code"]] = Region.objects.create(
                code=row["code"], name=row["name"], kind=row["kind"], parent=parent
            )
    return found


def park(city: Region, name: str = "石油化工园区", number: int = 91) -> Region:
    code = f"{city.code[:4]}{number:02d}000000"
    return Region.objects.create(code=code, name=name, kind=Region.Kind.PARK, parent=city)


def freeze(city: Region, *enterprises: Enterprise, first: date | None = None, last: date | None = None) -> BaseList:
    """A list of exactly these enterprises, by default for November."""
    first, last = first or DAY.replace(day=1), last or DAY.replace(day=30)
    base = BaseList.objects.create(region=city, starts_on=first, ends_on=last, frozen_at=at(0, day=first))
    for enterprise in enterprises:
        BaseEntry.objects.create(
            base=base, enterprise=enterprise, region=enterprise.region, park=enterprise.park, joined_on=first
        )
    return base


def enterprises(region: Region, *states: str | None, day: date = DAY) -> list[Enterprise]:
    """One enterprise for each state that is reported of the day; None reports nothing."""
    found = [factories.EnterpriseFactory.create(region=region) for _ in states]
    for one, state in zip(found, states, strict=True):
        if state is not None:
            factories.status(one, day, state)
    return found


def report(one: Enterprise, state: str, reported_at: datetime) -> None:
    """Report the day again, or for the first time."""
    OperatingStatus.objects.update_or_create(
        enterprise=one, day=DAY, defaults={"state": state, "source": "office", "reported_at": reported_at}
    )
