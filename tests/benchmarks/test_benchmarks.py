"""The measurements run and find what there is. How long anything took is nobody's business here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone

from appeals.models import Appeal, Escalation
from benchmarks import bulletin, imports, ledgers, pages, results, run, sweep, worker
from benchmarks.measuring import circumstances
from benchmarks.results import Finding
from enterprises.models import Enterprise
from reports.models import Briefing
from visits.models import Visit

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def named(findings: list[Finding], word: str) -> Finding:
    return next(finding for finding in findings if word in finding.what)


def test_pages_are_asked_for_over_http_beside_the_bare_one(small_city: None) -> None:
    findings = pages.measure(1, clients=(2,))
    assert {finding.what for finding in findings} == {f"{page.name}, 2 clients" for page in pages.product_pages()}
    bare, listed = findings[0], named(findings, "enterprises, ")
    assert (bare.ratio, bare.met) == (1, None)
    assert listed.statements
    assert listed.statements > (bare.statements or 0)
    assert Visit.objects.count() == 2 * (1 + pages.WARM_UP)
    assert Appeal.objects.count() == 3 + 2 * Visit.objects.count()


def test_probes_are_asked_without_beat(small_city: None) -> None:
    assert {finding.what for finding in pages.measure_probes(1)} >= {"/healthz, 1 client", "/readyz, 1 client"}


def test_a_page_that_is_not_there_is_no_measurement(small_city: None) -> None:
    with pages.serving() as address, pytest.raises(RuntimeError, match="404"):
        pages.measure_at(address, [pages.Page("nothing", "office", "/nothing/")], 1, 1)


def test_the_sweep_is_taken_back(small_city: None) -> None:
    before = list(Appeal.objects.order_by("pk").values())
    second = Appeal.objects.exclude(escalates_at=None).order_by("escalates_at")[1]
    due = Appeal.objects.filter(escalates_at__lte=second.escalates_at).count()
    findings = sweep.measure(overdue=2)  # and whatever is due at the same instant as the second
    assert re.match(rf"sweep of {due} due appeals: [1-9]", named(findings, "due appeals").what)
    assert list(Appeal.objects.order_by("pk").values()) == before
    assert not Escalation.objects.exists()


def test_the_bulletin_is_taken_back(small_city: None) -> None:
    (finding,) = bulletin.measure(runs=1)
    assert finding.statements
    assert finding.ratio
    assert finding.ratio > 1
    assert not Briefing.objects.exists()


def test_ledgers_are_made_in_a_process_of_their_own(small_city: None) -> None:
    findings = ledgers.measure(kinds=("appeals",))
    made = named(findings, "ledger")
    assert made.what == "appeals: ledger of 3 rows"
    assert made.megabytes is not None
    assert made.megabytes < ledgers.MEGABYTES


def test_an_import_is_checked_written_and_taken_back(small_city: None) -> None:
    findings = imports.measure(rows=5)
    assert "新增 5，更新 0，未变 0，错误 0" in findings[-1].what
    assert Enterprise.objects.count() == 3


def test_a_worker_works_its_jobs_off(small_city: None) -> None:
    first, last = worker.measure(jobs=20)
    assert first.what == "worker after 2 jobs"
    assert last.what == "worker after 20 jobs"
    assert last.megabytes
    assert last.ratio


def test_every_kind_can_be_asked_for() -> None:
    options = run._parse(["all"])
    assert set(run._measurements(options)) == {*run.KINDS, *run.ASKED_FOR}
    with pytest.raises(SystemExit):
        run._parse(["nothing"])


def test_a_section_takes_the_place_of_its_kind(tmp_path: Path, small_city: None) -> None:
    path, at = tmp_path / "RESULTS.md", timezone.localtime()
    for kind, p50 in (("sweep", 1.0), ("pages", 2.0), ("sweep", 1234.5)):
        results.keep(results.section(kind, circumstances(), [Finding(kind, p50, reach="≤ 4 s", met=True)], at), path)
    text = path.read_text()
    assert text.count("## sweep") == text.count("## pages") == 1
    assert text.index("## pages") < text.index("## sweep")
    assert "| sweep | 1,234 |" in text
    assert "| pages | 2 |" in text


def test_a_reach_is_met_or_not() -> None:
    assert pages.LIST.words() == "≤ 15 statements, ≤ 60 ms SQL, ≤ 15 × bare"
    assert pages.LIST.is_met(15, 60, 15)
    assert pages.LIST.is_met(16, 60, 15) is False
    assert pages.Reach().is_met(100, 100, 100) is None
