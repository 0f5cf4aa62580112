"""What a step of an appeal does beside moving it: deadlines, access, history, the ladder's next look, notices.

Called by Appeal.take(), under the appeal's row lock and inside its transaction, and for new rows by registration.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils import timezone

from appeals import blocks, clock, escalation, notices, opinions, rules
from appeals.demanding import addressing, ending
from appeals.models import Appeal, Event, Round
from appeals.workflow import FINAL, RUNNING, STEPS, Status
from cadres.models import Department
from cadres.roles import Role
from enterprises.models import Access
from workflow.ladder import Ladder
from workflow.models import Counter
from workflow.steps import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from workflow.steps import Step

ACCESS_REASON: Final = "appeal:{pk}"
SAME_URGE_WITHIN: Final = timedelta(minutes=1)  # a form sent twice urges once, and is one opinion
# Steps that hold nobody up who is filling in a form meanwhile.
UNNOTICED: Final = frozenset({"urge", "opine"})
ACCESS_AFTER_END: Final = timedelta(days=90)  # a department can still look up whom it helped


def obstacle(appeal: Appeal, name: str, *, by: Actor, version: int | None) -> str | None:
    """Why this actor can't take this step of the appeal as it stands under the lock, in Chinese; None where they can.

    `version` is what the actor had before their eyes; None where nobody looked at anything.
    """
    step = STEPS[name]
    if appeal.status not in step.sources:
        return f"{_last_said(appeal)}该诉求现为“{appeal.status_label}”，请刷新后再办理。"
    if version is not None and version != appeal.version:
        return f"{_last_said(appeal)}请核对后再提交，你填写的内容都还在。"
    if by.capacity is None:
        may = step.system_too if by.kind == Actor.SYSTEM else by.kind == Actor.LINK and step.link_too
        return None if may else f"“{step.label}”须由工作人员办理。"
    unready = rules.incomplete(appeal) if appeal.status == Status.DRAFT and name != "withdraw" else None
    return rules.refusal(by.capacity, name, appeal) or unready


def _last_said(appeal: Appeal) -> str:
    """Who was first: 张三已于 11-18 10:00 办理“签收”，"""
    last = appeal.events.select_related("on_behalf_of").order_by("-pk").first()
    return said(last) if last else ""


def said(last: Event) -> str:
    return f"{last.who}已于 {timezone.localtime(last.at):%m-%d %H:%M} 办理“{last.label}”，"


def repeated_since(now: datetime, asked_at: datetime | None) -> datetime:
    """Since when the same is a repetition: since they were asked for it, where that is known, a minute at least."""
    return min(now - SAME_URGE_WITHIN, asked_at or now)


def repetition(
    appeal: Appeal, name: str, *, by: Actor, since: datetime, note: str, values: dict[str, Any]
) -> Event | None:
    """The same urge, or opinion, of the same cadre since they were asked for it: taking it again changes nothing."""
    recent = appeal.events.filter(step=name, note=note, at__gt=since)
    same = recent.filter(cadre=by.cadre, on_behalf_of=by.on_behalf_of)
    if name == "opine":
        return same.filter(changes__opinion__1=values["opinion"]).first()
    return same.first() if name == "urge" else None


def take_step(appeal: Appeal, name: str, *, by: Actor, now: datetime, note: str, values: dict[str, Any]) -> Event:
    """Carry the values, move, and let everything follow that belongs to the step. Nothing stands in its way."""
    departments, lead = _departments(appeal), appeal.lead_id
    event = move(appeal, name, by=by, now=now, note=note, values=values, ladder=Ladder.load())
    appeal.save()
    left = _open_or_close_access(appeal, departments, now)
    event.save()
    if appeal.lead_id != lead or "co_departments" in values:
        addressing.follow_lead([appeal])
    if appeal.status in FINAL:
        ending.end_with_case(appeal, now)
    notices.tell_of_steps([event], now)
    notices.tell_of_asking(appeal, by.cadre, now)
    if name == "reassign":
        notices.tell_of_leaving(event, left, now)
    blocks.lift(appeal, event, now)
    return event


class First(NamedTuple):
    """The first step of a new appeal with what it carries."""

    appeal: Appeal
    step: str
    values: dict[str, Any]
    note: str = ""


def start(found: list[First], *, by: Actor, now: datetime, tell: bool = True) -> None:
    """Store appeals that are in no table yet with their first step and its event, as take() leaves a draft.

    The caller has seen to it that nothing stands in the way. Few statements, however many appeals.
    """
    ladder = Ladder.load()
    events = [
        move(appeal, step, by=by, now=now, note=note, values=values, ladder=ladder)
        for appeal, step, values, note in found
    ]
    Appeal.objects.bulk_create([first.appeal for first in found])
    Round.objects.bulk_create([clock.round_of(first.appeal) for first in found if first.appeal.round])
    for event, first in zip(events, found, strict=True):
        event.appeal = first.appeal
    Event.objects.bulk_create(events)
    if tell:
        notices.tell_of_steps(events, now)


def move(
    appeal: Appeal, name: str, *, by: Actor, now: datetime, note: str, values: dict[str, Any], ladder: Ladder
) -> Event:
    """Change the appeal as the step does; it and the event that tells of it are still to be saved."""
    step, before = STEPS[name], appeal.status
    changes = _carry(appeal, step, values, now)
    enter(appeal, step, now)
    EFFECTS.get(name, _nothing)(appeal, by, now)
    _run_or_stop_the_clock(appeal, before, now)
    appeal.escalates_at = None if appeal.status in FINAL else escalation.next_instant(appeal, now, ladder)
    appeal.version += name not in UNNOTICED
    return event_of(appeal, name, before=before, by=by, now=now, note=note, changes=changes)


def enter(appeal: Appeal, step: Step, now: datetime) -> None:
    """Go where the step leads; a step with a target begins a new stay there, even where the status is the same."""
    appeal.status = step.target_from(appeal.status)
    if step.target is not None:
        appeal.status_since, appeal.stint, appeal.transfer_asked_at = now, appeal.stint + 1, None


def event_of(
    appeal: Appeal, name: str, *, before: str, by: Actor, now: datetime, note: str, changes: dict[str, list[str]]
) -> Event:
    """The event of a step that the appeal has just taken."""
    columns = Event.actor_columns(by)
    return Event(
        appeal=appeal, step=name, before=before, after=appeal.status, at=now, note=note, changes=changes, **columns
    )


def _carry(appeal: Appeal, step: Step, values: dict[str, Any], now: datetime) -> dict[str, list[str]]:
    """Set the fields that the step carries; what is left out stays. Returns {field: [before, after]} in words."""
    if unknown := values.keys() - set(step.carries):
        raise TypeError(f"{step.label} does not carry {sorted(unknown)}")
    before = {field: _words(appeal, field) for field in values}
    for field, value in values.items():
        _set(appeal, field, value, now)
    after = {field: _words(appeal, field) for field in values}
    return {field: [before[field], after[field]] for field in values if before[field] != after[field]}


def _set(appeal: Appeal, field: str, value: Any, now: datetime) -> None:
    if field == "co_departments":
        appeal.co_departments.set(value)
    elif field == "contacted":
        appeal.contacted_at = appeal.contacted_at or (now if value else None)
    else:
        setattr(appeal, field, value)


def _words(appeal: Appeal, field: str) -> str:
    """A field's value as people read it: 已解决, 市人社局, 市人社局、市交通局."""
    if field == "co_departments":
        return "、".join(sorted(str(one) for one in appeal.co_departments.all()))
    if field == "contacted":
        return "已联系" if appeal.contacted_at else ""
    display = getattr(appeal, f"get_{field}_display", None)
    return str((display() if display else getattr(appeal, field)) or "")


