"""Windows that close: a reminder some days before, and 已截止未享 for what nobody applied for.

Both look for what is due by now, in batches that others may share: a run may be late, repeated or beside another.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from cadres import audience
from cadres import notices as outbox
from cadres.models import Outbox
from cadres.roles import Role
from enterprises.models import Assignment
from policies import access
from policies.models import Event, Fulfilment
from policies.workflow import Status
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.audience import Target

BATCH: Final = 500
NAMED_AT_MOST: Final = 5


def sweep(now: datetime) -> tuple[int, int]:
    """Lapse what has closed and remind of what is about to; how many rows of each."""
    lapsed = reminded = 0
    while some := _lapse(now):
        lapsed += some
    while some := _remind(now):
        reminded += some
    return lapsed, reminded


@transaction.atomic
def _lapse(now: datetime) -> int:
    due = Fulfilment.objects.closed_by(timezone.localdate(now)).select_related("item").order_by("pk")
    rows = list(due.select_for_update(no_key=True, skip_locked=True, of=("self",))[:BATCH])
    if not rows:
        return 0
    system = Event.actor_columns(Actor.system())
    Event.objects.bulk_create(
        Event(
            fulfilment=row,
            step="lapse",
            before=row.status,
            after=Status.LAPSED,
            at=now,
            note=f"申报于 {row.closes_on} 截止",
            **system,
        )
        for row in rows
    )
    for row in rows:
        row.status, row.status_since = Status.LAPSED, now
    Fulfilment.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["status", "status_since"]
    )
    by_item: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_item[row.item_id].append(row.enterprise_id)
    for item, enterprises in by_item.items():
        access.end_for(item, enterprises, now)
    return len(rows)


@transaction.atomic
def _remind(now: datetime) -> int:
    today = timezone.localdate(now)
    soon = Fulfilment.objects.closing_soon(today).filter(reminded_at=None).order_by("pk")
    rows = list(
        soon.select_related("item", "enterprise").select_for_update(no_key=True, skip_locked=True, of=("self",))[:BATCH]
    )
    if not rows:
        return 0
    Fulfilment.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    outbox.write(_reminders(rows, now))
    return len(rows)


def _reminders(rows: list[Fulfilment], now: datetime) -> list[Outbox]:
    """One notice for each specialist, item and closing day; for the office where an enterprise has no specialist."""
    today = timezone.localdate(now)
    team = Assignment.objects.active(today).specialists().filter(enterprise__in={row.enterprise_id for row in rows})
    people: dict[int, set[int]] = defaultdict(set)
    for enterprise, cadre in team.values_list("enterprise", "cadre"):
        people[enterprise].add(cadre)
    gathered: dict[tuple[str, int], tuple[Target, list[Fulfilment]]] = {}
    for row in rows:
        told = [(f"cadre-{pk}", audience.cadre(pk)) for pk in sorted(people[row.enterprise_id])]
        told = told or [(f"region-{row.region_id}", audience.of_region(Role.OFFICE, row.region_id))]
        for who, target in told:
            gathered.setdefault((who, row.item_id), (target, []))[1].append(row)
    return [_reminder(who, target, some, now) for (who, _), (target, some) in gathered.items()]


def _reminder(who: str, target: Target, rows: list[Fulfilment], now: datetime) -> Outbox:
    first, names = rows[0], "、".join(row.enterprise.name for row in rows[:NAMED_AT_MOST])
    return Outbox(
        key=f"closing:{who}:{first.pk}:{first.closes_on}",
        subject=f"申报即将截止（{first.closes_on}）：{first.item.name}",
        body=f"{len(rows)} 家企业还没有申报：{names}{'等' if len(rows) > NAMED_AT_MOST else ''}",
        url=first.get_absolute_url() if len(rows) == 1 else "",
        audience=[target],
        created_at=now,
    )
