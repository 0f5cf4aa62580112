"""每日状况: what was reported of each operating enterprise for one day; a row without a report is 未报."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.db.models import Case, F, FilteredRelation, FloatField, Q, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from cadres.models import signature
from enterprises.filters import StatusFilter
from enterprises.models import Enterprise, OperatingStatus
from enterprises.views.status import SORTS
from reports.ledgers.columns import code, day, label, long, number, rate, text
from reports.ledgers.kind import LedgerKind

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import QueryDict

    from cadres.listing import FilterForm
    from cadres.models import Cadre
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader

STATES: Final = {str(value): str(word) for value, word in OperatingStatus.State.choices}


def form(data: QueryDict, cadre: Cadre, now: datetime) -> FilterForm:
    """As the list: of today where no day is named. From then on the day is part of the filter."""
    asked = data.copy()
    if not asked.get("day"):
        asked["day"] = timezone.localdate(now).isoformat()
    return StatusFilter(asked, cadre=cadre)


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    shown = cast("StatusFilter", form).shown_day
    report = FilteredRelation("statuses", condition=Q(statuses__day=shown))
    return Enterprise.objects.visible_to(form.cadre).operating().annotate(report=report, of_day=Value(shown))


def columns(reader: Reader) -> list[Column]:
    share = Cast("report__on_duty", FloatField()) / F("report__due")
    return [
        day("日期", "of_day"),
        text("区县", "region_path", words=reader.district),
        text("企业名称", "name", 32),
        code("统一社会信用代码", "credit_code"),
        label("统计类别", "category", Enterprise.Category, 13),
        text("复工状态", Case(When(report__state=None, then=Value("")), default="report__state"), words=_state),
        number("应到人数", "report__due"),
        number("在岗人数", "report__on_duty"),
        rate("返岗率", Case(When(report__due__gt=0, then=share))),
        rate("产能利用率", Cast("report__utilisation", FloatField()) / 100.0, 11),
        number("用电量(kWh)", "report__kwh", 14),
        number("基准日用电(kWh)", "baseline_kwh", 16),
        label("来源", "report__source", OperatingStatus.Source),
        text("上报人", signature("report__reported_by"), 10),
        long("备注", "report__remarks", 36),
    ]


def _state(state: str) -> str:
    return STATES.get(state, "未报")


KIND: Final = LedgerKind(
    right="enterprises.view_enterprise",
    refusal="查看生产经营状况需要业务角色，请联系本单位安全管理员。",
    list_name="enterprises:status",
    form=form,
    rows=rows,
    sorts=SORTS,
    default_sort=next(iter(SORTS)),
    columns=columns,
)
