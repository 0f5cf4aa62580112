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

    from django.db.models import QuerySet

    from appeals.models import Appeal
    from cadres.models.people import DepartmentQuerySet

SEPARATE_FROM_REPLY: Final = frozenset({"approve", "confirm", "close"})
# Steps that a deputy of the lead department takes for nobody.
SEPARATE_FROM_LEAD: Final = frozenset({"confirm", "dispute", "close"})
SUPERVISE: Final = "appeals.supervise_appeal"
ANSWERING: Final = ("reply", "answer", "settle")
# Steps of the office that a supervisor takes as well, and alone after the second bounce.
MOVING: Final = frozenset({"reassign", "keep_lead"})


def has_right(cadre: Cadre, name: str, appeal: Appeal) -> bool:
    """Whether the cadre's roles hold a right that this step needs on this appeal."""
    return any(cadre.has_perm(right) for right in _permissions(name, appeal))


def refusal(cadre: Cadre, name: str, appeal: Appeal) -> str | None:
    """Why this cadre may not take this step on this appeal, in Chinese; None where they may. Ignores the status."""
    if not has_right(cadre, name, appeal):
        return _whose_right_it_is(name, appeal)
    reason = RELATIONS[name](cadre, appeal)
    if reason is None and name in SEPARATE_FROM_REPLY and _replied(cadre, appeal):
        return "答复人不能审核、确认或销号，请由其他同志办理。"
    if reason is None and name in SEPARATE_FROM_LEAD and _deputy_is_of_lead(cadre, appeal):
        return "你是主办单位的同志，不能代他人确认或销号，请由其他同志办理。"
    return reason


def offered(cadre: Cadre, appeal: Appeal) -> list[str]:
    """The steps that this cadre may take now, in the table's order."""
    return [name for name in STEPS.from_status(appeal.status) if refusal(cadre, name, appeal) is None]


def departments_for(cadre: Cadre, appeal: Appeal) -> DepartmentQuerySet:
    """Departments to which this cadre may assign this appeal: those of its region, above and below it."""
    codes = appeal.region_path.rstrip("/").split("/")
    near = Q(region__code__in=codes) | Q(region__path__startswith=appeal.region_path)
    return Department.objects.visible_to(cadre).handling_appeals().filter(near)


def is_near(department: Department, appeal: Appeal) -> bool:
    """Whether the department is of the appeal's region, above or below it, as departments_for() chooses."""
    region = department.region
    return region.code in appeal.region_path.split("/") or region.path.startswith(appeal.region_path)


def colleagues_for(appeal: Appeal) -> QuerySet[Cadre]:
    """To whom the head of the lead department may pass this appeal on."""
    handlers: QuerySet[Cadre] = Cadre.objects.holding(Role.HANDLER)
    return handlers.filter(department=appeal.lead_id).exclude(pk=appeal.handler_id or 0)


def can_handle(appeal: Appeal) -> bool:
    """Whether the lead department has anybody who handles; the office's own, after a direct answer, may have none."""
    handlers: QuerySet[Cadre] = Cadre.objects.holding(Role.HANDLER)
    return bool(appeal.lead_id) and handlers.filter(department=appeal.lead_id).exists()


def incomplete(appeal: Appeal) -> str | None:
    """What a draft still lacks before it can be submitted."""
    if not appeal.title.strip():
        return "草稿没有标题，请先补充。"
    if len(appeal.description.strip()) < SHORTEST_DESCRIPTION:
        return f"描述至少 {SHORTEST_DESCRIPTION} 个字，请先补充。"
    return None


def _permissions(name: str, appeal: Appeal) -> tuple[str, ...]:
    """The rights of which the step needs one on this appeal; for most steps the table's."""
    if name == "withdraw" and appeal.status == Status.DRAFT:
        return ("appeals.submit_appeal",)
    if name in {"assign", *MOVING} and appeal.bounces >= SUPERVISED_AFTER_BOUNCES:
        return (SUPERVISE,)
    if name in {"close", "return"} and closing_role(appeal) is Role.SUPERVISOR:
        return (SUPERVISE,)
    return (STEPS[name].permission, SUPERVISE) if name in MOVING else (STEPS[name].permission,)


def _whose_right_it_is(name: str, appeal: Appeal) -> str:
    if _permissions(name, appeal) == (SUPERVISE,):
        why = "该诉求由助企办自己主办" if name in {"close", "return"} else "该诉求已两次退单"
        return f"{why}，须由督查办理“{STEPS[name].label}”。"
    return f"你的角色不能办理“{STEPS[name].label}”。"


