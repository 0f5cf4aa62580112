"""Who may take which step of a fulfilment: the right, the relation to it, the separation of duties, and what fits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from cadres.roles import ASSIGNED, DEPARTMENTAL, Role
from enterprises.models import Enterprise
from policies.models.policy import Item
from policies.workflow import PROCESS, RECORD, REOPEN, STEPS, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from cadres.models import Cadre
    from policies.models import Fulfilment

# Who said on the enterprise's behalf that it applies, never examines; who approved an amount, never pays it.
SEPARATE: Final[dict[str, tuple[frozenset[str], str]]] = {
    **dict.fromkeys(
        ("approve", "publicise", "reject"), (frozenset({"declare"}), "登记申报的人不能审核，请由其他同志办理。")
    ),
    **dict.fromkeys(
        ("pay", "void"), (frozenset({"approve", "publicise"}), "核定金额的人不能登记拨付，请由其他同志办理。")
    ),
}
# Taken by entering a payment or voiding one, not by a button of the step alone.
THROUGH_PAYMENTS: Final = frozenset({"pay", "void"})


class Stand:
    """How a cadre stands to a fulfilment. What a rule has to look up is looked up once for all rules."""

    def __init__(self, cadre: Cadre, fulfilment: Fulfilment) -> None:
        self.cadre, self.fulfilment = cadre, fulfilment

    @cached_property
    def is_of_team(self) -> bool:
        """Whether the enterprise is assigned to the cadre today."""
        if not self.cadre.holds(*ASSIGNED):
            return False
        return Enterprise.objects.assigned_to(self.cadre).filter(pk=self.fulfilment.enterprise_id).exists()

    @cached_property
    def steps_taken(self) -> frozenset[str]:
        """The steps that any of those who act here, deputy or principal, took, as deputy or as principal."""
        persons = self.cadre.persons
        own = self.fulfilment.events.filter(Q(cadre__in=persons) | Q(on_behalf_of__in=persons))
        return frozenset(own.order_by().values_list("step", flat=True))


def has_right(cadre: Cadre, name: str) -> bool:
    """Whether the cadre's roles hold the right that this step needs."""
    return cadre.has_perm(STEPS[name].permission)


def refusal(cadre: Cadre, name: str, fulfilment: Fulfilment) -> str | None:
    """Why this cadre may not take this step of this fulfilment, in Chinese; None where they may. Ignores the status."""
    return _refusal(name, Stand(cadre, fulfilment))


def _refusal(name: str, stand: Stand) -> str | None:
    step = STEPS[name]
    if not step.permission or not has_right(stand.cadre, name):
        return f"你的角色不能办理“{step.label}”。"
    if reason := RELATIONS[step.permission](stand):
        return reason
    before, sentence = SEPARATE.get(name, (frozenset(), ""))
    return sentence if before and before & stand.steps_taken else None


def unfit(name: str, fulfilment: Fulfilment) -> str | None:
    """Why the step does not fit this row as it stands, whoever takes it; None where it does. Ignores the status."""
    if reason := unfit_for_item(name, fulfilment.status, fulfilment.item):
        return reason
    return WITHOUT_SENSE[name](fulfilment) if name in WITHOUT_SENSE else None


def unfit_for_item(name: str, status: str, item: Item) -> str | None:
    """Why rows of this item never take this step from this status; None where they may."""
    if name in {"approve", "publicise"} and not item.pays_money:
        return "该事项不拨付资金，请办理“登记已享受”。"
    if name == "enjoy" and item.pays_money:
        return "该事项拨付资金，须经审核、拨付后才算兑现。"
    if name == "accept" and status == Status.ENTITLED and item.granting != Item.Granting.AUTOMATIC:
        return "该事项不是免申即享，请先登记申报。"
    return None


def _nothing_to_lift(fulfilment: Fulfilment) -> str | None:
    return None if fulfilment.block else "该记录没有堵点。"


def _known_already(fulfilment: Fulfilment) -> str | None:
    return f"已登记企业于 {fulfilment.heard_on} 知晓。" if fulfilment.heard_on else None


def _received_already(fulfilment: Fulfilment) -> str | None:
    if not fulfilment.item.pays_money:
        return "该事项不拨付资金，请办理“登记已享受”。"
    return f"已登记企业于 {fulfilment.received_on} 收到。" if fulfilment.received_on else None


def _nothing_left(fulfilment: Fulfilment) -> str | None:
    return None if fulfilment.amount_left > 0 else "核定金额已全部拨付。"


def _nothing_paid(fulfilment: Fulfilment) -> str | None:
    return None if fulfilment.amount_paid > 0 else "该记录没有拨付。"


def _nothing_to_recover(fulfilment: Fulfilment) -> str | None:
    return _nothing_paid(fulfilment) if fulfilment.item.pays_money else None


WITHOUT_SENSE: Final[dict[str, Callable[[Fulfilment], str | None]]] = {
    "unblock": _nothing_to_lift,
    "heard": _known_already,
    "received": _received_already,
    "pay": _nothing_left,
    "void": _nothing_paid,
    "recover": _nothing_to_recover,
}


def offered(cadre: Cadre, fulfilment: Fulfilment) -> list[str]:
    """The steps that this cadre may take now, in the table's order."""
    stand, possible = Stand(cadre, fulfilment), STEPS.from_status(fulfilment.status)
    return [name for name in possible if unfit(name, fulfilment) is None and _refusal(name, stand) is None]


def _in_region(stand: Stand) -> bool:
    scope = stand.cadre.region_scope
    return stand.cadre.holds(Role.OFFICE) and bool(scope) and stand.fulfilment.region_path.startswith(scope)


def _responsible(stand: Stand) -> bool:
    return stand.cadre.holds(*DEPARTMENTAL) and stand.fulfilment.item.department_id == stand.cadre.department_id


def _records(stand: Stand) -> str | None:
    if _responsible(stand) or _in_region(stand) or stand.is_of_team:
        return None
    return "请由包联专员、责任部门或辖区助企办登记。"


def _processes(stand: Stand) -> str | None:
    if _responsible(stand) or _in_region(stand):
        return None
    return "请由责任部门或辖区助企办办理。"


def _reopens(stand: Stand) -> str | None:
    return None if _in_region(stand) else "请由辖区助企办办理。"


RELATIONS: Final[dict[str, Callable[[Stand], str | None]]] = {
    RECORD: _records,
    PROCESS: _processes,
    REOPEN: _reopens,
}
