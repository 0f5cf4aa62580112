"""A district of the city with 20,000 of everything that grows, made by a few statements and rolled back at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import RUNNING
from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Assignment, Enterprise, OperatingStatusHistory
from policies import registering
from policies.models import Fulfilment
from tests import factories
from tests.policies import people as policies
from visits.models import Visit
from workflow.steps import Actor

ROWS: Final = 20_000
# Every fiftieth enterprise is a bakery; one in the whole city makes anchors.
NAME: Final = "CASE WHEN mod(n, 50) = 0 THEN '宏远面包' WHEN n = 777 THEN '澜川船锚' ELSE '通达' END || n || '有限公司'"
INITIALS: Final = "CASE WHEN mod(n, 50) = 0 THEN 'hymb' WHEN n = 777 THEN 'lccm' ELSE 'td' END || n || 'yxgs'"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[Role, Cadre]]:
    """Those who read: the city's office and supervisor, a specialist, a handler."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _populated()
        transaction.set_rollback(True)


def _populated() -> dict[Role, Cadre]:
    now = timezone.now()
    people = {role: factories.cadre(role) for role in (Role.OFFICE, Role.SUPERVISOR, Role.SPECIALIST)}
    department = factories.DepartmentFactory.create(name="市人社局")
    people[Role.HANDLER] = factories.cadre(Role.HANDLER, department=department)
    first = factories.EnterpriseFactory.create(region=factories.town(factories.district()))
    assignment = factories.assign(people[Role.SPECIALIST], first)
    appeal = factories.appeal(first, people[Role.SPECIALIST], now=now - timedelta(days=60))
    office = Actor.of(people[Role.OFFICE])
    appeal.take("assign", by=office, now=now - timedelta(days=60), lead=department, triage="single", urgency="ordinary")
    item = policies.item(policies.policy(region=factories.city()), department)
    row = registering.one(first, item, "2026", by=people[Role.OFFICE], now=now)
    row.take("entitle", by=office, now=now)
    visit = Visit.objects.create(
        client_id=uuid4(), number="ZF0", cadre=people[Role.SPECIALIST], entered_by=people[Role.SPECIALIST],
        enterprise=first, region_path=first.region_path, visited_on=now.date(), begun_at=now, logged_at=now,
    )  # fmt: skip
    replaced = _replaced(first, now)
    _multiply(first, assignment, appeal, row, visit, replaced)
    return people


def _replaced(enterprise: Enterprise, now: datetime) -> OperatingStatusHistory:
    """A report of last month that a later one has replaced since."""
    then = now - timedelta(days=40)
    report = factories.status(enterprise, timezone.localdate(then), "none")
    report.state, report.reported_at = "full", then + timedelta(days=1)
    report.save()
    return OperatingStatusHistory.objects.get(enterprise=enterprise)


def _multiply(
    first: Enterprise, assignment: Assignment, appeal: Appeal, row: Fulfilment, visit: Visit,
    replaced: OperatingStatusHistory,
) -> None:  # fmt: skip
    """Triggers would look at each row; and whoever looks at plans needs no history."""
    about = {"enterprise_id": f"{first.pk} + n"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    _copy(
        first,
        name=NAME,
        initials=INITIALS,
        credit_code="'91990102MB' || lpad(n::text, 8, '0')",
        last_contact_on="current_date - mod(n, 200)",
    )
    _copy(assignment, **about, cadre_id="CASE WHEN mod(n, 500) = 0 THEN cadre_id ELSE cadre_id + 1000 END")
    _copy(
        appeal,
        **about,
        number="'SQ990102' || lpad(n::text, 12, '0')",
        title="CASE WHEN n = 4711 THEN '码头塌了' ELSE '缺工人' END || n",
        client_id="gen_random_uuid()",
        status="CASE WHEN mod(n, 5) = 0 THEN 'handling' ELSE 'closed' END",
        due_at="due_at + n * interval '1 minute'",
        settled_at="CASE WHEN mod(n, 5) = 0 THEN NULL ELSE now() - n * interval '20 minutes' END",
        ended_at="CASE WHEN mod(n, 5) = 0 THEN NULL ELSE now() - n * interval '10 minutes' END",
        level="mod(n, 5)",
        escalates_at="CASE WHEN mod(n, 5) = 0 THEN escalates_at END",
        lead_id="CASE WHEN mod(n, 100) = 0 THEN lead_id ELSE lead_id + 1000 END",
        registered_by_id="registered_by_id + 1000",
    )
    _copy(
        row,
        **about,
        status="CASE WHEN mod(n, 3) = 0 THEN 'entitled' ELSE 'ineligible' END",
        closes_on="current_date + mod(n, 90)",
    )
    _copy(
        appeal.rounds.get(),
        appeal_id=f"{appeal.pk} + n",
        settled_at="CASE WHEN mod(n, 200) = 0 THEN due_at + interval '1 day' WHEN mod(n, 5) > 0 THEN due_at END",
    )
    _copy(replaced, **about, replaced_at="now() - interval '1 day' - n * interval '2 minutes'")
    _copy(visit, **about, number="'ZF' || n", client_id="gen_random_uuid()", visited_on="current_date - mod(n, 300)")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appeals_watch (appeal_id, escalates_at, level, due_at)"
            " SELECT id, escalates_at, level,"
            " CASE WHEN status = ANY(%s) THEN due_at END FROM appeals_appeal ON CONFLICT DO NOTHING",
            [sorted(RUNNING)],
        )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE")


def _copy(one: Model, **columns: str) -> None:
    """20,000 copies of a row, with these columns made from `n`, its number."""
    table, names = one._meta.db_table, [field.column for field in one._meta.concrete_fields]
    made = {"id": f"{one.pk} + n", **columns}
    values = ", ".join(made.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table}, generate_series(1, %s) AS n WHERE id = %s",  # noqa: S608
            [ROWS, one.pk],
        )
