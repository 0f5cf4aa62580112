"""After the last fault: what waits is worked off within a bounded time, then the audit."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.utils import timezone

from appeals.models import Appeal
from benchmarks.chaos import audit
from benchmarks.chaos.audit import Line
from cadres import mail
from cadres.models import AuditRow, Mail, Message, Outbox
from reports.models import ImportJob, Ledger
from workflow.models import RuleChange

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from benchmarks.chaos.journal import Journal
    from benchmarks.chaos.load import Person
    from benchmarks.chaos.stage import Stage
    from config.local.programs import Program

DRAIN_SECONDS: Final = 180
WORK_SECONDS: Final = 90
LOOK_EVERY_SECONDS: Final = 1


def look(stage: Stage, journal: Journal, people: list[Person], *, hangs: list[str], stuck: list[str]) -> list[Line]:
    """All the lines of the audit: of the run, of what had to be worked off, of what is stored."""
    ready = Line("the product recovers from every fault", 1, list(hangs))
    ready.expect(stage.wait_until_ready(), "the product was not ready again after the last fault")
    alone = Line("nobody waits for ever", len(people), [f"{username} still waits for an answer" for username in stuck])
    alone.violations += [f"{person.username}: {sentence}" for person in people for sentence in person.trouble]
    if ready.violations:
        return [ready, alone]
    drained = _drained()
    return [ready, alone, _ends(stage), _working(stage), drained, *audit.run(journal, stage.mail.message_ids)]


def _ends(stage: Stage) -> Line:
    line = Line("no process ends because another one did", len(stage.ended))
    line.violations = [f"{end.name} ended of itself ({end.code})" for end in stage.ended if not end.by_fault]
    return line


def _working(stage: Stage) -> Line:
    """A worker that is up and deaf would not be missed while another one does its work."""
    line = Line(f"every worker finishes a task within {WORK_SECONDS} s")
    done = {program: _tasks_done(program) for program in stage.programs if program.name.startswith("worker")}
    give_up_at = time.monotonic() + WORK_SECONDS
    while idle := [program.name for program, before in done.items() if _tasks_done(program) == before]:
        if time.monotonic() > give_up_at:
            break
        time.sleep(LOOK_EVERY_SECONDS)
    line.checked = len(done)
    line.violations = [f"{name} takes up nothing any more" for name in idle]
    return line


def _tasks_done(program: Program) -> int:
    return program.log.read_text(errors="replace").count(" succeeded in ")


def _drained() -> Line:
    """What lies about is worked off by the product; for what waits for its next try, time is moved on."""
    line = Line(f"what waits is worked off within {DRAIN_SECONDS} s")
    give_up_at = time.monotonic() + DRAIN_SECONDS
    while waiting := _waiting():
        if time.monotonic() > give_up_at:
            break
        time.sleep(LOOK_EVERY_SECONDS)
    line.checked += len(_WAITING)
    line.violations = [f"{count} {what}" for what, count in waiting.items()]
    _send_what_waits(give_up_at)
    for pid, query in _left_open():
        line.expect(False, f"backend {pid} has left a transaction open: {query}")
    return line


def _send_what_waits(give_up_at: float) -> None:
    """Mails that wait for their next try, or for their sender to be given up, as of tomorrow.

    One sender works at a time: while one of the product's is at it, ours has to ask again.
    """

    def tomorrow() -> datetime:
        return timezone.now() + timedelta(days=1)

    while Mail.objects.due(tomorrow()).exists() and time.monotonic() < give_up_at:
        mail.send_due(tomorrow)
        time.sleep(LOOK_EVERY_SECONDS)


_WAITING: Final[dict[str, Callable[[datetime], QuerySet[Any]]]] = {
    "notices to deliver": lambda now: Outbox.objects.filter(delivered_at=None),
    "messages to be mailed": Message.objects.to_be_mailed,
    "mails to be sent now": Mail.objects.due,
    "ledgers to be made": lambda now: Ledger.objects.waiting(),
    "imports to be checked or written": lambda now: ImportJob.objects.waiting(),
    "appeals that the ladder has not looked at": Appeal.objects.due_for_escalation,
    "edits that open cases have not followed": lambda now: RuleChange.objects.filter(done_at=None),
    "audit rows without a seal": lambda now: AuditRow.objects.unsealed(),
}


def _waiting() -> dict[str, int]:
    now = timezone.now()
    counts = {what: query(now).count() for what, query in _WAITING.items()}
    return {what: count for what, count in counts.items() if count}


def _left_open() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'"
            " AND state_change < now() - interval '10 seconds'"
        )
        return list(cursor.fetchall())
