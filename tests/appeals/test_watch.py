"""The narrow copy that the sweep reads is the appeal's own, whoever wrote it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F, Q

from appeals.models import Appeal, Watch
from appeals.workflow import RUNNING, Status
from tests.appeals.people import NOW, People
from tests.appeals.test_sweep import drafts

pytestmark = pytest.mark.django_db


def differing() -> int:
    never = Q(escalates_at=None, appeal__escalates_at=None)
    without_term = Q(due_at=None) & (Q(appeal__due_at=None) | ~Q(appeal__status__in=RUNNING))
    same = Watch.objects.filter(never | Q(escalates_at=F("appeal__escalates_at")), level=F("appeal__level"))
    running = Q(due_at=F("appeal__due_at"), appeal__status__in=RUNNING)
    return Appeal.objects.count() - same.filter(without_term | running).count()


def test_the_copy_follows_steps_sweeps_and_statements_about_many(people: People) -> None:
    people.at(Status.CLOSED), people.at(Status.HANDLING), people.draft()
    drafts(people, 3)
    assert differing() == 0
    Appeal.objects.filter(escalates_at__isnull=False).update(level=3, escalates_at=NOW - timedelta(days=1))
    assert differing() == 0
    assert set(Watch.objects.raised(3).values_list("appeal", flat=True)) == set(
        Appeal.objects.raised(3).values_list("pk", flat=True)
    )
    assert Appeal.objects.due_for_escalation(NOW).count() == 5
    people.take(Appeal.objects.get(status=Status.HANDLING), "reply", "handler")
    assert differing() == 0
