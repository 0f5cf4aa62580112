"""督办台账: the list of supervision orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, F, Value, When
from django.db.models.functions import Concat

from appeals.demand_filters import OrderFilter
from appeals.demand_workflow import State
from appeals.models import Order
from appeals.views.demands import SORTS
from appeals.views.orders import NOT_FOR_YOU, RIGHT
from reports.ledgers.columns import code, day, label, long, text
from reports.ledgers.kind import LedgerKind
from workflow.models import OrderColour

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from cadres.listing import FilterForm
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    return Order.objects.visible_to(form.cadre)


def columns(reader: Reader) -> list[Column]:
    """To whom an order was issued stays as it was, whoever has the case now."""
    deputy = When(issued_for=None, then=F("issued_label"))
    issuer = Case(deputy, default=Concat("issued_label", Value("（代"), "issued_for__name", Value("）")))
    return [
        code("督办单号", "number", 24),
        label("颜色", "colour", OrderColour, 8),
        code("诉求编号", "appeal__number", 24),
        text("标题", "appeal__title", 30),
        text("主办单位", "department__name", 20),
        text("下达人", issuer, 12),
        day("下达日期", "issued_at"),
        day("要求反馈日期", "reply_due_at", 14),
        day("反馈日期", "replied_at"),
        long("反馈内容", "reply", 50),
        label("状态", "status", State, 12),
    ]


KIND: Final = LedgerKind(
    right=RIGHT,
    refusal=NOT_FOR_YOU,
    list_name="appeals:orders",
    form=lambda data, cadre, now: OrderFilter(data, cadre=cadre, now=now),
    rows=rows,
    sorts=SORTS,
    default_sort="urgent",
    columns=columns,
)
