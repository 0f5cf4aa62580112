"""The audit: what must hold in the database and on the disk once everything is up again and nothing waits.

Each line counts what it looked at and names what it found wrong. The first part compares with the journal, the rest
needs nothing but the database.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from appeals.models import Appeal, Attachment, Comment, Event, Order
from cadres.audit import chain
from cadres.models import AuditRow, Mail, Message, Outbox
from enterprises.models import Enterprise
from reports.models import Briefing, ImportJob, Ledger
from visits.models import Visit
from workflow.models import RuleChange

if TYPE_CHECKING:
    from benchmarks.chaos.journal import Journal, Request

GRACE: Final = timedelta(minutes=1)  # what fell due within this time may still be on its way


@dataclass
class Line:
    """One thing that was looked at."""

    name: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)

    def expect(self, holds: bool, sentence: str) -> None:
        self.checked += 1
        if not holds:
            self.violations.append(sentence)


def run(journal: Journal, received: Iterable[str] = ()) -> list[Line]:
    """All lines. `received` are the message ids of the mails that the mail server accepted."""
    return [
        everybody_has_an_answer(journal),
        *what_was_acknowledged_is_stored_once(journal),
        every_button_that_was_acknowledged_has_its_event(journal),
        every_copy_of_a_bulletin_is_the_same(journal),
        every_status_has_its_events(),
        nothing_is_doubled(),
        numbers_are_within_their_counters(),
        every_notice_is_delivered(),
        every_mail_has_arrived(received),
        every_job_has_ended(),
        bulletins_are_frozen_once(),
        the_audit_chain_is_whole(),
        nothing_is_orphaned(),
        files_are_whole(),
        indexes_agree_with_their_tables(),
    ]


def everybody_has_an_answer(journal: Journal) -> Line:
    line = Line("every request has an answer in the end")
    for request in journal.requests.values():
        line.expect(not request.is_open, f"nobody learnt what became of {_words(request)}")
    return line


def what_was_acknowledged_is_stored_once(journal: Journal) -> list[Line]:
    """Stored exactly once what was acknowledged, at most once what is not known, never what was refused."""
    lines = []
    for act in sorted({request.act for request in journal.requests.values()} & FINDERS.keys()):
        line = Line(f"acknowledged and stored once: {act}")
        for request in journal.of(act):
            found = FINDERS[act](request)
            if request.is_acknowledged:
                line.expect(found == 1, f"acknowledged and stored {found} times: {_words(request)}")
            elif request.is_refused:
                line.expect(found == 0, f"refused and yet stored: {_words(request)}")
            else:
                line.expect(found <= 1, f"stored {found} times: {_words(request)}")
        lines.append(line)
    return lines


def _words(request: Request) -> str:
    return f"{request.act} of {request.who} ({request.mark}, {[str(one) for one in request.tries]})"


def _visit(request: Request) -> int:
    """Once with exactly the appeals that were raised counts as once, anything else as a number that it can't be."""
    found = Visit.objects.filter(client_id=request.mark)
    titles = sorted(Appeal.objects.filter(title__in=request.facts["titles"]).values_list("title", flat=True))
    told = sorted(found.values_list("appeals__title", flat=True)) if titles else []
    is_whole = titles == told == sorted(request.facts["titles"]) or (not found and not titles)
    return found.count() if is_whole else -1


def _event(request: Request) -> int:
    said = Event.objects.filter(appeal=request.facts["appeal"], step=STEPS.get(request.act, request.act))
    return said.filter(note=request.mark).count()


def _reply(request: Request) -> int:
    replies = Event.objects.filter(appeal=request.facts["appeal"], step="reply")
    return replies.filter(changes__reply__1=request.mark).count()


def _bulk(request: Request) -> int:
    """How often it was done to the case to which it was done most often."""
    step = request.act.removesuffix(" many")
    times = Counter(Event.objects.filter(step=step, note=request.mark).values_list("appeal", flat=True))
    return max(times.values(), default=0)


