"""One act on many appeals at once: urging them, moving them to another department, issuing supervision orders.

Everything in one transaction, under the rows' locks taken in the order of their keys, with as many statements for two
thousand appeals as for two. What can't be done is left alone and named with its reason; the rest is done as take()
does it, except that a department that is told of many is told once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection, transaction

from appeals import acts, clock, escalation, notices, rules
from appeals.acts import ACCESS_REASON
from appeals.demanding import addressing
from appeals.models import Appeal, Event, Opinion, Order
from appeals.supervising import drawing
from appeals.supervising import rules as order_rules
from appeals.supervising.drawing import Draft
from appeals.workflow import STEPS, Status
from enterprises.models import Access
from workflow.ladder import Ladder
from workflow.steps import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from cadres.models import Cadre, Department

MOST: Final = 2_000
BATCH: Final = 500
LEFT: Final = "已不在你的范围内。"


class Refusal(NamedTuple):
    """An appeal that was left alone, and why. Without the appeal: one that the cadre can't see any more."""

    appeal: Appeal | None
    reason: str


class Done(NamedTuple):
    """What came of it."""

    done: int
    refused: list[Refusal]


def sort_out(name: str, appeals: Iterable[Appeal], by: Cadre) -> tuple[list[Appeal], list[Refusal]]:
    """Those on which the cadre may take the step as they stand, and the others. No query."""
    able: list[Appeal] = []
    refused: list[Refusal] = []
    for appeal in appeals:
        if reason := _obstacle(name, appeal, by):
            refused.append(Refusal(appeal, reason))
        else:
            able.append(appeal)
    return able, refused


@transaction.atomic
def urge_all(keys: Iterable[int], *, by: Cadre, now: datetime, note: str, asked_at: datetime | None = None) -> Done:
    """Urge whoever has to act on each appeal; what this cadre urged so a minute ago counts as done.

    So does what they urged so since `asked_at`, when they were asked what to say: a form sent again urges nobody twice.
    """
    wanted = set(keys)
    rows = _locked(wanted, by, now)
    able, refused = sort_out("urge", rows, by)
    actor = Actor.of(by)
    since = acts.repeated_since(now, asked_at)
    recent = Event.objects.filter(appeal__in=wanted, step="urge", note=note, at__gt=since)
    recent = recent.filter(cadre=actor.cadre, on_behalf_of=actor.on_behalf_of)
    urged = set(recent.values_list("appeal", flat=True))
    fresh = [appeal for appeal in able if appeal.pk not in urged]
    events = Event.objects.bulk_create(
        acts.event_of(one, "urge", before=one.status, by=actor, now=now, note=note, changes={}) for one in fresh
    )
    notices.tell_of_urges(events, now)
    return Done(len(able), refused + _gone(wanted, rows))


@transaction.atomic
def reassign_all(seen: Mapping[int, int], lead: Department, *, by: Cadre, now: datetime, note: str) -> Done:
    """Move each appeal to this department; `seen` holds the versions that the cadre had before their eyes."""
    rows = _locked(set(seen), by, now)
    able, refused = sort_out("reassign", rows, by)
    able, elsewhere = _divide(able, lambda appeal: _wrong_department(appeal, lead))
    moved = {appeal.pk for appeal in able if appeal.version != seen[appeal.pk]}
    said = {event.appeal_id: acts.said(event) for event in _last_events(moved)}
    able, changed = _divide(able, lambda appeal: f"{said[appeal.pk]}请核对后再改派。" if appeal.pk in moved else "")
    ladder, limits = Ladder.load(), clock.Limits.load()
    events: list[Event] = []
    former: defaultdict[int, list[Appeal]] = defaultdict(list)
    for start in range(0, len(able), BATCH):
        batch = able[start : start + BATCH]
        for appeal in batch:
            former[appeal.lead_id or 0].append(appeal)
        events += _reassign(batch, lead, by=Actor.of(by), now=now, note=note, ladder=ladder, limits=limits)
    notices.tell_of_moves(events, lead, former, now)
    return Done(len(able), refused + elsewhere + changed + _gone(set(seen), rows))


@transaction.atomic
def order_all(keys: Iterable[int], colour: str, demand: str, *, by: Cadre, now: datetime, client_id: UUID) -> Done:
    """Issue an order of this colour on each appeal; the same `client_id` twice changes nothing and counts as done."""
    wanted = set(keys)
    rows = _locked(wanted, by, now)
    able, refused = sort_out("order", rows, by)
    sent = set(Order.objects.issued_by(by).filter(client_id=client_id).values_list("appeal", flat=True))
    standing = drawing.in_force(appeal.pk for appeal in able)
    fresh, ordered = _divide(
        [appeal for appeal in able if appeal.pk not in sent],
        lambda appeal: _in_the_way(colour, standing.get(appeal.pk)),
    )
    drafts = [Draft(appeal, colour, demand) for appeal in fresh]
    drawing.draw_up(drafts, by=Actor.of(by), now=now, client_id=client_id)
    return Done(len(able) - len(ordered), refused + ordered + _gone(wanted, rows))


def _in_the_way(colour: str, standing: Order | None) -> str:
    return "" if drawing.outranks(colour, standing) else f"已有{standing}在办。"


