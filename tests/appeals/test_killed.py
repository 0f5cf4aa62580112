"""A worker that is killed in the middle of an act on many appeals: nothing of it happened, and again does all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from appeals import bulk
from appeals.models import Appeal, Event
from appeals.workflow import Status
from cadres.models import Outbox
from config.local.home import ROOT
from enterprises.models import Access
from tests import factories
from tests.appeals.people import People
from tests.meanwhile import somebody_waits_for_us, wait_for
from tests.reports.workbooks import environment

REASSIGNS = """
import django; django.setup()
from django.utils import timezone
from appeals import bulk
from appeals.models import Appeal
from cadres.models import Cadre, Department
seen = dict(Appeal.objects.values_list("pk", "version"))
by, lead = Cadre.objects.get(name="郑海燕"), Department.objects.get(name="市交通局")
print(bulk.reassign_all(seen, lead, by=by, now=timezone.now(), note="职责调整").done)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_moves_many_leaves_none_moved_and_again_moves_all() -> None:
    """It has moved all rows and written all events when it comes to tell of them, waits there, and is killed."""
    people, lead = People(), factories.DepartmentFactory.create(name="市交通局")
    appeals = [people.at(Status.HANDLING, timezone.now() - timedelta(days=1)) for _ in range(5)]
    told, events, access = Outbox.objects.count(), Event.objects.count(), set(Access.objects.values_list("department"))
    variables = {**environment(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen([sys.executable, "-c", REASSIGNS], cwd=ROOT, env=variables) as process, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE cadres_outbox IN SHARE MODE")
        wait_for(somebody_waits_for_us)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert set(Appeal.objects.values_list("lead", "status")) == {(people.department.pk, Status.HANDLING)}
    assert (Outbox.objects.count(), Event.objects.count()) == (told, events)
    assert set(Access.objects.values_list("department")) == access
    seen = {one.pk: one.version for one in appeals}
    done = bulk.reassign_all(seen, lead, by=people.supervisor, now=timezone.now(), note="职责调整")
    assert (done.done, done.refused) == (5, [])
    assert set(Appeal.objects.values_list("lead", "status")) == {(lead.pk, Status.ASSIGNED)}
    assert (Event.objects.count(), Outbox.objects.count()) == (events + 5, told + 2)
