"""Workbenches for tests: read as the page shows them, and filled with work."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.utils import timezone

from appeals import escalation
from appeals.instructing import acting as instructing
from appeals.models import Appeal
from appeals.workflow import RUNNING, Status
from cadres.models import Cadre
from enterprises.models import Enterprise
from reports.workbench import bench
from reports.workbench.pieces import Task
from tests import factories
from tests.appeals.people import People
from visits.models import Visit, VisitDraft

BUSINESS = ("specialist", "team_leader", "handler", "head", "office", "supervisor", "leader")
OPEN = (
    Status.PENDING,
    Status.ASSIGNED,
    Status.HANDLING,
    Status.REVIEWING,
    Status.CONFIRMING,
    Status.CLOSING,
)


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def page_of(cadre: Cadre, path: str = "/"):
    response = signed_in(cadre).get(path)
    assert response.status_code == 200
    return response


def text_of(cadre: Cadre, path: str = "/") -> str:
    return page_of(cadre, path).content.decode()


def bench_of(cadre: Cadre) -> bench.Bench:
    return page_of(cadre).context["bench"]


def tasks_of(cadre: Cadre) -> list[Task]:
    return [task for _, task in page_of(cadre, "/?show=today").context["tasks"].rows]


def stats_of(cadre: Cadre) -> dict[str, int]:
    return {stat.label: stat.number for stat in bench_of(cadre).stats}


def today() -> date:
    return timezone.localdate()


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def visit(cadre: Cadre, enterprise: Enterprise, on: date | None = None) -> Visit:
    return Visit.objects.create(
        client_id=uuid4(),
        number=f"ZF{uuid4().hex[:20]}",
        cadre=cadre,
        entered_by=cadre,
        enterprise=enterprise,
        region_path=enterprise.region_path,
        visited_on=on or today(),
        begun_at=timezone.now(),
        logged_at=timezone.now(),
    )


def visit_draft(cadre: Cadre, enterprise: Enterprise | None) -> VisitDraft:
    now = timezone.now()
    return VisitDraft.objects.create(client_id=uuid4(), cadre=cadre, enterprise=enterprise, begun_at=now, saved_at=now)


def fill(people: People, rows: int) -> None:
    """Appeals in every status, some of them late and escalated, and one's own and others' visits and reports."""
    for _ in range(rows):
        for status in OPEN:
            people.at(status, timezone.now())
        people.draft(timezone.now())
        people.at(Status.HANDLING, days_ago(40))
        now = timezone.now()
        soon = {"due_at": now + timedelta(hours=2), "yellow_at": now - timedelta(hours=2)}
        for level, deadline in ((0, soon), (1, soon), (2, {}), (3, {})):
            case = people.at(Status.HANDLING, now)
            Appeal.objects.filter(pk=case.pk).update(level=level, **deadline)
        instructing.give(case, "请速办", by=people.leader, now=now)
        _go_round(people)
    escalation.apply_ladder(timezone.now())


def multiply(people: People, times: int) -> None:
    """All that `fill` made, so many times more. Its appeals are copied: to take all their steps takes minutes."""
    first, last = _copy_appeals(times)
    for case in Appeal.objects.filter(pk__range=(first, last), level=3, status=Status.HANDLING):
        instructing.give(case, "请速办", by=people.leader, now=timezone.now())
        _go_round(people)
    escalation.apply_ladder(timezone.now())


def _go_round(people: People) -> None:
    mine, other = factories.EnterpriseFactory.create_batch(2, region=people.enterprise.region)
    factories.assign(people.specialist, mine)
    factories.assign(people.team_leader, mine, role="leader")
    factories.status(mine, today(), on_duty=8, due=9)
    visit(people.specialist, mine)
    visit(people.team_leader, other)
    visit_draft(people.specialist, mine)


def _copy_appeals(times: int) -> tuple[int, int]:
    """The first and the last key of the copies. Triggers would ask how each came to where it stands."""
    made = {
        "id": "nextval(pg_get_serial_sequence('appeals_appeal', 'id'))",
        "number": "number || '-' || n",
        "client_id": "NULL",
    }
    columns = [field.column for field in Appeal._meta.concrete_fields]
    values = ", ".join(made.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"WITH made AS (INSERT INTO appeals_appeal ({names}) SELECT {values}"  # noqa: S608
            " FROM appeals_appeal, generate_series(1, %s) n RETURNING *), watched AS ("
            " INSERT INTO appeals_watch (appeal_id, escalates_at, level, due_at)"
            " SELECT id, escalates_at, level, CASE WHEN status = ANY(%s) THEN due_at END FROM made)"
            " SELECT min(id), max(id) FROM made",
            [times, sorted(RUNNING)],
        )
        first, last = cursor.fetchone()
        cursor.execute("SET LOCAL session_replication_role = origin")
    return first, last
