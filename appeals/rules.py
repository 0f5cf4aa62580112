"""Who may take which step of an appeal: the right, the relation to the case, and the separation of duties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Q

from appeals.models.appeal import SHORTEST_DESCRIPTION
from appeals.workflow import STEPS, SUPERVISED_AFTER_BOUNCES, Status
from cadres.models import Cadre, Department
from cadres.roles import REGIONAL, Role
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from appeals.models import Appeal
    from cadres.models.people import DepartmentQuerySet

SEPARATE_FROM_REPLY: Final = frozenset({"approve", "confirm", "close"})


def has_right(cadre: Cadre, name: str, appeal: Appeal) -> bool:
    """Whether the cadre's roles hold the right that this step needs on this appeal."""
    return cadre.has_perm(_permission(name, appeal))


def refusal(cadre: Cadre, name: str, appeal: Appeal) -> str | None:
    """Why this cadre may not take this step on this appeal, in Chinese; None where they may. Ignores the status."""
    if not has_right(cadre, name, appeal):
        return _whose_right_it_is(name, appeal)
    reason = RELATIONS[name](cadre, appeal)
    if reason is None and name in SEPARATE_FROM_REPLY and _replied(cadre, appeal):
        return "答复人不能审核、确认或销号，请由其他同志办理。"
    return reason


def offered(cadre: Cadre, appeal: Appeal) -> list[str]:
    """The steps that this cadre may take now, in the table's order."""
    return [name for name in STEPS.from_status(appeal.status) if refusal(cadre, name, appeal) is None]


def departments_for(cadre: Cadre, appeal: Appeal) -> DepartmentQuerySet:
    """Departments to which this cadre may assign this appeal: those of its region, above and below it."""
    codes = appeal.region_path.rstrip("/").split("/")
    near = Q(region__code__in=codes) | Q(region__path__startswith=appeal.region_path)
    return Department.objects.visible_to(cadre).handling_appeals().filter(near)


def incomplete(appeal: Appeal) -> str | None:
    """What a draft still lacks before it can be submitted."""
    if not appeal.title.strip():
        return "草稿没有标题，请先补充。"
    if len(appeal.description.strip()) < SHORTEST_DESCRIPTION:
        return f"描述至少 {SHORTEST_DESCRIPTION} 个字，请先补充。"
    return None


def _permission(name: str, appeal: Appeal) -> str:
    """The right that the step needs on this appeal; for most steps the table's."""
    if name == "withdraw" and appeal.status == Status.DRAFT:
        return "appeals.submit_appeal"
    if name == "assign" and appeal.bounces >= SUPERVISED_AFTER_BOUNCES:
        return "appeals.supervise_appeal"
    if name in {"close", "return"} and closing_role(appeal) is Role.SUPERVISOR:
        return "appeals.supervise_appeal"
    return STEPS[name].permission


def _whose_right_it_is(name: str, appeal: Appeal) -> str:
    if _permission(name, appeal) == "appeals.supervise_appeal":
        why = "该诉求已两次退单" if name == "assign" else "该诉求由助企办自己主办"
        return f"{why}，须由督查办理“{STEPS[name].label}”。"
    return f"你的角色不能办理“{STEPS[name].label}”。"


def closing_role(appeal: Appeal) -> Role:
    """Where an office's own department leads, the supervisor closes."""
    if appeal.lead_id and Cadre.objects.holding(Role.OFFICE).filter(department=appeal.lead_id).exists():
        return Role.SUPERVISOR
    return Role.OFFICE


def _replied(cadre: Cadre, appeal: Appeal) -> bool:
    return appeal.events.filter(
        step="reply", cadre=cadre, at__gte=appeal.round_started_at or appeal.created_at
    ).exists()


def _of_registrar(cadre: Cadre, appeal: Appeal) -> str | None:
    return None if appeal.registered_by_id == cadre.pk else "只有登记人可以办理自己的草稿。"


def _of_region(cadre: Cadre, appeal: Appeal) -> str | None:
    inside = cadre.holds(*REGIONAL) and bool(cadre.region_scope) and appeal.region_path.startswith(cadre.region_scope)
    return None if inside else "该诉求不在你的辖区。"


def _of_lead(cadre: Cadre, appeal: Appeal) -> str | None:
    return None if appeal.lead_id and appeal.lead_id == cadre.department_id else "该诉求不由你单位主办。"


def _of_lead_who_may_bounce(cadre: Cadre, appeal: Appeal) -> str | None:
    if appeal.bounces >= SUPERVISED_AFTER_BOUNCES:
        return "该诉求已两次退单，由督查指定主办单位，不能再退。"
    return _of_lead(cadre, appeal)


def _of_lead_or_co(cadre: Cadre, appeal: Appeal) -> str | None:
    if _of_lead(cadre, appeal) is None:
        return None
    if cadre.department_id and appeal.co_departments.filter(pk=cadre.department_id).exists():
        return None
    return "该诉求不由你单位主办或协办。"


def _of_enterprise(cadre: Cadre, appeal: Appeal) -> str | None:
    if not Enterprise.objects.assigned_to(cadre).filter(pk=appeal.enterprise_id).exists():
        return "该企业不由你包联，请由包联专员办理。"
    if appeal.lead_id and appeal.lead_id == cadre.department_id:
        return "主办单位的专员不能代企业确认，请由包联团队的其他单位同志办理。"
    return None


def _of_enterprise_or_registrar(cadre: Cadre, appeal: Appeal) -> str | None:
    if appeal.status == Status.DRAFT:
        return _of_registrar(cadre, appeal)
    if appeal.registered_by_id == cadre.pk:
        return None
    return None if Enterprise.objects.assigned_to(cadre).filter(pk=appeal.enterprise_id).exists() else _NOT_ASSIGNED


_NOT_ASSIGNED: Final = "该企业不由你包联。"

RELATIONS: Final[dict[str, Callable[[Cadre, Appeal], str | None]]] = {
    "submit": _of_registrar,
    "assign": _of_region,
    "decline": _of_region,
    "sign": _of_lead,
    "bounce": _of_lead_who_may_bounce,
    "progress": _of_lead_or_co,
    "reply": _of_lead,
    "approve": _of_lead,
    "send_back": _of_lead,
    "confirm": _of_enterprise,
    "dispute": _of_enterprise,
    "close": _of_region,
    "return": _of_region,
    "withdraw": _of_enterprise_or_registrar,
}
