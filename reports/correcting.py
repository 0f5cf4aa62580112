"""Correcting a signed bulletin: a further version, counted as it is known now, beside which the old one stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from cadres.models import Region
from reports import briefing
from reports.models import Briefing

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre


def correct(issue: Briefing, *, what: str, asked_by: str, approved_by: Cadre, now: datetime, by: Cadre) -> Briefing:
    """Draw up a correction of the last version, to be signed as any draft. NOT inside a transaction: see read().

    Raises SigningError where it is not signed, or where a later version exists already.
    """
    reading = briefing.read(issue.region, issue.day, now=now, is_correction=True)
    with transaction.atomic():
        Region.objects.select_for_update(no_key=True).get(pk=issue.region_id)
        last = briefing.latest(issue.region, issue.day)
        if last is None or not last.is_signed:
            raise briefing.SigningError("最近一版还没有签发，直接重新取数即可，不用更正。")
        if last.pk != issue.pk:
            raise briefing.SigningError(f"{last}是最近一版，请在那一版上更正。")
        return Briefing.objects.create(
            region=last.region,
            day=last.day,
            number=last.number,
            version=last.version + 1,
            made_at=now,
            made_by=by,
            corrects=last,
            correction=what,
            correction_asked_by=asked_by,
            correction_approved_by=approved_by,
            **reading.columns,
        )
