"""Deciding who answers for an enterprise (包联). Rows are ended, never changed or deleted, so history stays.

Every function locks the enterprise first; the exclusion constraint on Assignment stands behind the lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator

from cadres import audience, notices
from cadres.roles import Role as CadreRole
from enterprises.models import Assignment, Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from cadres.models import Cadre
    from enterprises.models import Campaign

Role = Assignment.Role

# Which role of a cadre a place in the team asks for.
ASKS_FOR: Final = {
    Role.SPECIALIST: frozenset({CadreRole.SPECIALIST}),
    Role.LEADER: frozenset({CadreRole.TEAM_LEADER}),
    Role.MEMBER: frozenset({CadreRole.SPECIALIST, CadreRole.TEAM_LEADER}),
}
NAMED_AT_MOST: Final = 5
LONGEST_IN_SUBJECT: Final = 60


class AssigningError(Exception):
    """What stands against an assignment, as a Chinese sentence that says who was assigned meanwhile."""


class Outcome(NamedTuple):
    """What came of assigning many: rows that began, and sentences about those that did not."""

    begun: list[Assignment]
    refused: list[str]


def assign_specialist(
    enterprise: Enterprise,
    campaign: Campaign,
    cadre: Cadre,
    *,
    by: Cadre,
    now: datetime,
    starts_on: date,
    instead_of: Assignment | None = None,
    reason: str = "",
) -> Assignment:
    """Make the cadre the enterprise's one specialist in the campaign from a day on.

    `instead_of` is the row that the decision was made upon: it is ended on that day, for `reason`. Raises
    AssigningError if somebody else was assigned meanwhile.
    """
    return assign(
        enterprise, campaign, cadre, Role.SPECIALIST, by=by, now=now, starts_on=starts_on,
        instead_of=instead_of, reason=reason,
    )  # fmt: skip


@transaction.atomic
def assign(
    enterprise: Enterprise,
    campaign: Campaign,
    cadre: Cadre,
    role: Assignment.Role,
    *,
    by: Cadre,
    now: datetime,
    starts_on: date,
    instead_of: Assignment | None = None,
    reason: str = "",
) -> Assignment:
    """Give the cadre a place in the team. There is one specialist and one leader (一名领导); members are many."""
    _lock([enterprise])
    _require(cadre, role, campaign, starts_on)
    taken = holders([enterprise], campaign, role, starts_on)
    if role == Role.MEMBER:
        taken = [row for row in taken if row.cadre_id == cadre.pk]
    if others := [row for row in taken if instead_of is None or row.pk != instead_of.pk]:
        raise AssigningError(_said(others[0]))
    for row in taken:
        _hand_over(row, cadre, starts_on, reason)
    begun = _begin([enterprise], campaign, cadre, role, by=by, now=now, starts_on=starts_on)
    _tell_of_start(begun, by, now)
    for row in taken:
        _tell_of_end(row, by, now)
    return begun[0]


@transaction.atomic
def assign_many(
    enterprises: Sequence[Enterprise], campaign: Campaign, cadre: Cadre, *, by: Cadre, now: datetime, starts_on: date
) -> Outcome:
    """Make the cadre specialist of every one of these enterprises that has none; the others are named and left."""
    _lock(enterprises)
    _require(cadre, Role.SPECIALIST, campaign, starts_on)
    taken = {row.enterprise_id: row for row in holders(enterprises, campaign, Role.SPECIALIST, starts_on)}
    free = [enterprise for enterprise in enterprises if enterprise.pk not in taken]
    begun = _begin(free, campaign, cadre, Role.SPECIALIST, by=by, now=now, starts_on=starts_on)
    _tell_of_start(begun, by, now)
    return Outcome(begun, [_said(row) for row in taken.values()])


@transaction.atomic
def end(assignment: Assignment, *, by: Cadre, now: datetime, ends_on: date, reason: str) -> Assignment:
    """End an assignment; `ends_on` is the first day that no longer counts. Nobody takes over by this."""
    _lock([assignment.enterprise])
    row = Assignment.objects.select_related("enterprise", "campaign", "cadre").get(pk=assignment.pk)
    if row.ends_on is not None:
        raise AssigningError(f"{row.cadre}的包联已于 {row.ends_on:%Y-%m-%d} 结束，请刷新后查看。")
    _close(row, ends_on, reason)
    _tell_of_end(row, by, now)
    return row


def current_specialist(enterprise: Enterprise, campaign: Campaign, day: date) -> Assignment | None:
    """The row that would have to end for another specialist to begin on this day."""
    return next(iter(holders([enterprise], campaign, Role.SPECIALIST, day)), None)


def holders(
    enterprises: Iterable[Enterprise], campaign: Campaign, role: Assignment.Role, day: date
) -> list[Assignment]:
    """Rows of this place in the teams that last beyond the day, whether they have begun or not."""
    rows = Assignment.objects.filter(enterprise__in=enterprises, campaign=campaign, role=role).lasting_beyond(day)
    return list(rows.select_related("enterprise", "campaign", "cadre", "assigned_by").order_by("starts_on", "pk"))


def _lock(enterprises: Iterable[Enterprise]) -> None:
    """In the order of keys, so that two who assign the same ones wait for each other and no longer."""
    keys = [enterprise.pk for enterprise in enterprises]
    list(Enterprise.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _require(cadre: Cadre, role: Assignment.Role, campaign: Campaign, starts_on: date) -> None:
    if not cadre.is_active or not cadre.holds(*ASKS_FOR[role]):
        wanted = "或".join(sorted(one.label for one in ASKS_FOR[role]))
        raise AssigningError(f"{cadre}不是在用的{wanted}，不能担任{role.label}。")
    if starts_on < campaign.starts_on or (campaign.ends_on and starts_on > campaign.ends_on):
        until = f"{campaign.ends_on:%Y-%m-%d}" if campaign.ends_on else "今后"
        raise AssigningError(f"起始日期应在专项行动期间内（{campaign.starts_on:%Y-%m-%d} 至 {until}）。")


def _said(row: Assignment) -> str:
    who = f"由{row.assigned_by}" if row.assigned_by else "已"
    at = timezone.localtime(row.assigned_at)
    return (
        f"{row.enterprise}的{row.get_role_display()}{who}于 {at:%Y-%m-%d %H:%M} 安排为{row.cadre}"
        f"（{row.starts_on:%Y-%m-%d} 起），请核对后再办理。"
    )


def _hand_over(row: Assignment, successor: Cadre, starts_on: date, reason: str) -> None:
    if row.cadre_id == successor.pk:
        raise AssigningError(f"{successor}已是该企业的{row.get_role_display()}，无需更换。")
    _close(row, starts_on, reason)


def _close(row: Assignment, ends_on: date, reason: str) -> None:
    if not reason:
        raise AssigningError("请填写变更原因。")
    if ends_on < row.starts_on:
        raise AssigningError(f"{row.cadre}自 {row.starts_on:%Y-%m-%d} 起包联，日期不能早于这一天。")
    row.ends_on, row.reason = ends_on, reason
    row.save(update_fields=["ends_on", "reason"])


def _begin(
    enterprises: Iterable[Enterprise],
    campaign: Campaign,
    cadre: Cadre,
    role: Assignment.Role,
    *,
    by: Cadre,
    now: datetime,
    starts_on: date,
) -> list[Assignment]:
    rows = [
        Assignment(
            enterprise=enterprise,
            campaign=campaign,
            cadre=cadre,
            role=role,
            starts_on=starts_on,
            assigned_by=by,
            assigned_at=now,
        )
        for enterprise in enterprises
    ]
    return Assignment.objects.bulk_create(rows)


def _tell_of_start(rows: Sequence[Assignment], by: Cadre, now: datetime) -> None:
    """One notice, however many enterprises it is about."""
    if not rows:
        return
    first = rows[0]
    names = "、".join(row.enterprise.name for row in rows[:NAMED_AT_MOST])
    more = "等" if len(rows) > NAMED_AT_MOST else ""
    some = _short(first.enterprise) if len(rows) == 1 else f"{len(rows)} 家企业"
    notices.tell(
        f"assignment:{first.pk}:begun",
        [audience.cadre(first.cadre_id)],
        f"请你担任{some}的{first.get_role_display()}",
        body=f"{first.campaign}，自 {first.starts_on:%Y-%m-%d} 起：{names}{more}。",
        url=first.enterprise.get_absolute_url() if len(rows) == 1 else "",
        now=now,
        actor=by,
    )


def _tell_of_end(row: Assignment, by: Cadre, now: datetime) -> None:
    notices.tell(
        f"assignment:{row.pk}:ended",
        [audience.cadre(row.cadre_id)],
        f"你对{_short(row.enterprise)}的包联自 {row.ends_on:%Y-%m-%d} 起结束",
        body=f"{row.campaign}，{row.get_role_display()}。原因：{row.reason}",
        now=now,
        actor=by,
    )


def _short(enterprise: Enterprise) -> str:
    return Truncator(enterprise.name).chars(LONGEST_IN_SUBJECT)