def closing_role(appeal: Appeal) -> Role:
    """Where an office's own department leads, the supervisor closes."""
    if appeal.lead_id and Cadre.objects.holding(Role.OFFICE).filter(department=appeal.lead_id).exists():
        return Role.SUPERVISOR
    return Role.OFFICE


def _replied(cadre: Cadre, appeal: Appeal) -> bool:
    """Whether any of those who act here, deputy or principal, had a part in the answer, as deputy or as principal."""
    answers = appeal.events.filter(step__in=ANSWERING, at__gte=appeal.round_started_at or appeal.created_at)
    return answers.filter(Q(cadre__in=cadre.persons) | Q(on_behalf_of__in=cadre.persons)).exists()


def _deputy_is_of_lead(cadre: Cadre, appeal: Appeal) -> bool:
    return bool(cadre.deputy and appeal.lead_id and cadre.deputy.department_id == appeal.lead_id)


def _of_registrar(cadre: Cadre, appeal: Appeal) -> str | None:
    return None if appeal.registered_by_id == cadre.pk else "只有登记人可以办理自己的草稿。"


def _of_region(cadre: Cadre, appeal: Appeal) -> str | None:
    inside = cadre.holds(*REGIONAL) and bool(cadre.region_scope) and appeal.region_path.startswith(cadre.region_scope)
    return None if inside else "该诉求不在你的辖区。"


def _of_region_with_lead(cadre: Cadre, appeal: Appeal) -> str | None:
    if appeal.lead_id is None:
        return "现场办结的诉求没有主办单位，请改用“退回受理”。"
    return _of_region(cadre, appeal)


def _of_region_without_lead(cadre: Cadre, appeal: Appeal) -> str | None:
    if appeal.lead_id is not None:
        return "该诉求有主办单位，请改用“退回办理”。"
    return _of_region(cadre, appeal)


def _of_region_to_decide(cadre: Cadre, appeal: Appeal) -> str | None:
    return _of_region(cadre, appeal) if appeal.transfer_asked_at else "主办单位没有申请改派。"


def _of_registrar_who_represents(cadre: Cadre, appeal: Appeal) -> str | None:
    """A difficulty solved on the spot: the specialist who registered it speaks for the enterprise."""
    if refused := _of_registrar(cadre, appeal):
        return refused
    return None if Enterprise.objects.assigned_to(cadre).filter(pk=appeal.enterprise_id).exists() else _NOT_ASSIGNED


def _of_lead_without_request(cadre: Cadre, appeal: Appeal) -> str | None:
    return "已申请改派，正等待决定。" if appeal.transfer_asked_at else _of_lead(cadre, appeal)


def _of_region_or_team(cadre: Cadre, appeal: Appeal) -> str | None:
    """A supervisor's region, or an enterprise that the team leader's team holds."""
    if cadre.holds(Role.SUPERVISOR) and _of_region(cadre, appeal) is None:
        return None
    return None if Enterprise.objects.assigned_to(cadre).filter(pk=appeal.enterprise_id).exists() else _NOT_ASSIGNED


def _of_lead(cadre: Cadre, appeal: Appeal) -> str | None:
    return None if appeal.lead_id and appeal.lead_id == cadre.department_id else "该诉求不由你单位主办。"


def _of_lead_who_may_bounce(cadre: Cadre, appeal: Appeal) -> str | None:
    if appeal.bounces >= SUPERVISED_AFTER_BOUNCES:
        return "该诉求已两次退单，由督查指定主办单位，不能再退。"
    return _of_lead(cadre, appeal)


def _of_department_asked(cadre: Cadre, appeal: Appeal) -> str | None:
    asked = appeal.opinions.asked().filter(round=appeal.round, department=cadre.department_id or 0)
    return None if asked.exists() else "没有征求你单位的会办意见。"


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
    "settle": _of_registrar_who_represents,
    "assign": _of_region,
    "answer": _of_region,
    "decline": _of_region,
    "sign": _of_lead,
    "bounce": _of_lead_who_may_bounce,
    "pass_on": _of_lead,
    "ask_reassign": _of_lead_without_request,
    "reassign": _of_region,
    "keep_lead": _of_region_to_decide,
    "progress": _of_lead_or_co,
    "opine": _of_department_asked,
    "reply": _of_lead,
    "approve": _of_lead,
    "send_back": _of_lead,
    "confirm": _of_enterprise,
    "dispute": _of_enterprise,
    "close": _of_region,
    "return": _of_region_with_lead,
    "return_to_office": _of_region_without_lead,
    "withdraw": _of_enterprise_or_registrar,
    "urge": _of_region_or_team,
}
