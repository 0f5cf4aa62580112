"""The audit of a run with faults finds what it is there for: each kind of damage is named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from appeals.models import Appeal, Event
from appeals.workflow import Status
from benchmarks.chaos import audit
from benchmarks.chaos.audit import Line
from benchmarks.chaos.journal import Journal, Outcome
from cadres.audit import chain
from cadres.models import AuditRow, Mail, Outbox
from reports.models import Ledger
from tests import factories
from tests.appeals.people import People
from tests.visits.sending import Team, raised

pytestmark = pytest.mark.django_db

STORED, REFUSED, LOST = Outcome.STORED, Outcome.REFUSED, Outcome.LOST


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def tell(journal: Journal, act: str, mark: str, *tries: Outcome, **facts: object) -> None:
    request = journal.begin(act, "specialist", mark, **facts)
    for outcome in tries:
        journal.end(request, outcome, 302)


def violations(lines: list[Line] | Line) -> list[str]:
    found = lines if isinstance(lines, list) else [lines]
    return [sentence for line in found for sentence in line.violations]


def execute(statement: str, *values: object) -> None:
    """Past every trigger and constraint, as only damage comes; what is not checked yet is checked before."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values or None)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def visited(journal: Journal) -> Team:
    """A visit with an appeal that was acknowledged, sent twice because the first answer was lost."""
    team, client_id = Team(), uuid4()
    for _ in range(2):
        assert team.send(raised("冷库用电"), client_id=client_id).status_code == 302
    tell(journal, "visit", str(client_id), LOST, STORED, titles=["冷库用电"])
    return team


def test_an_unhurt_state_has_no_violation(journal, visited) -> None:
    People().at(Status.CLOSED)
    chain.seal_waiting()
    Outbox.objects.update(delivered_at=timezone.now())
    Appeal.objects.exclude(escalates_at=None).update(escalates_at=timezone.now())
    lines = audit.run(journal)
    assert violations(lines) == []
    assert {line.name: line.checked for line in lines}["acknowledged and stored once: visit"] == 1


def test_a_lost_visit_is_named(journal, visited) -> None:
    client_id = str(uuid4())
    tell(journal, "visit", client_id, STORED, titles=[])
    [sentence] = violations(audit.what_was_acknowledged_is_stored_once(journal))
    assert sentence.startswith("acknowledged and stored 0 times: visit of specialist")
    assert client_id in sentence


def test_a_visit_that_lost_its_appeal_is_named(journal, visited) -> None:
    execute("DELETE FROM visits_visit_appeals")
    execute("DELETE FROM appeals_appeal")
    assert "acknowledged and stored -1 times" in violations(audit.what_was_acknowledged_is_stored_once(journal))[0]


def test_what_was_refused_and_is_there_is_named(journal) -> None:
    people = People()
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "progress", "handler", note="记号一")
    tell(journal, "progress", "记号一", REFUSED, appeal=appeal.pk)
    [sentence] = violations(audit.what_was_acknowledged_is_stored_once(journal))
    assert sentence.startswith("refused and yet stored: progress")


def test_a_step_that_was_refused_after_a_lost_answer_may_be_there_once(journal) -> None:
    """The first sending was stored, and the second told that the case had moved on."""
    people = People()
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "progress", "handler", note="记号一")
    tell(journal, "progress", "记号一", LOST, REFUSED, appeal=appeal.pk)
    assert violations(audit.what_was_acknowledged_is_stored_once(journal)) == []


def test_a_step_without_words_that_left_no_event_is_named(journal) -> None:
    appeal = People().at(Status.ASSIGNED)
    tell(journal, "sign", "", STORED, appeal=appeal.pk)
    [sentence] = violations(audit.every_button_that_was_acknowledged_has_its_event(journal))
    assert sentence == f"({appeal.pk}, 'sign', 'specialist'): acknowledged 1, unknown 0, stored 0"


def test_a_request_without_any_answer_is_named(journal) -> None:
    tell(journal, "appeal", "某编号", LOST)
    assert violations(audit.everybody_has_an_answer(journal)) == [
        "nobody learnt what became of appeal of specialist (某编号, ['lost'])"
    ]


