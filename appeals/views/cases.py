"""The page of one appeal, and the part of it that its steps replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from appeals import casefile, escalation, papers, referring, rules
from appeals.forms import STEP_FORMS, step_label
from appeals.forms.papers import CommentForm
from appeals.instructing import rules as instruction_rules
from appeals.models import Appeal, Referral
from appeals.supervising import rules as order_rules
from appeals.views.demands import light_up
from appeals.views.lists import NOT_FOR_YOU
from appeals.workflow import FINAL, Status
from cadres.rights import require

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from appeals.casefile import Case
    from appeals.forms import StepForm
    from cadres.http import CadreRequest
    from cadres.models import Cadre

PAGE: Final = "appeals/appeal_detail.html"
RELATED: Final = (
    "enterprise",
    "region__parent",
    "category",
    "lead__region",
    "handler",
    "suggested_lead",
    "registered_by__department",
)
SIGNED: Final = ("leader", "leader_deputy", "entered_by", "answering")  # of an instruction
# What ends or turns back a case stands beside the way forward.
BESIDE: Final = frozenset(
    {
        *("settle", "answer", "decline", "bounce", "pass_on", "ask_reassign", "reassign", "keep_lead", "progress"),
        *("opine", "send_back", "dispute", "return", "return_to_office", "withdraw", "urge"),
    }
)


class Offer(NamedTuple):
    """A step that the reader may take now, as a button: at once, by its form, or on the way to its form."""

    label: str
    url: str
    is_primary: bool
    form: StepForm | None


def detail(request: CadreRequest, pk: int) -> HttpResponse:
    appeal = visible(request, pk)
    return render(request, PAGE, context_of(appeal, request.user, timezone.now()))


def visible(request: CadreRequest, pk: int) -> Case:
    """The appeal with what its page shows; not found where it lies outside the reader's scope."""
    require(request.user, "appeals.view_appeal", NOT_FOR_YOU)
    scope = Appeal.objects.visible_to(request.user).select_related(*RELATED)
    found: Any = get_object_or_404(casefile.with_file(scope), pk=pk)
    case: Case = found
    return case


def context_of(appeal: Case, cadre: Cadre, now: datetime) -> dict[str, Any]:
    events = list(appeal.events.select_related("cadre__department", "on_behalf_of__department"))
    asked, instructions = casefile.asked_of(appeal), list(appeal.instructions.select_related(*SIGNED).order_by("-pk"))
    opinions, outlook = casefile.opinions_of(appeal, asked, now), escalation.outlook(appeal, asked, instructions, now)
    light_up([*instructions], now)
    return {
        "title": appeal.title,
        "appeal": appeal,
        "light": appeal.light_at(now),
        "steps": casefile.stages(appeal, events),
        "facts": casefile.facts(appeal, cadre),
        "entries": casefile.entries(events, outlook.reached, casefile.owing_of(opinions, instructions)),
        "rounds": casefile.rounds(appeal, now),
        "outlook": outlook,
        "others": casefile.others_of(appeal, cadre, now),
        "opinions": opinions,
        "opinions_aside": casefile.how_many_answered(opinions),
        **orders_of(appeal, cadre, now),
        "instructions": instructions,
        "may_instruct": instruction_rules.give_refusal(cadre, appeal) is None,
        "urges": [event for event in reversed(events) if event.step == "urge"],
        **papers_of(appeal, cadre),
        "referrals": Referral.objects.visible_to(cadre).filter(appeal=appeal),
        "may_hand_over": appeal.number is not None and referring.may_hand_over(cadre, appeal),
        "fulfilment": casefile.fulfilment_of(appeal, cadre),
        **panel_of(appeal, cadre),
    }


def orders_of(appeal: Appeal, cadre: Cadre, now: datetime) -> dict[str, Any]:
    """The case's supervision orders, the newest first, and whether the reader may issue another."""
    orders = list(appeal.orders.select_related("issued_for").order_by("-pk"))
    light_up([*orders], now)
    return {
        "orders": orders,
        "order_in_force": next((one for one in orders if one.is_in_force), None),
        "may_issue": order_rules.issue_refusal(cadre, appeal) is None,
    }


def papers_of(appeal: Appeal, cadre: Cadre) -> dict[str, Any]:
    """Files and comments of the case, and the form for another comment where the reader may say something."""
    return {
        "attachments": appeal.attachments.select_related("uploaded_by", "uploaded_by_deputy"),
        "comments": appeal.comments.select_related("cadre__department", "cadre_deputy"),
        "comment_form": CommentForm() if papers.may_comment(cadre, appeal) else None,
        "may_void": appeal.status not in FINAL,
    }


def panel_of(appeal: Appeal, cadre: Cadre) -> dict[str, Any]:
    """What the reader may do now, and otherwise who has to act."""
    stand = rules.Stand(cadre, appeal)
    return {
        "appeal": appeal,
        "offers": [_offer(name, appeal, cadre) for name in rules.offered(stand)],
        "turn": casefile.whose_turn(stand),
        "is_own_draft": appeal.status == Status.DRAFT and appeal.registered_by_id == cadre.pk,
    }


def _offer(name: str, appeal: Appeal, cadre: Cadre) -> Offer:
    url = reverse("appeals:step", args=(appeal.pk, name))
    made = STEP_FORMS[name]
    form = made(appeal=appeal, by=cadre) if made.is_bare else None
    return Offer(step_label(name, appeal), url, name not in BESIDE, form)
