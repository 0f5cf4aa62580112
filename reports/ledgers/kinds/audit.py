"""审计记录: the audit log, with each row's seal, for the audit administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cadres.models import AuditRow
from cadres.models.audit import particulars
from cadres.views.audit import ONLY_AUDITADMIN, RIGHT, SORTS, AuditFilter
from reports.ledgers.columns import code, label, long, moment, number, text
from reports.ledgers.kind import LedgerKind

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from cadres.listing import FilterForm
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    return AuditRow.objects.visible_to(form.cadre)


def columns(reader: Reader) -> list[Column]:
    return [
        moment("时间", "at"),
        label("动作", "action", AuditRow.Action, 14),
        code("用户名", "username", 18),
        text("姓名", "cadre__name", 10),
        text("代谁办理", "on_behalf_of__name", 10),
        text("单位", "cadre__department__name", 24),
        long("对象", "subject", 36),
        long("内容", "detail", 44, words=_in_words),
        code("来源地址", "address", 18),
        code("追踪号", "request_id", 18),
        number("封存序号", "number", 12),
        code("封存码", "digest", 68),
    ]


def _in_words(detail: dict[str, Any]) -> str:
    return "；".join(f"{name}：{value}" for name, value in particulars(detail))


KIND: Final = LedgerKind(
    right=RIGHT,
    refusal=ONLY_AUDITADMIN,
    list_name="cadres:audit",
    form=lambda data, cadre, now: AuditFilter(data, cadre=cadre),
    rows=rows,
    sorts=SORTS,
    default_sort="-at",
    columns=columns,
)