def _import(request: Request) -> int:
    """All rows of the table or none of them; a job that gave up has written nothing and says why."""
    from benchmarks.chaos.acts import ROWS_IMPORTED

    job = ImportJob.objects.get(pk=_key(request.facts["job"]))
    rows = Enterprise.objects.filter(name__startswith=request.mark).count()
    if job.state == ImportJob.State.FAILED:
        return 1 if rows == 0 and job.message else -1
    return int(rows == ROWS_IMPORTED) if rows else 0


def _stated(request: Request, holds: Callable[[Briefing], Any]) -> int:
    return sum(bool(holds(issue)) for issue in Briefing.objects.filter(pk=request.mark))


def _key(address: str) -> int:
    return int(address.strip("/").split("/")[-1])


Key = tuple[int, str, str]
BUTTONS: Final = ("sign", "approve")
STEPS: Final = {"link confirm": "confirm"}
FINDERS: Final[dict[str, Callable[[Request], int]]] = {
    "visit": _visit,
    "appeal": lambda request: Appeal.objects.filter(client_id=request.mark).count(),
    "comment": lambda request: Comment.objects.filter(text=request.mark).count(),
    **dict.fromkeys(("assign", "progress", "confirm", "close", "urge", "link confirm"), _event),
    "reply": _reply,
    "urge many": _bulk,
    "reassign many": _bulk,
    "order": lambda request: Order.objects.filter(client_id=request.mark).count(),
    "order answer": lambda request: Order.objects.filter(pk=request.facts["order"], reply=request.mark).count(),
    "order accept": lambda request: Event.objects.filter(step="order_accept", note__contains=request.mark).count(),
    "upload": lambda request: min(1, ImportJob.objects.filter(filename=f"{request.mark}.csv").count()),
    "import": _import,
    "sign bulletin": lambda request: _stated(request, lambda issue: issue.is_signed),
    "issue bulletin": lambda request: _stated(request, lambda issue: hasattr(issue, "dispatch")),
    "correction": lambda request: Briefing.objects.filter(correction=request.mark).count(),
}


def every_button_that_was_acknowledged_has_its_event(journal: Journal) -> Line:
    """What leaves no mark is counted: of a case and a person as many events as acknowledgements, or a few more."""
    line = Line("acknowledged and stored: steps without words, edits of the ladder")
    known, unknown = Counter[Key](), Counter[Key]()
    for request in journal.of(*BUTTONS, "edit ladder"):
        key = (request.facts.get("appeal", 0), request.act, request.who)
        known[key] += request.is_acknowledged
        unknown[key] += not request.is_acknowledged and not request.is_refused
    stored: Counter[Key] = Counter(
        Event.objects.filter(step__in=BUTTONS).values_list("appeal", "step", "cadre__username")
    )
    stored.update((0, "edit ladder", who) for who in RuleChange.objects.values_list("cadre__username", flat=True))
    for key in known:
        holds = known[key] <= stored[key] <= known[key] + unknown[key]
        line.expect(holds, f"{key}: acknowledged {known[key]}, unknown {unknown[key]}, stored {stored[key]}")
    return line


def every_copy_of_a_bulletin_is_the_same(journal: Journal) -> Line:
    """A signed bulletin that somebody took away is the one that is kept, byte for byte."""
    line = Line("every copy of a signed bulletin is the one that is kept")
    kept = {
        str(pk): hashlib.sha256(bytes(workbook)).hexdigest()
        for pk, workbook in Briefing.objects.values_list("pk", "workbook")
        if workbook is not None
    }
    for request in journal.of("copy of bulletin"):
        line.expect(kept.get(request.mark) == request.facts["sha256"], f"bulletin {request.mark} has changed since")
    return line


