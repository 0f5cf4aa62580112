"""Naming and ending deputies (AB岗): who may stand in for whom, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from cadres import audience, audit, notices
from cadres.models import AuditRow, Cadre, Deputyship

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

PAGE: Final = "/account/deputies/"


class DeputyError(Exception):
    """A deputyship that can't be. The message is Chinese and says what to do."""


def who_may_deputise(principal: Cadre) -> QuerySet[Cadre]:
    """Colleagues of the same unit, or of a unit in the principal's region or below it, who handle business too."""
    near = Q(department=principal.department_id)
    if principal.region:
        near |= Q(department__region__path__startswith=principal.region.path)
    found: QuerySet[Cadre] = Cadre.objects.doing_business().filter(near).exclude(pk=principal.pk)
    return found


def does_business(cadre: Cadre) -> bool:
    return bool(Cadre.objects.doing_business().filter(pk=cadre.pk).exists())


def in_the_way(principal: Cadre, starts_on: date, ends_on: date) -> Deputyship | None:
    """Who stands in for the principal on one of these days already."""
    rows = Deputyship.objects.filter(principal=principal, ended_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on)
    return rows.select_related("deputy").first()


@transaction.atomic
def name(
    principal: Cadre,
    deputy: Cadre,
    *,
    starts_on: date,
    ends_on: date,
    reason: str,
    by: Cadre,
    now: datetime,
    request: HttpRequest,
) -> Deputyship:
    """Name a deputy and tell both. Raises DeputyError where somebody else stands in meanwhile, or one of them can't."""
    if not does_business(principal) or not who_may_deputise(principal).filter(pk=deputy.pk).exists():
        raise DeputyError(f"{deputy.name}现在不能代理{principal.name}，请刷新后再选。")
    row = Deputyship(principal=principal, deputy=deputy, starts_on=starts_on, ends_on=ends_on, reason=reason)
    row.named_by, row.named_at = by, now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise DeputyError("这段时间已经有人代理，请刷新后再选日期。") from error
    days = f"{starts_on:%Y-%m-%d} 至 {ends_on:%Y-%m-%d}"
    _note(row, f"{days} 由{deputy.name}代理{principal.name}（AB岗）", "named", by, now, body=f"事由：{reason}")
    detail = {"起止": days, "事由": reason}
    audit.record(AuditRow.Action.DEPUTY, cadre=by, subject=f"指定代理：{row}", detail=detail, request=request)
    return row


@transaction.atomic
def end(deputyship: Deputyship, *, by: Cadre, now: datetime, today: date, request: HttpRequest) -> bool:
    """End it from this moment on and tell both; False where it was over before."""
    rows = Deputyship.objects.select_for_update(no_key=True, of=("self",)).select_related("principal", "deputy")
    row = rows.get(pk=deputyship.pk)
    if row.ended_at or row.ends_on < today:
        return False
    row.ended_at, row.ended_by = now, by
    row.save(update_fields=["ended_at", "ended_by"])
    _note(row, f"{row.deputy.name}代理{row.principal.name}（AB岗）已提前结束", "ended", by, now)
    audit.record(AuditRow.Action.DEPUTY, cadre=by, subject=f"结束代理：{row}", request=request)
    return True


def _note(row: Deputyship, subject: str, what: str, by: Cadre, now: datetime, body: str = "") -> None:
    people = [audience.cadre(row.principal_id), audience.cadre(row.deputy_id)]
    notices.tell(f"deputyship:{row.pk}:{what}", people, subject, now=now, body=body, url=PAGE, actor=by)
