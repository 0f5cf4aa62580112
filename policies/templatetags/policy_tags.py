"""How amounts are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html

if TYPE_CHECKING:
    from decimal import Decimal

    from django.utils.safestring import SafeString

    from policies.models import Policy

register = template.Library()


@register.filter
def yuan(amount: Decimal | None) -> str:
    """123,456.70; empty where there is none."""
    return "" if amount is None else f"{amount:,.2f}"


@register.filter
def validity(policy: Policy) -> SafeString:
    """2026-01-01 至 长期, where a line may break between the two and never inside a date."""
    begin, _, end = policy.validity.rpartition("至 ")
    if not end or end == policy.validity:
        return format_html("{}", policy.validity)
    return format_html('<span class="nowrap">{}</span> <span class="nowrap">至 {}</span>', begin.strip(), end)