def test_a_deleted_event_is_named() -> None:
    appeal = People().at(Status.HANDLING)
    assert violations(audit.every_status_has_its_events()) == []
    sign = Event.objects.get(appeal=appeal, step="sign")
    execute("DELETE FROM appeals_event WHERE id = %s", sign.pk)
    assert violations(audit.every_status_has_its_events()) == [
        f"appeal {appeal.pk} is handling, and its last event says assigned"
    ]


def test_an_event_missing_in_the_middle_is_named() -> None:
    appeal = People().at(Status.REVIEWING)
    execute("DELETE FROM appeals_event WHERE step = 'sign'")
    assert violations(audit.every_status_has_its_events()) == [
        f"appeal {appeal.pk}: reply begins at handling instead of assigned"
    ]


def double_a_rung() -> None:
    appeal = People().at(Status.HANDLING)
    execute("ALTER TABLE appeals_escalation DROP CONSTRAINT escalation_exactly_once")
    for _ in range(2):
        execute(
            "INSERT INTO appeals_escalation"
            " (appeal_id, trigger, round, level, occurrence, subject, due_at, at, listed, notified)"
            " VALUES (%s, 'overdue', 1, 2, 0, 0, now(), now(), false, true)",
            appeal.pk,
        )


def double_a_message() -> None:
    cadre = factories.cadre()
    execute("ALTER TABLE cadres_message DROP CONSTRAINT message_once_per_recipient")
    row = Outbox.objects.create(key="a", subject="通知", created_at=timezone.now())
    for _ in range(2):
        execute(
            "INSERT INTO cadres_message (outbox_id, recipient_id, at, in_digest) VALUES (%s, %s, now(), false)",
            row.pk,
            cadre.pk,
        )


@pytest.mark.parametrize(
    ("damage", "table"), [(double_a_rung, "appeals_escalation"), (double_a_message, "cadres_message")]
)
def test_what_is_there_twice_is_named(damage: Callable[[], None], table: str) -> None:
    damage()
    [sentence] = violations(audit.nothing_is_doubled())
    assert sentence.startswith(f"{table} (")
    assert sentence.endswith("is there 2 times")


def test_a_counter_that_was_set_back_is_named(visited) -> None:
    execute("UPDATE workflow_counter SET value = 0 WHERE series LIKE 'ZF%%'")
    [sentence] = violations(audit.numbers_are_within_their_counters())
    assert sentence.startswith("ZF")
    assert sentence.endswith("with its counter at 0")


def test_a_mail_that_counts_as_sent_and_did_not_arrive_is_named() -> None:
    now, cadre = timezone.now(), factories.cadre()
    mail = Mail.objects.create(recipient=cadre, kind="notice", state="sent", made_at=now, due_at=now, sent_at=now)
    assert violations(audit.every_mail_has_arrived([f"<mail-{mail.pk}-17@example.gov.cn>"])) == []
    assert violations(audit.every_mail_has_arrived([])) == [f"mail {mail.pk} counts as sent and has not arrived"]


def test_a_job_that_hangs_is_named() -> None:
    ledger = Ledger.objects.create(kind="appeals", asked_by=factories.cadre(), asked_at=timezone.now())
    assert violations(audit.every_job_has_ended()) == [f"ledger {ledger.pk} is still being made"]


def test_a_broken_audit_chain_is_named(client) -> None:
    for _ in range(3):
        AuditRow.objects.create(at=timezone.now(), action="sign_in", username="office")
    chain.seal_waiting()
    assert violations(audit.the_audit_chain_is_whole()) == []
    execute("UPDATE cadres_auditrow SET username = 'nobody' WHERE number = 2")
    assert "2" in violations(audit.the_audit_chain_is_whole())[0]


def test_an_orphan_is_named(visited) -> None:
    execute("DELETE FROM visits_visit")
    assert "1 rows of visits_visit_appeals.visit_id lead nowhere" in violations(audit.nothing_is_orphaned())


def test_a_file_that_is_gone_is_named(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, now = tmp_path, timezone.now()
    (tmp_path / "a.xlsx").write_bytes(b"a ledger")
    made = {"sha256": hashlib.sha256(b"a ledger").hexdigest(), "expires_at": now, "state": "done", "file": "a.xlsx"}
    Ledger.objects.create(kind="appeals", asked_by=factories.cadre(), asked_at=now, **made)
    assert violations(audit.files_are_whole()) == []
    (tmp_path / "a.xlsx").unlink()
    [sentence] = violations(audit.files_are_whole())
    assert sentence.startswith("a.xlsx is missing instead of ")
