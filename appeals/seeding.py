"""Categories, limits and the terms of orders and instructions, seeded after migrate and never over an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appeals.models import Category, Limit, ReplyTerm
from appeals.models.instructions import TERM
from appeals.models.tables import Urgency
from workflow.models import OrderColour, Unit

if TYPE_CHECKING:
    from django.apps import AppConfig

CATEGORIES: Final = (
    *("融资信贷", "用工社保", "人才引进", "原材料供应链", "物流运输", "用地厂房", "水电气热", "审批证照"),
    *("政策兑现", "税费减免", "市场订单", "账款拖欠", "环保安全", "科技创新", "涉法执法", "防疫物资通行"),
    *("基础设施配套", "历史遗留", "其他"),
)

DAYS, MINUTES, CLOCK = Unit.WORKING_DAYS, Unit.WORKING_MINUTES, Unit.CLOCK_MINUTES

# product.md §4: sign within, first contact within, settle within; the opinion of a co-department within.
LIMITS: Final = (
    (Urgency.CRITICAL, (30, CLOCK), (60, CLOCK), (240, CLOCK), (120, CLOCK)),
    (Urgency.URGENT, (240, MINUTES), (2, DAYS), (3, DAYS), (1, DAYS)),
    (Urgency.PRESSING, (1, DAYS), (1, DAYS), (5, DAYS), (2, DAYS)),
    (Urgency.ORDINARY, (1, DAYS), (2, DAYS), (10, DAYS), (3, DAYS)),
)

# An order is answered sooner the graver it is: colour (or instruction), the term of 特急 cases, that of the others.
REPLY_TERMS: Final = (
    (OrderColour.BLUE, (1, DAYS), (5, DAYS)),
    (OrderColour.YELLOW, (240, CLOCK), (3, DAYS)),
    (OrderColour.RED, (120, CLOCK), (2, DAYS)),
    (TERM, (240, CLOCK), (3, DAYS)),
)


def seed(sender: AppConfig, **kwargs: Any) -> None:
    if not Category.objects.exists():
        Category.objects.bulk_create(Category(name=name, position=place) for place, name in enumerate(CATEGORIES))
    if not Limit.objects.exists():
        Limit.objects.bulk_create(
            Limit(
                urgency=urgency,
                sign_amount=sign[0],
                sign_unit=sign[1],
                contact_amount=contact[0],
                contact_unit=contact[1],
                settle_amount=settle[0],
                settle_unit=settle[1],
                opinion_amount=opinion[0],
                opinion_unit=opinion[1],
            )
            for urgency, sign, contact, settle, opinion in LIMITS
        )
    if not ReplyTerm.objects.exists():
        ReplyTerm.objects.bulk_create(
            ReplyTerm(colour=colour, critical=critical, amount=amount, unit=unit)
            for colour, *terms in REPLY_TERMS
            for critical, (amount, unit) in zip((True, False), terms, strict=True)
        )
