"""The ladder over tens of thousands of overdue appeals at once, beside the bare SQL that would write the same rows."""

from __future__ import annotations

from typing import Final

from django.db import connection

from appeals import escalation
from appeals.models import Appeal
from benchmarks.measuring import clear_away, seconds_of, taken_back, watched
from benchmarks.results import Finding

OVERDUE: Final = 30_000
SECONDS: Final = 4.0
STATEMENTS: Final = 8
FLOOR: Final = """
    WITH due AS (
        SELECT id, round, level, escalates_at FROM appeals_appeal
        WHERE id = ANY(%(keys)s) FOR NO KEY UPDATE SKIP LOCKED
    ), told AS (
        INSERT INTO appeals_escalation
            (appeal_id, trigger, round, level, occurrence, subject, due_at, at, listed, notified)
        SELECT id, 'overdue_long', round, 4, 30000, 0, escalates_at, %(at)s, false, true FROM due
    )
    UPDATE appeals_appeal SET level = 4, escalates_at = %(at)s + interval '1 day'
    FROM due WHERE due.id = appeals_appeal.id
"""


def measure(overdue: int = OVERDUE) -> list[Finding]:
    """The appeals whose turn comes first are taken as of the moment at which the last of them is due."""
    due = Appeal.objects.exclude(escalates_at=None).order_by("escalates_at")
    at = [instant for instant in due.values_list("escalates_at", flat=True)[:overdue] if instant][-1]
    keys = list(due.filter(escalates_at__lte=at).values_list("pk", flat=True))
    clear_away()
    with watched() as floor, taken_back(), connection.cursor() as cursor:
        cursor.execute(FLOOR, {"keys": keys, "at": at})
    clear_away()
    with taken_back():
        with watched() as sweep:
            swept = escalation.apply_ladder(at)
        again = seconds_of(lambda: escalation.apply_ladder(at))
    clear_away()
    batches = -(-len(keys) // escalation.BATCH)
    per_batch = sweep.statements.count / max(batches, 1)
    allowed = SECONDS * len(keys) / OVERDUE
    return [
        Finding("bare SQL that writes as many rows", floor.seconds * 1000, sql=floor.statements.seconds * 1000),
        Finding(
            f"sweep of {swept.appeals:,} due appeals: {swept.rungs:,} rungs, {swept.orders:,} orders drawn up",
            sweep.seconds * 1000,
            statements=per_batch,
            sql=sweep.statements.seconds * 1000,
            ratio=sweep.seconds / floor.seconds,
            reach=f"≤ {allowed:.1f} s, ≤ {STATEMENTS} statements a batch of {escalation.BATCH}",
            met=sweep.seconds <= allowed and per_batch <= STATEMENTS,
        ),
        Finding("sweep that finds nothing due", again * 1000),
    ]
