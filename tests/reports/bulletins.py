"""Bulletins for tests that need no transaction of their own: counted in the test's."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from cadres.models import Cadre, Region
from reports import bases, briefing
from reports.models import Briefing
from reports.snapshot import Line, Snapshot
from tests.reports.karamay import DAY, at

SET_TIME: Final = at(17)
SIGNED_AT: Final = at(17, 20)


def draft(region: Region, day: date = DAY, now: datetime = SET_TIME) -> Briefing:
    """As briefing.freeze() makes it, from the rows as this transaction sees them."""
    city = Region.objects.get(code=region.path.partition("/")[0])
    bases.keep_for(city, day, now=now)
    return briefing.store(briefing.count(region, day, now=now), now=now)


def sign(issue: Briefing, by: Cadre, now: datetime = SIGNED_AT) -> Briefing:
    return briefing.sign(issue, seen_at=issue.made_at, now=now, by=by)


def of(issue: Briefing) -> Snapshot:
    issue.refresh_from_db()
    return Snapshot.from_json(issue.figures)


def line(lines: list[Line], name: str) -> Line:
    return next(one for one in lines if one.name == name)
