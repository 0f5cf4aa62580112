"""Yesterday's bulletin of the whole city, beside the sum of its own statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from benchmarks.measuring import taken_back, watched
from benchmarks.results import Finding
from cadres.models import Region
from reports import briefing

RATIO: Final = 2.0
SECONDS: Final = 10.0


def measure(runs: int = 3) -> list[Finding]:
    """The best of some: the first finds nothing in memory."""
    city = Region.objects.get(kind=Region.Kind.CITY)
    now = timezone.now()
    found = []
    for _ in range(runs):
        with watched() as made:
            reading = briefing.read(city, timezone.localdate(now) - timedelta(days=1), now=now)
            with taken_back():
                briefing.store(reading, now=now, by=None)
        found.append(made)
    best = min(found, key=lambda one: one.seconds)
    ratio = best.seconds / best.statements.seconds
    return [
        Finding(
            "bulletin of the city",
            best.seconds * 1000,
            max(one.seconds for one in found) * 1000,
            best.statements.count,
            best.statements.seconds * 1000,
            ratio=ratio,
            reach=f"≤ {RATIO:.0f} × its statements, ≤ {SECONDS:.0f} s",
            met=ratio <= RATIO and best.seconds <= SECONDS,
        )
    ]
