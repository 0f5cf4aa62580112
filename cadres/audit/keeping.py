"""Keeping the audit log: rows that have served their time leave the chain at its beginning, and the log says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from cadres.audit import chain
from cadres.audit.writing import Action, record
from cadres.models import AuditCut, AuditKeeping, AuditRow

if TYPE_CHECKING:
    from datetime import datetime


def clear_expired(now: datetime) -> int:
    """Take away the sealed rows that are older than the log is kept; says how many. The newest seal always stays.

    Rows stand in the order of their sealing, which may differ a little from that of their time: only what lies before
    the first row that must stay is taken away.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [chain.CUTTING])
        if not cursor.fetchone()[0]:
            return 0
        last = _last_expired(now)
        if last is None:
            return 0
        gone = AuditRow.objects.sealed().filter(number__lte=last.number)
        rows, _ = gone.order_by().delete()
        AuditCut.objects.create(number=last.number, digest=last.digest, rows=rows, at=now)
        record(
            Action.CLEARED,
            cadre=None,
            subject=f"清理至第 {last.number} 条",
            detail={"number": last.number, "digest": last.digest, "rows": rows},
        )
    return rows


def _last_expired(now: datetime) -> chain.Seal | None:
    """The last sealed row that may go, if there is any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s - make_interval(months => %s)", [now, AuditKeeping.current().months])
        (oldest_kept,) = cursor.fetchone()
    sealed = AuditRow.objects.sealed()
    first_kept = sealed.filter(at__gte=oldest_kept).values_list("number", flat=True).first() or chain.head().number
    row = sealed.filter(number__lt=first_kept).last()
    return chain.Seal.of(row) if row else None