def _locked(keys: set[int], by: Cadre, now: datetime) -> list[Appeal]:
    """The appeals of the cadre's scope among these, locked, with what the ladder had due by now recorded.

    First the locks, then the joins: in one statement a move of an enterprise meanwhile would hide its appeals.
    """
    scope = Appeal.objects.visible_to(by).filter(pk__in=keys).order_by("pk")
    locked = list(scope.select_for_update(no_key=True).values_list("pk", flat=True))
    shown = Appeal.objects.filter(pk__in=locked).order_by("pk").defer("description", "reply")
    shown = shown.select_related("enterprise", "lead", "region").prefetch_related("co_departments")
    rows = list(shown)
    return list(shown.all()) if escalation.catch_up_all(rows, now) else rows


def _obstacle(name: str, appeal: Appeal, by: Cadre) -> str:
    if appeal.status not in STEPS[name].sources:
        return f"现为“{appeal.status_label}”，不能{STEPS[name].label}。"
    if name == "order":
        return order_rules.issue_refusal(by, appeal) or ""
    return rules.refusal(by, name, appeal) or ""


def _wrong_department(appeal: Appeal, lead: Department) -> str:
    if appeal.lead_id == lead.pk:
        return f"已由{lead}主办。"
    return "" if rules.is_near(lead, appeal) else f"{lead}不承办{appeal.region}的诉求。"


def _divide(appeals: list[Appeal], reason_of: Callable[[Appeal], str]) -> tuple[list[Appeal], list[Refusal]]:
    reasons = [(appeal, reason_of(appeal)) for appeal in appeals]
    return [one for one, why in reasons if not why], [Refusal(one, why) for one, why in reasons if why]


def _last_events(keys: set[int]) -> Iterable[Event]:
    last = Event.objects.filter(appeal__in=keys).order_by("appeal_id", "-pk").distinct("appeal_id")
    return last.select_related("on_behalf_of")


def _gone(wanted: set[int], rows: list[Appeal]) -> list[Refusal]:
    return [Refusal(None, LEFT) for _ in wanted - {row.pk for row in rows}]


def _reassign(
    appeals: list[Appeal],
    lead: Department,
    *,
    by: Actor,
    now: datetime,
    note: str,
    ladder: Ladder,
    limits: clock.Limits,
) -> list[Event]:
    """As take("reassign") does it, one batch at a time."""
    events = [_move(appeal, lead, limits, by=by, now=now, note=note) for appeal in appeals]
    # Who leads now takes no part beside itself.
    Opinion.objects.awaited().filter(appeal__in=appeals, department=lead).update(withdrawn_at=now)
    nexts = escalation.next_instants(appeals, ladder, now)
    for appeal in appeals:
        appeal.escalates_at = nexts[appeal.pk]
    _save(appeals, lead, now)
    addressing.follow_lead(appeals)
    _open_access(appeals, lead)
    return Event.objects.bulk_create(events)


def _move(appeal: Appeal, lead: Department, limits: clock.Limits, *, by: Actor, now: datetime, note: str) -> Event:
    before, former = appeal.status, appeal.lead
    changes = {"lead": [str(former or ""), str(lead)]}
    others = sorted(str(one) for one in appeal.co_departments.all())
    if str(lead) in others and lead in appeal.co_departments.all():
        changes["co_departments"] = ["、".join(others), "、".join(one for one in others if one != str(lead))]
    acts.enter(appeal, STEPS["reassign"], now)
    appeal.lead, appeal.handler, appeal.suggested_lead = lead, None, None
    appeal.version += 1
    clock.start_signing(appeal, now, limits.of(appeal))
    return acts.event_of(appeal, "reassign", before=before, by=by, now=now, note=note, changes=changes)


def _save(appeals: list[Appeal], lead: Department, now: datetime) -> None:
    columns = [[appeal.pk, appeal.sign_due_at, appeal.auto_sign_at, appeal.escalates_at] for appeal in appeals]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE appeals_appeal a SET status = %s, status_since = %s, stint = stint + 1, version = version + 1,"
            " lead_id = %s, handler_id = NULL, suggested_lead_id = NULL, transfer_asked_at = NULL,"
            " sign_due_at = n.sign_due_at, auto_sign_at = n.auto_sign_at, escalates_at = n.next_at"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
            " AS n (id, sign_due_at, auto_sign_at, next_at) WHERE a.id = n.id",
            [Status.ASSIGNED, now, lead.pk, *map(list, zip(*columns, strict=True))],
        )


def _open_access(appeals: list[Appeal], lead: Department) -> None:
    """The new lead and the co-departments see the enterprises, the former leads no longer."""
    Appeal.co_departments.through.objects.filter(appeal__in=appeals, department=lead).delete()
    reasons = {appeal.pk: ACCESS_REASON.format(pk=appeal.pk) for appeal in appeals}
    Access.objects.filter(reason__in=reasons.values()).delete()
    Access.objects.bulk_create(
        Access(enterprise_id=appeal.enterprise_id, department_id=pk, reason=reasons[appeal.pk])
        for appeal in appeals
        for pk in {lead.pk, *(one.pk for one in appeal.co_departments.all())}
    )
