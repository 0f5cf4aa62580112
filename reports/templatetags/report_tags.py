"""How figures and their rows are shown: {% load report_tags %}."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cadres.templatetags.ui import tag
from enterprises.models.status import COLOURS
from reports.indicators import Ending, Standing
from reports.outputs.tables import words

register = template.Library()

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


@register.filter
def points(value: Decimal | None) -> str:
    """+1.8, a dash where there is nothing to compare with."""
    return words(value)


@register.simple_tag
def counted(number: int, indicator: str, part: str, region: str, query: str) -> SafeString:
    """A number that leads to the rows it counts; plain where no region names them."""
    if not region:
        return format_html("{}", number)
    address = reverse("reports:rows", args=(indicator,))
    return format_html('<a href="{}?part={}&amp;region={}&amp;{}">{}</a>', address, part, region, query, number)
