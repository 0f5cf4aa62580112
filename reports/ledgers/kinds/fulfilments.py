"""惠企政策兑现情况清单: the list of fulfilments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import OuterRef

from enterprises.models import Assignment
from policies import periods
from policies.filters import FulfilmentFilter
from policies.models import Fulfilment, Item, Payment
from policies.views.ledger import NOT_FOR_YOU, SORTS
from policies.workflow import Status
from reports.ledgers.columns import amount, code, day, label, long, text
from reports.ledgers.kind import LedgerKind
from reports.ledgers.kinds.people import joined, team_names

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from cadres.listing import FilterForm
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    return Fulfilment.objects.visible_to(form.cadre)


def columns(reader: Reader) -> list[Column]:
    payments = Payment.objects.valid().filter(fulfilment=OuterRef("pk")).order_by().values("fulfilment")
    return [
        text("区县", "region_path", words=reader.district),
        text("企业名称", "enterprise__name", 32),
        code("统一社会信用代码", "enterprise__credit_code"),
        text("政策名称", "item__policy__title", 36),
        text("文号", "item__policy__document_number", 20),
        text("事项", "item__name", 26),
        text("责任部门", "item__department__name", 20),
        label("兑现方式", "item__granting", Item.Granting),
        text("是否符合", "status", 10, words=_fit),
        long("未享原因", "reason", 30),
        text("期次", "period", 14, words=periods.words),
        amount("应享金额", "amount_due"),
        day("申报日期", "declared_on"),
        day("截止日期", "closes_on"),
        label("状态", "status", Status, 12),
        amount("核定金额", "amount_approved"),
        amount("拨付金额", "amount_paid"),
        day("拨付日期", "paid_on"),
        text("凭证号", joined(payments, "voucher"), 22),
        long("堵点", "block", 30),
        text("专员", team_names(Assignment.Role.SPECIALIST, reader.today), 12),
    ]


def _fit(status: str) -> str:
    return Fulfilment(status=status).fit


KIND: Final = LedgerKind(
    right="policies.view_fulfilment",
    refusal=NOT_FOR_YOU,
    list_name="policies:fulfilments",
    form=lambda data, cadre, now: FulfilmentFilter(data, cadre=cadre, now=now),
    rows=rows,
    sorts=SORTS,
    default_sort=next(iter(SORTS)),
    columns=columns,
)
