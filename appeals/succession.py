"""A department that ends passes its open appeals, with what is demanded of it, to its successor (机构改革), on the day.

Past figures keep the old name: what is 办结, closed or published is left alone. Safe to run twice and beside itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from appeals import opinions, referring
from appeals.acts import ACCESS_REASON
from appeals.models import Appeal, Event, Instruction, Order
from appeals.workflow import OPEN
from cadres import audience
from cadres.notices import tell
from cadres.roles import Role
from cadres.succession import heirs
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Department

BATCH: Final = 500


def pass_on(now: datetime) -> int:
    """Pass on what is led, or helped with, by departments that have ended. Returns how many appeals got a new lead."""
    passed = 0
    for old, new in heirs(now).items():
        while batch := _pass_batch(old, new, now):
            passed += batch
        _pass_the_rest(old, new, now)
        referring.pass_on(old, new)
    return passed


@transaction.atomic
def _pass_batch(old: Department, new: Department, now: datetime) -> int:
    mine = Appeal.objects.filter(lead=old, status__in=OPEN).order_by("pk")
    appeals = list(mine.select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
    if not appeals:
        return 0
    system = Event.actor_columns(Actor.system())
    Event.objects.bulk_create(
        Event(
            appeal=appeal,
            step="succeed",
            before=appeal.status,
            after=appeal.status,
            at=now,
            note=f"{old}已停用，其职能由{new}承接。",
            changes={"lead": [str(old), str(new)]},
            **system,
        )
        for appeal in appeals
    )
    with connection.cursor() as cursor:
        # Whoever handled it and came along goes on; otherwise any handler of the new department may.
        cursor.execute(
            "UPDATE appeals_appeal a SET lead_id = %s, version = version + 1,"
            " handler_id = (SELECT c.id FROM cadres_cadre c WHERE c.id = a.handler_id AND c.department_id = %s)"
            " WHERE a.id = ANY(%s)",
            [new.pk, new.pk, [appeal.pk for appeal in appeals]],
        )
        _open_access(cursor, old, new, [appeal.pk for appeal in appeals])
    Order.objects.in_force().filter(appeal__in=appeals).update(answering=new)
    Instruction.objects.in_force().filter(appeal__in=appeals, answering=old).update(answering=new)
    tell(
        f"succeed:{old.pk}:{new.pk}",
        [audience.of_department(Role.HEAD, new.pk)],
        f"{old}未办结的诉求由你单位承接",
        now=now,
        body=f"{old}已停用，其未办结的诉求自今日起由{new}承办，办理时限不变，请及时查看并安排。",
        url="/appeals/",
    )
    return len(appeals)


@transaction.atomic
def _pass_the_rest(old: Department, new: Department, now: datetime) -> None:
    """Open appeals that the old department only helped with, or was suggested for."""
    open_appeals = Appeal.objects.filter(status__in=OPEN)
    open_appeals.filter(suggested_lead=old).update(suggested_lead=new)
    links = Appeal.co_departments.through.objects.filter(department=old, appeal__in=open_appeals.values("pk"))
    pks = list(links.values_list("appeal", flat=True))
    if not pks:
        return
    both = Appeal.co_departments.through.objects.filter(department=new, appeal__in=pks).values("appeal")
    links.filter(appeal__in=both).delete()
    links.update(department=new)
    opinions.pass_on(old.pk, new.pk, pks, now)
    Instruction.objects.in_force().filter(appeal__in=pks, answering=old).update(answering=new)
    with connection.cursor() as cursor:
        _open_access(cursor, old, new, pks)


def _open_access(cursor: object, old: Department, new: Department, appeals: list[int]) -> None:
    """The successor sees the enterprises of these appeals; the old department no longer does because of them."""
    reasons = [ACCESS_REASON.format(pk=pk) for pk in appeals]
    cursor.execute(  # type: ignore[attr-defined]
        "WITH gone AS (DELETE FROM enterprises_access WHERE department_id = %s AND reason = ANY(%s)"
        " RETURNING enterprise_id, reason, until)"
        " INSERT INTO enterprises_access (enterprise_id, department_id, reason, until)"
        " SELECT enterprise_id, %s, reason, until FROM gone ON CONFLICT DO NOTHING",
        [old.pk, reasons, new.pk],
    )
