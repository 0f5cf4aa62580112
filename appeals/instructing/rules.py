"""Who may give an instruction, enter one for a leader, and revoke one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appeals.demanding.rules import ELSEWHERE, has_right, in_region
from appeals.demanding.rules import refusal as refusal_of_demand
from appeals.workflow import OPEN
from cadres.models import Cadre, Department
from cadres.roles import Role

if TYPE_CHECKING:
    from appeals.models import Appeal, Instruction
    from cadres.models.people import CadreQuerySet, DepartmentQuerySet

GIVE: Final = "appeals.give_instruction"
ENTER: Final = "appeals.enter_instruction"
NOT_FOR_YOU: Final = "批示由领导作出，或由助企办按批示件代录。"
NOT_YOURS: Final = "批示由作出批示的领导、代录的助企办或督查撤销。"


def gives(cadre: Cadre, appeal: Appeal) -> bool:
    """Whether this cadre instructs as the leader; else it is the office, for a leader."""
    return cadre.has_perm(GIVE) and in_region(cadre, appeal, Role.LEADER)


def give_refusal(cadre: Cadre, appeal: Appeal) -> str | None:
    """Why this cadre may neither give nor enter an instruction on this case, in Chinese; None where they may."""
    if not (cadre.has_perm(GIVE) or cadre.has_perm(ENTER)):
        return NOT_FOR_YOU
    if not (gives(cadre, appeal) or (cadre.has_perm(ENTER) and in_region(cadre, appeal, Role.OFFICE))):
        return ELSEWHERE
    return None if appeal.status in OPEN else f"该诉求现为“{appeal.status_label}”，不能再批示。"


def refusal(cadre: Cadre, name: str, instruction: Instruction) -> str | None:
    """Why this cadre may not take this step of the instruction, in Chinese; None where they may. Ignores the state."""
    if name != "instruction_revoke":
        return refusal_of_demand(cadre, name, instruction)
    if not has_right(cadre, name, instruction):
        return NOT_YOURS
    own = cadre.pk in {instruction.leader_id, instruction.entered_by_id}
    return None if own or in_region(cadre, instruction.appeal) else NOT_YOURS


def leaders_for(appeal: Appeal) -> CadreQuerySet:
    """The leaders of the appeal's region and above it, whose instructions the office enters."""
    codes = appeal.region_path.rstrip("/").split("/")
    leaders: CadreQuerySet = Cadre.objects.holding(Role.LEADER)
    return leaders.filter(department__region__code__in=codes).order_by("-department__region__path", "name")


def departments_for(appeal: Appeal) -> DepartmentQuerySet:
    """To whom an instruction can be put: who leads the case, and its co-departments; nobody where the office has it."""
    if appeal.lead_id is None:
        return Department.objects.none()
    joined = appeal.co_departments.values("pk")
    return Department.objects.filter(pk__in=joined) | Department.objects.filter(pk=appeal.lead_id)
