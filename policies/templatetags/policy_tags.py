"""How amounts are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

if TYPE_CHECKING:
    from decimal import Decimal

register = template.Library()


@register.filter
def yuan(amount: Decimal | None) -> str:
    """123,456.70; empty where there is none."""
    return "" if amount is None else f"{amount:,.2f}"
