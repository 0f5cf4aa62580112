"""Who is told of a step of a fulfilment, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from cadres import audience
from cadres import notices as outbox
from cadres.roles import Role
from enterprises.models import Assignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cadres.audience import Target
    from policies.models import Event, Fulfilment


def tell_of_step(event: Event, now: datetime) -> None:
    """Tell those whose turn it is now, or who tell the enterprise; most steps tell nobody."""
    if event.step not in STEP_NOTICES:
        return
    fulfilment = event.fulfilment
    people, words = STEP_NOTICES[event.step]
    reason = event.changes.get("reason") or event.changes.get("block") or ["", ""]
    outbox.tell(
        f"fulfilment-event:{event.pk}",
        people(fulfilment),
        f"{words}：{fulfilment.item.name}",
        body="\n".join(
            filter(None, (f"{fulfilment.enterprise.name} {fulfilment.period_words}", reason[1], event.note))
        ),
        url=fulfilment.get_absolute_url(),
        now=now,
        actor=event.capacity,
    )


def enterprise_side(fulfilment: Fulfilment) -> list[Target]:
    """The enterprise's specialists today, or the office of its region where it has none."""
    team = Assignment.objects.active(timezone.localdate()).specialists().filter(enterprise=fulfilment.enterprise_id)
    people = sorted(set(team.values_list("cadre", flat=True)))
    return [audience.cadre(pk) for pk in people] or _office(fulfilment)


def _office(fulfilment: Fulfilment) -> list[Target]:
    return [audience.of_region(Role.OFFICE, fulfilment.region_id)]


def _department(fulfilment: Fulfilment) -> list[Target]:
    return [audience.of_department(Role.HANDLER, fulfilment.item.department_id)]


def _department_and_office(fulfilment: Fulfilment) -> list[Target]:
    return _department(fulfilment) + _office(fulfilment)


def _both_sides(fulfilment: Fulfilment) -> list[Target]:
    return enterprise_side(fulfilment) + _department(fulfilment)


STEP_NOTICES: Final[dict[str, tuple[Callable[[Fulfilment], list[Target]], str]]] = {
    "declare": (_department, "企业已申报，请受理"),
    "return": (enterprise_side, "申报被退回，请帮企业补正"),
    "reject": (enterprise_side, "审核未通过，请向企业说明"),
    "exclude": (enterprise_side, "认定不符合，请向企业说明"),
    "complete": (enterprise_side, "政策资金已兑现，请告知企业"),
    "reopen": (_both_sides, "兑现事项重新办理"),
    "received": (_department, "企业反映已收到，请核对"),
    "block": (_department_and_office, "政策兑现遇到堵点"),
    "unblock": (_both_sides, "兑现堵点已解除"),
}
