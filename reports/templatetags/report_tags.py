"""How figures and their rows are shown: {% load report_tags %}."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import template
from django.utils.safestring import SafeString

from cadres.templatetags.ui import tag
from enterprises.models.status import COLOURS
from policies.models.fulfilment import STATUS_COLOURS
from policies.workflow import Status
from reports.indicators import DASH, Ending, Figure, Standing
from reports.indicators.coverage import ANSWERED_FOR, VISITED

register = template.Library()

CENTS: Final = Decimal("0.01")
ENDING_COLOURS: Final = {Ending.ON_TIME: "green", Ending.LATE: "yellow", Ending.OVERDUE: "red"}


@register.simple_tag
def standing_tag(code: int) -> SafeString:
    """全面复工, 未报 …: how an enterprise of the base stands."""
    standing = Standing.of(code)
    return tag(standing.label, COLOURS.get(standing.state or "", "grey"))


@register.filter
def days_old(code: int) -> str:
    """Of which day its status is: 当日, or how old what is carried over (沿用)."""
    standing = Standing.of(code)
    if standing.age is None:
        return "近 3 日没有状况"
    return f"沿用 {standing.age} 天前" if standing.carried else "当日"


@register.simple_tag
def case_tag(code: int) -> SafeString:
    """按时办结, 超期办结, 超期未办结."""
    return tag(Ending(code).label, ENDING_COLOURS[Ending(code)])


@register.simple_tag
def ledger_tag(code: int) -> SafeString:
    """应享, 已兑现 …: how a row of the policy ledger stood."""
    status = list(Status)[code]
    return tag(status.label, STATUS_COLOURS[status])


@register.filter
def share(row: Any) -> str:
    """What one row adds above the line, as a share of what it adds below."""
    return Figure(row.above_line or 0, row.below_line or 0).text


@register.filter
def amount(value: Decimal | None) -> str:
    """A sum without needless zeros: 1200, 85.5; a dash where there is none."""
    return DASH if value is None else f"{value.quantize(CENTS).normalize():f}"


@register.filter
def is_answered_for(row: Any) -> bool:
    return bool(row.standing & ANSWERED_FOR)


@register.filter
def is_visited(row: Any) -> bool:
    return bool(row.standing & VISITED)
