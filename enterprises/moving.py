"""Moving an enterprise to another place (迁址): its region changes with a day and a reason; what is open goes along.

The scope follows the region: whoever answers for the new place sees the enterprise from now on, whoever answers for the
old one no longer. What happened there stays there: visits and settled cases keep the region of their day. What higher
floors keep of the region follows by the callables of settings.ENTERPRISE_MOVES, each taking the keys of the enterprises
that moved and answering, by key, a sentence about what went along.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from cadres import audience, notices
from cadres.models import Outbox
from cadres.roles import Role
from enterprises.models import Enterprise, Relocation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from cadres.models import Cadre, Region


class MovingError(Exception):
    """What stands against a move, as a Chinese sentence."""


class Place(NamedTuple):
    """Where an enterprise is."""

    region: Region
    address: str
    park: Region | None = None


class Follower(Protocol):
    def __call__(self, enterprises: Sequence[int]) -> Mapping[int, str]: ...


@transaction.atomic
def move(enterprise: Enterprise, to: Place, *, moved_on: date, reason: str, by: Cadre, now: datetime) -> Relocation:
    """Move one enterprise. The day may be past, never to come, and not before it came to where it is.

    Locks the enterprise, then the cases that go along. Raises MovingError if it is there already.
    """
    # Without the join: after the wait for another move, PostgreSQL would look for the row beside its former region.
    moving = Enterprise.objects.select_for_update(no_key=True).get(pk=enterprise.pk)
    if problem := problem_with(moving, to, moved_on, timezone.localdate(now)):
        raise MovingError(problem)
    before = Place(moving.region, moving.address)
    moving.region, moving.address, moving.park = to
    moving.region_since = moved_on
    moving.version += 1
    moving.save(update_fields=["region", "region_path", "initials", "address", "park", "region_since", "version"])
    return record([(moving, before)], moved_on=moved_on, reason=reason, by=by, now=now)[0]


def problem_with(enterprise: Enterprise, to: Place, moved_on: date, today: date) -> str | None:
    """Why it can't move there on that day, in Chinese; None if nothing forbids it."""
    if to.region.pk == enterprise.region_id:
        return f"该企业已在{enterprise.region}，同一区域内更改地址请用“编辑”。"
    if moved_on > today:
        return "迁入日期不能晚于今天，请在迁入后办理。"
    if enterprise.region_since and moved_on < enterprise.region_since:
        return f"该企业 {enterprise.region_since:%Y-%m-%d} 才迁入{enterprise.region}，迁入日期不能早于这一天。"
    return None


def record(
    moved: Sequence[tuple[Enterprise, Place]], *, moved_on: date, reason: str, by: Cadre | None, now: datetime
) -> list[Relocation]:
    """Note moves that are written already, each with the place before; take along what is open, tell those concerned.

    A bounded number of statements for any number of enterprises.
    """
    said = _follow([enterprise.pk for enterprise, _ in moved])
    rows = Relocation.objects.bulk_create(
        Relocation(
            enterprise=enterprise,
            from_region=before.region,
            from_address=before.address,
            to_region=enterprise.region,
            to_address=enterprise.address,
            moved_on=moved_on,
            reason=reason,
            consequences=said.get(enterprise.pk, ""),
            by=by,
            at=now,
        )
        for enterprise, before in moved
    )
    _tell(rows, by, now)
    return rows


def _follow(enterprises: Sequence[int]) -> dict[int, str]:
    said: dict[int, list[str]] = {}
    for name in settings.ENTERPRISE_MOVES if enterprises else ():
        for key, sentence in _follower(name)(enterprises).items():
            said.setdefault(key, []).append(sentence)
    return {key: "；".join(sentences)[:300] for key, sentences in said.items()}


def _tell(rows: Sequence[Relocation], by: Cadre | None, now: datetime) -> None:
    """The offices of both places and the enterprise's team."""
    today = timezone.localdate(now)
    team = Enterprise.objects.filter(pk__in=[row.enterprise_id for row in rows]).with_team_of(today)
    teams = {enterprise.pk: {one.cadre_id for one in enterprise.team} for enterprise in team}
    notices.write([_notice(row, teams.get(row.enterprise_id, set()), by, now) for row in rows])


def _notice(row: Relocation, team: set[int], by: Cadre | None, now: datetime) -> Outbox:
    offices = [audience.of_region(Role.OFFICE, region.pk) for region in (row.from_region, row.to_region)]
    followed = f"{row.consequences}。" if row.consequences else ""
    return Outbox(
        key=f"relocation:{row.pk}",
        audience=[*offices, *(audience.cadre(pk) for pk in sorted(team))],
        subject=f"“{row.enterprise.name[:60]}”已由{row.from_region}迁往{row.to_region}",
        body=f"自 {row.moved_on:%Y-%m-%d} 起。原因：{row.reason}。{followed}包联继续有效，需要更换的请另行安排。",
        url=row.enterprise.get_absolute_url(),
        actor=by,
        created_at=now,
    )


@cache
def _follower(name: str) -> Follower:
    return cast("Follower", import_string(name))
