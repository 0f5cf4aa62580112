"""Who may answer a demand, and judge the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadres.models import Cadre
from cadres.roles import Role

if TYPE_CHECKING:
    from appeals.models import Appeal
    from appeals.models.demands import Demand

ELSEWHERE = "该诉求不在你的辖区。"


def in_region(cadre: Cadre, appeal: Appeal, *roles: Role) -> bool:
    """Within the region of a cadre who holds one of these roles, by default that of a supervisor."""
    scope = cadre.region_scope
    return cadre.holds(*(roles or (Role.SUPERVISOR,))) and bool(scope) and appeal.region_path.startswith(scope)


def has_right(cadre: Cadre, name: str, demand: Demand) -> bool:
    return cadre.has_perm(demand.steps[name].permission)


def refusal(cadre: Cadre, name: str, demand: Demand) -> str | None:
    """Why this cadre may not take this step of the demand, in Chinese; None where they may. Ignores the state."""
    kind = demand.kind()
    if name == f"{kind}_answer":
        if not has_right(cadre, name, demand):
            return f"{demand.noun}由承办单位的承办人或负责人反馈。"
        mine = demand.answering_id is not None and demand.answering_id == cadre.department_id
        return None if mine else f"该{demand.noun}不由你单位反馈。"
    if not has_right(cadre, name, demand):
        return f"{demand.noun}的反馈由督查认可、退回，{demand.noun}由督查撤销。"
    if not in_region(cadre, demand.appeal):
        return ELSEWHERE
    answered = {demand.replied_by_id, demand.replied_by_deputy_id}
    is_own = name == f"{kind}_accept" and not answered.isdisjoint(cadre.persons)
    return "反馈人不能认可自己的反馈。" if is_own else None