def every_status_has_its_events() -> Line:
    """From the beginning to the status that it has now, each event begins where the last one ended."""
    line = Line("every status has its events, without a gap")
    last: dict[int, str] = {}
    for appeal, step, before, after in Event.objects.order_by("pk").values_list("appeal", "step", "before", "after"):
        expected = last.get(appeal, "draft")
        line.expect(before == expected, f"appeal {appeal}: {step} begins at {before} instead of {expected}")
        last[appeal] = after
    for pk, status in Appeal.objects.values_list("pk", "status"):
        told = last.get(pk, "draft")
        line.expect(told == status, f"appeal {pk} is {status}, and its last event says {told}")
    return line


# What exists once: table, and the columns that tell one from another. The database promises it by constraints.
ONCE: Final = (
    ("appeals_escalation", "appeal_id, trigger, round, level, occurrence, subject"),
    ("appeals_round", "appeal_id, number"),
    ("appeals_appeal", "number"),
    ("appeals_appeal", "enterprise_id, registered_by_id, client_id"),
    ("appeals_order", "number"),
    ("appeals_order", "escalation_id"),
    ("appeals_comment", "cadre_id, client_id"),
    ("visits_visit", "client_id"),
    ("visits_visit", "number"),
    ("cadres_outbox", "key"),
    ("cadres_message", "outbox_id, recipient_id"),
    ("cadres_auditrow", "number"),
    ("enterprises_enterprise", "credit_code"),
    ("enterprises_operatingstatus", "enterprise_id, day"),
    ("reports_briefing", "region_id, day, version"),
    ("reports_briefing", "region_id, number, version"),
    ("reports_dispatch", "briefing_id"),
    ("reports_receipt", "briefing_id, cadre_id"),
)


def nothing_is_doubled() -> Line:
    line = Line("no rung, notice, number or sending is there twice")
    for table, columns in ONCE:
        known = " AND ".join(f"{column.strip()} IS NOT NULL" for column in columns.split(","))
        rows = _ask(f"SELECT {columns}, count(*) FROM {table} WHERE {known} GROUP BY {columns}")
        for *key, times in rows:
            line.expect(times == 1, f"{table} ({columns}) = {tuple(key)} is there {times} times")
    return line


def numbers_are_within_their_counters() -> Line:
    """A number that its counter has not reached would be given out again."""
    line = Line("no running number is ahead of its counter")
    counters = dict(_ask("SELECT series, value FROM workflow_counter"))
    for model, digits in ((Appeal, 4), (Visit, 4), (Order, 4)):
        for number in filter(None, model.objects.values_list("number", flat=True)):
            series, running = number[:-digits], number[-digits:]
            known = counters.get(series)
            line.expect(known is not None and int(running) <= known, f"{number} with its counter at {known}")
    return line


def every_notice_is_delivered() -> Line:
    line = Line("every notice is delivered, and every sweep is done")
    for row in Outbox.objects.filter(delivered_at=None):
        line.expect(False, f"notice {row.key} waits since {row.created_at}")
    for appeal in Appeal.objects.filter(escalates_at__lt=timezone.now() - GRACE):
        line.expect(False, f"appeal {appeal.pk} waits for the ladder since {appeal.escalates_at}")
    line.checked += Outbox.objects.exclude(delivered_at=None).count() + Appeal.objects.count()
    return line


def every_mail_has_arrived(received: Iterable[str]) -> Line:
    """At least once. Twice is told by the report: a sender that dies before it notes a mail sends it again."""
    line = Line("every mail has arrived")
    arrived = Counter(_mail_key(one) for one in received)
    for message in Message.objects.to_be_mailed(timezone.now() - GRACE):
        line.expect(False, f"message {message.pk} is in no mail")
    for mail in Mail.objects.all():
        line.expect(mail.state == Mail.State.SENT, f"mail {mail.pk} is {mail.state}: {mail.failure}")
        if mail.state == Mail.State.SENT:
            line.expect(bool(arrived[mail.pk]), f"mail {mail.pk} counts as sent and has not arrived")
    return line


def _mail_key(message_id: str) -> int:
    """<mail-PK-MOMENT@HOST>"""
    return int(message_id.split("-")[1])


