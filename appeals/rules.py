"""Who may take which step of an appeal: the right, the relation to the case, and the separation of duties."""

from __future__ import annotations

from functools import cached_property
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


class Stand:
    """How a cadre stands to a case. What a rule has to look up is looked up once for all rules."""

    def __init__(self, cadre: Cadre, appeal: Appeal) -> None:
        self.cadre, self.appeal = cadre, appeal

    @cached_property
    def is_of_team(self) -> bool:
        """Whether the enterprise is assigned to the cadre today."""
        return Enterprise.objects.assigned_to(self.cadre).filter(pk=self.appeal.enterprise_id).exists()

    @cached_property
    def has_replied(self) -> bool:
        """Whether any of those who act here, deputy or principal, had a part in the answer, as deputy or principal."""
        since = self.appeal.round_started_at or self.appeal.created_at
        answers = self.appeal.events.filter(step__in=ANSWERING, at__gte=since)
        persons = self.cadre.persons
        return answers.filter(Q(cadre__in=persons) | Q(on_behalf_of__in=persons)).exists()

    @cached_property
    def closing_role(self) -> Role:
        return closing_role(self.appeal)


def has_right(cadre: Cadre, name: str, appeal: Appeal) -> bool:
    """Whether the cadre's roles hold a right that this step needs on this appeal."""
    return _has_right(name, Stand(cadre, appeal))


def refusal(cadre: Cadre, name: str, appeal: Appeal) -> str | None:
    """Why this cadre may not take this step on this appeal, in Chinese; None where they may. Ignores the status."""
    return _refusal(name, Stand(cadre, appeal))


def offered(stand: Stand) -> list[str]:
    """The steps that may be taken now by whoever stands so, in the table's order."""
    return [name for name in STEPS.from_status(stand.appeal.status) if _refusal(name, stand) is None]


def _has_right(name: str, stand: Stand) -> bool:
    return any(stand.cadre.has_perm(right) for right in _permissions(name, stand))


def _refusal(name: str, stand: Stand) -> str | None:
    if not _has_right(name, stand):
        return _whose_right_it_is(name, stand)
    reason = RELATIONS[name](stand)
    if reason is None and name in SEPARATE_FROM_REPLY and stand.has_replied:
        return "答复人不能审核、确认或销号，请由其他同志办理。"
    if reason is None and name in SEPARATE_FROM_LEAD and _deputy_is_of_lead(stand):
        return "你是主办单位的同志，不能代他人确认或销号，请由其他同志办理。"
    return reason


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


def _permissions(name: str, stand: Stand) -> tuple[str, ...]:
    """The rights of which the step needs one on this appeal; for most steps the table's."""
    appeal = stand.appeal
    if name == "withdraw" and appeal.status == Status.DRAFT:
        return ("appeals.submit_appeal",)
    if name in {"assign", *MOVING} and appeal.bounces >= SUPERVISED_AFTER_BOUNCES:
        return (SUPERVISE,)
    if name in {"close", "return"} and stand.closing_role is Role.SUPERVISOR:
        return (SUPERVISE,)
    return (STEPS[name].permission, SUPERVISE) if name in MOVING else (STEPS[name].permission,)


def _whose_right_it_is(name: str, stand: Stand) -> str:
    if _permissions(name, stand) == (SUPERVISE,):
        why = "该诉求由助企办自己主办" if name in {"close", "return"} else "该诉求已两次退单"
        return f"{why}，须由督查办理“{STEPS[name].label}”。"
    return f"你的角色不能办理“{STEPS[name].label}”。"


def closing_role(appeal: Appeal) -> Role:
    """Where an office's own department leads, the supervisor closes."""
    if appeal.lead_id and Cadre.objects.holding(Role.OFFICE).filter(department=appeal.lead_id).exists():
        return Role.SUPERVISOR
    return Role.OFFICE


def _deputy_is_of_lead(stand: Stand) -> bool:
    return bool(
        stand.cadre.deputy and stand.appeal.lead_id and stand.cadre.deputy.department_id == stand.appeal.lead_id
    )


def _of_registrar(stand: Stand) -> str | None:
    return None if stand.appeal.registered_by_id == stand.cadre.pk else "只有登记人可以办理自己的草稿。"


def _of_region(stand: Stand) -> str | None:
    inside = (
        stand.cadre.holds(*REGIONAL)
        and bool(stand.cadre.region_scope)
        and stand.appeal.region_path.startswith(stand.cadre.region_scope)
    )
    return None if inside else "该诉求不在你的辖区。"


def _of_region_with_lead(stand: Stand) -> str | None:
    if stand.appeal.lead_id is None:
        return "现场办结的诉求没有主办单位，请改用“退回受理”。"
    return _of_region(stand)


def _of_region_without_lead(stand: Stand) -> str | None:
    if stand.appeal.lead_id is not None:
        return "该诉求有主办单位，请改用“退回办理”。"
    return _of_region(stand)


def _of_region_to_decide(stand: Stand) -> str | None:
    return _of_region(stand) if stand.appeal.transfer_asked_at else "主办单位没有申请改派。"


def _of_registrar_who_represents(stand: Stand) -> str | None:
    """A difficulty solved on the spot: the specialist who registered it speaks for the enterprise."""
    if refused := _of_registrar(stand):
        return refused
    return None if stand.is_of_team else _NOT_ASSIGNED


def _of_lead_without_request(stand: Stand) -> str | None:
    return "已申请改派，正等待决定。" if stand.appeal.transfer_asked_at else _of_lead(stand)


def _of_region_or_team(stand: Stand) -> str | None:
    """A supervisor's region, or an enterprise that the team leader's team holds."""
    if stand.cadre.holds(Role.SUPERVISOR) and _of_region(stand) is None:
        return None
    return None if stand.is_of_team else _NOT_ASSIGNED


def _of_lead(stand: Stand) -> str | None:
    return (
        None if stand.appeal.lead_id and stand.appeal.lead_id == stand.cadre.department_id else "该诉求不由你单位主办。"
    )


def _of_lead_who_may_bounce(stand: Stand) -> str | None:
    if stand.appeal.bounces >= SUPERVISED_AFTER_BOUNCES:
        return "该诉求已两次退单，由督查指定主办单位，不能再退。"
    return _of_lead(stand)


def _of_department_asked(stand: Stand) -> str | None:
    asked = stand.appeal.opinions.asked().filter(round=stand.appeal.round, department=stand.cadre.department_id or 0)
    return None if asked.exists() else "没有征求你单位的会办意见。"


def _of_lead_or_co(stand: Stand) -> str | None:
    if _of_lead(stand) is None:
        return None
    if stand.cadre.department_id and stand.appeal.co_departments.filter(pk=stand.cadre.department_id).exists():
        return None
    return "该诉求不由你单位主办或协办。"


def _of_enterprise(stand: Stand) -> str | None:
    if not stand.is_of_team:
        return "该企业不由你包联，请由包联专员办理。"
    if stand.appeal.lead_id and stand.appeal.lead_id == stand.cadre.department_id:
        return "主办单位的专员不能代企业确认，请由包联团队的其他单位同志办理。"
    return None


def _of_enterprise_or_registrar(stand: Stand) -> str | None:
    if stand.appeal.status == Status.DRAFT:
        return _of_registrar(stand)
    if stand.appeal.registered_by_id == stand.cadre.pk:
        return None
    return None if stand.is_of_team else _NOT_ASSIGNED


_NOT_ASSIGNED: Final = "该企业不由你包联。"

RELATIONS: Final[dict[str, Callable[[Stand], str | None]]] = {
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