def _nothing(appeal: Appeal, by: Actor, now: datetime) -> None:
    """Most steps only move."""


def _submit(appeal: Appeal, by: Actor, now: datetime) -> None:
    """What a paper ledger brought along, its number and its day, stays."""
    if appeal.number is None:
        give_numbers([appeal], now)
    appeal.submitted_at = appeal.submitted_at or now


def give_numbers(appeals: Iterable[Appeal], now: datetime) -> None:
    """Number: SQ, the region's 6 digits, the day, and the running number of the region's day."""
    by_series: defaultdict[str, list[Appeal]] = defaultdict(list)
    for appeal in appeals:
        by_series[f"SQ{appeal.region.short_code}{timezone.localdate(now):%Y%m%d}"].append(appeal)
    for series in sorted(by_series):
        for number, appeal in enumerate(by_series[series], Counter.take(series, len(by_series[series]))):
            appeal.number = f"{series}{number:04d}"


def _settle(appeal: Appeal, by: Actor, now: datetime) -> None:
    _submit(appeal, by, now)
    appeal.outcome, appeal.solved = Appeal.Outcome.SOLVED, Appeal.Solved.YES
    clock.settle_at_once(appeal, now)
    if appeal.pk is not None:
        clock.round_of(appeal).save()


def _answer(appeal: Appeal, by: Actor, now: datetime) -> None:
    """The office's own department leads what it answers itself."""
    appeal.suggested_lead = None
    appeal.handler = by.capacity
    appeal.lead = by.capacity.department if by.capacity else None
    if appeal.round:
        clock.settle(appeal, now)
        return
    clock.settle_at_once(appeal, now)
    clock.round_of(appeal).save()


