"""包联台账: the list of assignments of specialists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Value
from django.db.models.functions import Coalesce, Concat, Trim
from django.utils import timezone

from enterprises.filters import AssignmentFilter
from enterprises.models import Assignment
from enterprises.views.assignments import LEDGER_SORTS
from reports.ledgers.columns import code, day, long, number, phone, text
from reports.ledgers.kind import LedgerKind
from reports.ledgers.kinds.people import leaders_in_campaign

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet
    from django.http import QueryDict

    from cadres.listing import FilterForm
    from cadres.models import Cadre
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader


def form(data: QueryDict, cadre: Cadre, now: datetime) -> FilterForm:
    """As the list: those of today where no status is asked for."""
    asked = data.copy()
    if not asked.get("status"):
        asked["status"] = "active"
    return AssignmentFilter(asked, cadre=cadre)


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    return Assignment.objects.visible_to(form.cadre).specialists().with_contact_due(timezone.localdate(now))


def columns(reader: Reader) -> list[Column]:
    unit = Trim(Concat(Coalesce("cadre__department__name", Value("")), Value(" "), "cadre__title"))
    return [
        text("专项行动", "campaign__name", 20),
        text("企业名称", "enterprise__name", 32),
        code("统一社会信用代码", "enterprise__credit_code"),
        text("区县", "enterprise__region_path", words=reader.district),
        text("包联领导", leaders_in_campaign(reader.today), 12),
        text("专员", "cadre__name", 10),
        text("单位及职务", unit, 26),
        phone("电话", "cadre__phone", masked=reader.masked),
        day("起始日期", "starts_on"),
        day("终止日期", "ends_on"),
        number("走访频次(天)", "campaign__contact_every_days", 12),
        day("上次走访", "enterprise__last_contact_on"),
        number("逾期天数", "due_on", words=lambda due: _days_late(due, reader.today)),
        long("变更原因", "reason", 30),
    ]


def _days_late(due: date, today: date) -> int:
    return max((today - due).days, 0)


KIND: Final = LedgerKind(
    right="enterprises.view_enterprise",
    refusal="查看包联台账需要业务角色，请联系本单位安全管理员。",
    list_name="enterprises:assignments",
    form=form,
    rows=rows,
    sorts=LEDGER_SORTS,
    default_sort=next(iter(LEDGER_SORTS)),
    columns=columns,
)
