"""How an enterprise's contact and status are shown everywhere: {% load enterprise_tags %}."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from cadres.templatetags.ui import DASH, lamp, tag
from enterprises.models import Assignment, Campaign, Enterprise, OperatingStatus, OperatingStatusHistory

register = template.Library()


@register.filter
def amount(value: Decimal | int | None, unit: str = "") -> str:
    """12,461.68 kWh: thousands apart, no needless zeros; an em dash for what isn't there."""
    if value is None:
        return DASH
    words = f"{value:,}"
    words = words.rstrip("0").rstrip(".") if "." in words else words
    return f"{words}{unit}" if unit == "%" else f"{words} {unit}".rstrip()


@register.simple_tag
def contact_lamp(enterprise: Enterprise, today: date) -> SafeString:
    """Days since the last contact, against its campaigns' frequency. The enterprise comes from with_team_of()."""
    light = enterprise.contact_light(today)
    days = enterprise.days_since_contact(today)
    words = "未走访" if days is None else "今天" if days == 0 else f"{days} 天"
    if light == "red":
        late = [one.campaign for one in enterprise.specialists if one.contact_light(today) == "red"]
        every = min(campaign.contact_every_days for campaign in late)
        words += f"（应 {every} 天内）"
    return lamp(light, words)


@register.simple_tag
def overdue_lamp(assignment: Assignment, today: date) -> SafeString:
    """How far an assignment's frequency is kept. The row comes from with_contact_due()."""
    if assignment.due_on is None:
        return lamp("grey", "不计")
    left = (assignment.due_on - today).days
    words = f"逾期 {-left} 天" if left < 0 else "今天到期" if left == 0 else f"剩 {left} 天"
    return lamp(assignment.contact_light(today), words)


@register.simple_tag
def status_tag(status: OperatingStatus | OperatingStatusHistory | None) -> SafeString:
    """全面复工, 部分复工, 未复工, or 未报 where there is no row."""
    return tag(status.get_state_display(), status.colour) if status else tag("未报", "grey")


@register.simple_tag
def campaign_tag(campaign: Campaign, today: date) -> SafeString:
    """进行中, 未开始 or 已结束."""
    return tag(*campaign.state_on(today))