def every_job_has_ended() -> Line:
    line = Line("every job has finished, or failed with a reason")
    for ledger in Ledger.objects.all():
        line.expect(ledger.state != Ledger.State.WAITING, f"ledger {ledger.pk} is still being made")
        line.expect(ledger.state != Ledger.State.FAILED or bool(ledger.message), f"ledger {ledger.pk}: no reason")
    for job in ImportJob.objects.defer("preview"):
        line.expect(not job.is_waiting, f"import {job.pk} is still {job.state}")
        line.expect(job.state != ImportJob.State.FAILED or bool(job.message), f"import {job.pk}: no reason")
    for change in RuleChange.objects.all():
        line.expect(change.done_at is not None, f"rule change {change.pk} has not reached the open cases")
    return line


def bulletins_are_frozen_once() -> Line:
    line = Line("every bulletin fits its evidence, and a correction follows a signed one")
    for issue in Briefing.objects.select_related("corrects"):
        digest = hashlib.sha256(bytes(issue.evidence)).hexdigest()
        line.expect(digest == issue.evidence_sha256, f"bulletin {issue.pk} does not fit its evidence")
        follows = issue.corrects
        line.expect(follows is None or follows.is_signed, f"bulletin {issue.pk} corrects one that is not signed")
    return line


def the_audit_chain_is_whole() -> Line:
    line = Line("the audit chain is whole and sealed to its end")
    try:
        line.checked = chain.walk().rows
    except chain.BrokenError as broken:
        line.expect(False, str(broken))
    unsealed = AuditRow.objects.unsealed().filter(at__lt=timezone.now() - GRACE).count()
    line.expect(not unsealed, f"{unsealed} rows wait for their seal")
    return line


def nothing_is_orphaned() -> Line:
    """Every key leads to a row. The database promises it; a broken index or page would break the promise."""
    line = Line("no row is orphaned")
    keys = _ask(
        "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname, c.convalidated"
        " FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        " JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1] WHERE c.contype = 'f'"
    )
    for table, column, parent, key, is_valid in keys:
        line.expect(is_valid, f"the key {table}.{column} is not checked")
        [(lost,)] = _ask(
            f"SELECT count(*) FROM {table} t WHERE t.{column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {parent} p WHERE p.{key} = t.{column})"
        )
        line.expect(not lost, f"{lost} rows of {table}.{column} lead nowhere")
    return line


def files_are_whole() -> Line:
    """Every file that a row names is there, with the content that the row says."""
    line = Line("every file that a row names is there and whole")
    rows: list[tuple[str, str]] = [
        *Attachment.objects.values_list("file", "sha256"),
        *ImportJob.objects.exclude(file="").values_list("file", "sha256"),
        *Ledger.objects.filter(state=Ledger.State.DONE).values_list("file", "sha256"),
    ]
    for name, sha256 in rows:
        path = Path(settings.MEDIA_ROOT) / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
        line.expect(digest == sha256, f"{name} is {digest[:12]} instead of {sha256[:12]}")
    return line


def indexes_agree_with_their_tables() -> Line:
    """What PostgreSQL itself finds wrong, with every row of a table looked for in its indexes (amcheck)."""
    line = Line("every B-tree index agrees with its table")
    if not _ask("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'"):
        return line
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
    indexes = _ask(
        "SELECT c.oid, c.relname FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
        " WHERE m.amname = 'btree' AND c.relnamespace = 'public'::regnamespace AND i.indisvalid"
    )
    for oid, name in indexes:
        try:
            _ask("SELECT bt_index_check(%s::regclass, true)", oid)
        except Exception as error:  # noqa: BLE001 -- whatever PostgreSQL finds wrong
            line.expect(False, f"{name}: {error}")
        else:
            line.expect(True, "")
    return line


def mails_sent_twice(received: Iterable[str]) -> int:
    return sum(times - 1 for times in Counter(received).values())


def _ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall())
