"""What a step of a fulfilment does beside moving it: history, the department's access, notices.

Called by Fulfilment.take(), under the row's lock and inside its transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from policies import access, notices, rules
from policies.models import Event, Fulfilment
from policies.workflow import APPROVED, STEPS, Status
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime

    from workflow.steps import Step

# What a step sets where its actor says nothing.
IMPLIED: Final[dict[str, dict[str, Any]]] = {"unblock": {"block": ""}}


def obstacle(fulfilment: Fulfilment, name: str, *, by: Actor, version: int | None) -> str | None:
    """Why this actor can't take this step of the row as it stands under the lock, in Chinese; None where they can.

    `version` is what the actor had before their eyes; None where nobody looked at anything.
    """
    step = STEPS[name]
    if fulfilment.status not in step.sources:
        return f"{_last_said(fulfilment)}该记录现为“{fulfilment.status_label}”，请刷新后再办理。"
    if version is not None and version != fulfilment.version:
        return f"{_last_said(fulfilment)}请核对后再提交，你填写的内容都还在。"
    if reason := rules.unfit(name, fulfilment):
        return reason
    if by.capacity is None:
        return None if by.kind == Actor.SYSTEM and step.system_too else f"“{step.label}”须由工作人员办理。"
    return rules.refusal(by.capacity, name, fulfilment)


def _last_said(fulfilment: Fulfilment) -> str:
    """Who was first: 张三已于 11-18 10:00 办理“登记申报”，"""
    last = fulfilment.events.select_related("on_behalf_of").order_by("-pk").first()
    return f"{last.who}已于 {timezone.localtime(last.at):%m-%d %H:%M} 办理“{last.label}”，" if last else ""


def take_step(
    fulfilment: Fulfilment, name: str, *, by: Actor, now: datetime, note: str, values: dict[str, Any]
) -> Event:
    """Carry the values, move, and let everything follow that belongs to the step. Nothing stands in its way.

    Raises IllegalStepError where a value can't be, such as more recovered than was paid.
    """
    event = _move(fulfilment, name, by=by, now=now, note=note, values=IMPLIED.get(name, {}) | values)
    fulfilment.save()
    event.save()
    if event.before != event.after:
        access.refresh(fulfilment, now)
    notices.tell_of_step(event, now)
    return event


def _move(fulfilment: Fulfilment, name: str, *, by: Actor, now: datetime, note: str, values: dict[str, Any]) -> Event:
    step, before = STEPS[name], fulfilment.status
    changes = _carry(fulfilment, step, values, now)
    if name == "reopen":
        fulfilment.reason = fulfilment.waived_by = ""
        fulfilment.amount_approved = None
    fulfilment.status = step.target_from(before)
    if fulfilment.status != before:
        fulfilment.status_since = now
    if wrong := _impossible(fulfilment, now, moved=fulfilment.status != before):
        raise IllegalStepError(wrong)
    fulfilment.version += 1
    return Event(
        fulfilment=fulfilment,
        step=name,
        before=before,
        after=fulfilment.status,
        at=now,
        note=note,
        changes=changes,
        **Event.actor_columns(by),
    )


def _carry(fulfilment: Fulfilment, step: Step, values: dict[str, Any], now: datetime) -> dict[str, list[str]]:
    """Set the fields that the step carries; what is left out stays. Returns {field: [before, after]} in words."""
    if unknown := values.keys() - set(step.carries):
        raise TypeError(f"{step.label} does not carry {sorted(unknown)}")
    before = {field: words(fulfilment, field) for field in values}
    for field, value in values.items():
        setattr(fulfilment, field, value)
    if "block" in values:
        fulfilment.blocked_at = now if fulfilment.block else None
    if "closes_on" in values:
        fulfilment.reminded_at = None
    after = {field: words(fulfilment, field) for field in values}
    return {field: [before[field], after[field]] for field in values if before[field] != after[field]}


def words(fulfilment: Fulfilment, field: str) -> str:
    """A field's value as people read it: 2026-11-20, 100,000.00 元."""
    value = getattr(fulfilment, field)
    if value is None:
        return ""
    return f"{value:,.2f} 元" if field.startswith("amount_") else str(value)


def _impossible(fulfilment: Fulfilment, now: datetime, *, moved: bool) -> str | None:
    """What the constraints would refuse, as a sentence; and nobody becomes entitled after the window."""
    if fulfilment.amount_recovered > fulfilment.amount_paid:
        return f"追回金额不能超过已拨付的 {words(fulfilment, 'amount_paid')}。"
    if fulfilment.amount_paid > (fulfilment.amount_approved or 0):
        return f"核定金额不能少于已拨付的 {words(fulfilment, 'amount_paid')}。"
    if fulfilment.status in APPROVED and fulfilment.amount_approved is None:
        return "审核通过须有核定金额。"
    closed = fulfilment.closes_on and fulfilment.closes_on < timezone.localdate(now)
    if moved and fulfilment.status == Status.ENTITLED and closed:
        return f"申报已于 {fulfilment.closes_on} 截止；要继续办理的，须由助企办填写新的截止日期。"
    return None