def _ask_reassign(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.transfer_asked_at = now
    appeal.transfers_asked += 1


def _keep_lead(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.transfer_asked_at = appeal.suggested_lead = None


def _reassign(appeal: Appeal, by: Actor, now: datetime) -> None:
    """Whoever leads now signs anew, and takes no part beside itself; the handling clock goes on."""
    appeal.suggested_lead = appeal.handler = None
    appeal.co_departments.remove(*Department.objects.filter(pk=appeal.lead_id or 0))
    opinions.ask(appeal, now)
    clock.start_signing(appeal, now)


def _return_to_office(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.outcome = appeal.reply = appeal.solved = appeal.confirmed_by = appeal.confirmed_how = ""
    clock.void_round(appeal)


def _assign(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.suggested_lead = appeal.handler = None
    clock.start_signing(appeal, now)
    if appeal.round == 0:
        clock.start_first_round(appeal, now)
    opinions.ask(appeal, now)


def _sign(appeal: Appeal, by: Actor, now: datetime) -> None:
    """A handler who signs goes on; where the head or the clock signed, the whole department may."""
    appeal.handler = by.capacity if by.capacity and by.capacity.holds(Role.HANDLER) else None
    _end_signing(appeal)


def _reply(appeal: Appeal, by: Actor, now: datetime) -> None:
    """Who answers is the handler from now on, whoever signed."""
    appeal.handler = by.capacity


def _bounce(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.bounces += 1
    appeal.lead = None
    _end_signing(appeal)


def _approve(appeal: Appeal, by: Actor, now: datetime) -> None:
    clock.settle(appeal, now)


def _dispute(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.disputes += 1
    appeal.paused_at = None
    clock.start_next_round(appeal, now)
    opinions.ask(appeal, now)


def _opine(appeal: Appeal, by: Actor, now: datetime) -> None:
    if by.capacity is not None:
        opinions.give(appeal, appeal.opinion, department=by.capacity.department_id, by=by.capacity, now=now)


def _return(appeal: Appeal, by: Actor, now: datetime) -> None:
    clock.unsettle(appeal)


def _end(appeal: Appeal, by: Actor, now: datetime) -> None:
    appeal.ended_at = now
    _end_signing(appeal)


def _end_signing(appeal: Appeal) -> None:
    appeal.sign_due_at = appeal.auto_sign_at = None


EFFECTS: Final[dict[str, Callable[[Appeal, Actor, datetime], None]]] = {
    "submit": _submit,
    "settle": _settle,
    "answer": _answer,
    "ask_reassign": _ask_reassign,
    "keep_lead": _keep_lead,
    "reassign": _reassign,
    "return_to_office": _return_to_office,
    "assign": _assign,
    "sign": _sign,
    "bounce": _bounce,
    "opine": _opine,
    "reply": _reply,
    "approve": _approve,
    "dispute": _dispute,
    "return": _return,
    "close": _end,
    "decline": _end,
    "withdraw": _end,
}


def _run_or_stop_the_clock(appeal: Appeal, before: str, now: datetime) -> None:
    if appeal.due_at is None or appeal.status in FINAL:
        return
    if Status(appeal.status) in RUNNING:
        stood_still = appeal.paused_at is not None
        clock.resume(appeal, now)
        if stood_still:
            opinions.renew(appeal, now)
    elif before in RUNNING and appeal.paused_at is None:
        clock.pause(appeal, now)


def _departments(appeal: Appeal) -> set[int]:
    """Who may see the enterprise because of this appeal."""
    return {pk for pk in (appeal.lead_id, *appeal.co_departments.values_list("pk", flat=True)) if pk is not None}


def _open_or_close_access(appeal: Appeal, before: set[int], now: datetime) -> set[int]:
    """Departments that joined see the enterprise, those that left do not; the others until a while after the end.

    Returns those that left.
    """
    after = _departments(appeal)
    reason = ACCESS_REASON.format(pk=appeal.pk)
    rows = [Access(enterprise_id=appeal.enterprise_id, department_id=pk, reason=reason) for pk in after - before]
    Access.objects.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=["until"],
        unique_fields=["enterprise", "department", "reason"],
    )
    mine = Access.objects.filter(enterprise=appeal.enterprise_id, reason=reason)
    mine.filter(department__in=before - after).delete()
    if appeal.status in FINAL:
        mine.update(until=timezone.localdate(now) + ACCESS_AFTER_END)
    return before - after
