"""走访记录: the list of visits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject

from appeals.models import Appeal, Event
from cadres.masking import masked_name
from enterprises.models import OperatingStatus, OperatingStatusHistory
from reports.ledgers.columns import code, day, label, long, number, rate, text
from reports.ledgers.kind import LedgerKind
from reports.ledgers.kinds.people import joined
from visits.filters import VisitFilter
from visits.models import Visit, VisitPhoto
from visits.views.records import SORTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from cadres.listing import FilterForm
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader

REPORTED: Final = ("due", "on_duty", "utilisation")
ON_THE_SPOT: Final = "settle"


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    return Visit.objects.visible_to(form.cadre).with_appeal_count()


def columns(reader: Reader) -> list[Column]:
    raised = Visit.appeals.through.objects.filter(visit=OuterRef("pk")).order_by().values("visit")
    seen = raised.filter(appeal__in=Appeal.objects.visible_to(reader.cadre).values("pk"))
    settled = seen.filter(appeal__in=Event.objects.filter(step=ON_THE_SPOT).values("appeal"))
    photos = VisitPhoto.objects.filter(visit=OuterRef("pk")).order_by().values("visit").annotate(taken=Count("pk"))
    return [
        code("编号", "number", 24),
        day("走访日期", "visited_on"),
        label("方式", "manner", Visit.Manner, 8),
        text("专员", "cadre__name", 10),
        text("企业名称", "enterprise__name", 32),
        code("统一社会信用代码", "enterprise__credit_code"),
        text("接待人及职务", JSONObject(name="receiver_name", title="receiver_title"), 18, words=_receiver(reader)),
        number("在岗人数", _reported(), words=_fact("on_duty")),
        number("应到人数", _reported(), words=_fact("due")),
        rate("产能利用率", _reported(), 11, words=_percent),
        long("宣讲政策", "policies_explained", 36),
        long("困难", joined(seen, "appeal__title"), 36),
        number("新增诉求数", "appeal_count", 11),
        long("意见建议", "suggestions", 36),
        long("现场解决", joined(settled, "appeal__title"), 30),
        number("照片数", Coalesce(Subquery(photos.values("taken")), 0), 8),
        day("下次联系", "next_contact_on"),
    ]


def _receiver(reader: Reader) -> Callable[[dict[str, str]], str]:
    """张* 总经理; the name in full for those who may see it."""
    hide = masked_name if reader.masked else str
    return lambda found: f"{hide(found['name'])} {found['title']}".strip()


def _reported() -> Combinable:
    """What the visit reported of its day: as it stood when the visit was logged, whatever replaced it later."""
    of_day = {"enterprise": OuterRef("enterprise"), "day": OuterRef("visited_on")}
    facts = JSONObject(**{name: name for name in REPORTED})
    then = OperatingStatusHistory.objects.filter(
        **of_day, reported_at__lte=OuterRef("logged_at"), replaced_at__gt=OuterRef("logged_at")
    )
    now = OperatingStatus.objects.filter(**of_day)
    return Coalesce(
        Subquery(then.order_by("-reported_at", "-pk").annotate(facts=facts).values("facts")[:1]),
        Subquery(now.annotate(facts=facts).values("facts")[:1]),
    )


def _fact(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda found: found[name]


def _percent(found: dict[str, Any]) -> float | None:
    value = found["utilisation"]
    return None if value is None else float(value) / 100


KIND: Final = LedgerKind(
    right="visits.view_visit",
    refusal="走访记录由驻企特派专员、包联领导、办公室、督查和领导查看。",
    list_name="visits:list",
    form=lambda data, cadre, now: VisitFilter(data, cadre=cadre),
    rows=rows,
    sorts=SORTS,
    default_sort="-day",
    columns=columns,
)
