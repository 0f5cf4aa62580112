"""Who may issue an order, answer it, and judge the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appeals.models import Appeal
from appeals.order_workflow import ANSWER, ORDER_STEPS, SUPERVISE
from appeals.workflow import OPEN
from cadres.models import Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from appeals.models import Order

NOT_SUPERVISING: Final = "督办单由督查下达、认可、退回和撤销。"
NOT_ANSWERING: Final = "督办单由主办单位的承办人或负责人反馈。"


def in_region(cadre: Cadre, appeal: Appeal) -> bool:
    """Within the region of a supervisor."""
    scope = cadre.region_scope
    return cadre.holds(Role.SUPERVISOR) and bool(scope) and appeal.region_path.startswith(scope)


def issue_refusal(cadre: Cadre, appeal: Appeal) -> str | None:
    """Why this cadre may not issue an order on this case as it stands, in Chinese; None where they may."""
    if not cadre.has_perm(SUPERVISE):
        return NOT_SUPERVISING
    if not in_region(cadre, appeal):
        return "该诉求不在你的辖区。"
    return None if appeal.status in OPEN else f"该诉求现为“{appeal.status_label}”，不能下达督办单。"


def has_right(cadre: Cadre, name: str) -> bool:
    return cadre.has_perm(ORDER_STEPS[name].permission)


def refusal(cadre: Cadre, name: str, order: Order) -> str | None:
    """Why this cadre may not take this step of the order, in Chinese; None where they may. Ignores the state."""
    if not has_right(cadre, name):
        return NOT_ANSWERING if ORDER_STEPS[name].permission == ANSWER else NOT_SUPERVISING
    if name == "order_answer":
        mine = order.answering_id is not None and order.answering_id == cadre.department_id
        return None if mine else "该督办单不由你单位反馈。"
    if not in_region(cadre, order.appeal):
        return "该诉求不在你的辖区。"
    answered = {order.replied_by_id, order.replied_by_deputy_id}
    is_own = name == "order_accept" and not answered.isdisjoint(cadre.persons)
    return "反馈人不能认可自己的反馈。" if is_own else None


def offered(cadre: Cadre, order: Order) -> list[str]:
    """The steps that this cadre may take now, in the table's order."""
    names = ORDER_STEPS.from_status(order.status)
    return [name for name in names if ORDER_STEPS[name].permission and refusal(cadre, name, order) is None]
