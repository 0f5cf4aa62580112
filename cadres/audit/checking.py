"""Checking the chain: every day, and whenever the audit administrator asks. A break is told to them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.urls import reverse

from cadres import audience
from cadres.audit import chain
from cadres.models import AuditCheck, AuditRow, Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from datetime import datetime

EVERY: Final = timedelta(days=1)
SERIOUS: Final = 2  # the level from which on a notice goes out by e-mail at once


def ask(now: datetime, by: Cadre | None = None) -> AuditCheck:
    """A check to be made: a new one, or the one that this person is waiting for already."""
    found, _ = AuditCheck.objects.get_or_create(asked_by=by, finished_at=None, defaults={"asked_at": now})
    return found


def ask_daily(now: datetime) -> None:
    """Ask in the system's name where it did not ask within a day."""
    if not AuditCheck.objects.filter(asked_by=None, asked_at__gt=now - EVERY).exists():
        ask(now)


def run_waiting(now: datetime) -> None:
    """Make the checks that were asked for; one that a worker let fall is made by the next."""
    for pk in AuditCheck.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = AuditCheck.objects.select_for_update(skip_locked=True).filter(pk=pk, finished_at=None).first()
            if row is not None:
                _make(row, now)


def _make(row: AuditCheck, now: datetime) -> None:
    row.unsealed = AuditRow.objects.unsealed().count()
    try:
        walked = chain.walk()
    except chain.BrokenError as broken:
        row.problem = str(broken)
        _tell(row, now)
    else:
        row.rows, (row.number, row.digest) = walked.rows, walked.head
    row.finished_at = now
    row.save()


def _tell(row: AuditCheck, now: datetime) -> None:
    from cadres.notices import tell  # which hints at the tasks, and these begin here

    tell(
        f"audit-broken-{row.pk}",
        [audience.cadre(pk) for pk in Cadre.objects.holding(Role.AUDITADMIN).values_list("pk", flat=True)],
        "审计记录链条断裂",
        now=now,
        body=row.problem,
        url=reverse("cadres:audit_chain"),
        level=SERIOUS,
    )
