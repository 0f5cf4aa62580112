"""What an enterprise's page says of it: facts, the last days' status, who answered for it and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from cadres.templatetags.ui import day as written
from enterprises.models import Assignment, OperatingStatusHistory
from enterprises.templatetags.enterprise_tags import amount

if TYPE_CHECKING:
    from enterprises.models import Campaign, Enterprise, OperatingStatus, Plan

DAYS_SHOWN: Final = 14
Fact = tuple[str, object]


class Label(NamedTuple):
    """A key list or a tag, as a link."""

    words: str
    colour: str
    url: str


@dataclass
class Team:
    """Who answers for an enterprise in one campaign, the leader first, and what they mean to do."""

    campaign: Campaign
    places: list[Assignment]
    plan: Plan | None

    @property
    def has_leader(self) -> bool:
        return any(one.role == Assignment.Role.LEADER for one in self.places)


class Day(NamedTuple):
    """One day: what is reported, None for 未报, and what that report replaced, newest first."""

    day: date
    status: OperatingStatus | None
    replaced: list[OperatingStatusHistory]


def facts(enterprise: Enterprise) -> list[Fact]:
    return [
        ("主体类型", enterprise.get_kind_display()),
        ("信用代码", enterprise.credit_code),
        *_project(enterprise),
        ("经营状态", enterprise.get_state_display()),
        ("区域", _place(enterprise)),
        ("园区", enterprise.park),
        ("地址", enterprise.address),
        ("行业", enterprise.industry_display),
        ("行业分组", enterprise.industry_group),
        ("统计类别", enterprise.get_category_display()),
        ("规模", enterprise.size_display),
        ("成立日期", written(enterprise.founded_on)),
        ("从业人数", amount(enterprise.headcount, "人")),
        ("营业收入", amount(enterprise.revenue_wan, "万元")),
        ("资产总额", amount(enterprise.assets_wan, "万元")),
        ("基准日用电", amount(enterprise.baseline_kwh, "kWh")),
        ("电力户号", "、".join(enterprise.electricity_accounts)),
        *_exception(enterprise),
    ]


def labels(enterprise: Enterprise) -> list[Label]:
    """The key lists and tags it has, each with the list of all that have it."""
    lists = [Label(type(enterprise).KeyList(one).label, "blue", _listed(key_list=one)) for one in enterprise.key_lists]
    return lists + [Label(tag, "grey", _listed(tag=tag)) for tag in enterprise.tags]


def _listed(**query: str) -> str:
    return f"{reverse('enterprises:list')}?{urlencode(query)}"


def teams(enterprise: Enterprise) -> list[Team]:
    """Today's teams, one for each campaign; the enterprise comes from with_team_of(). One query."""
    plans = {plan.campaign_id: plan for plan in enterprise.plans.select_related("written_by", "written_by_deputy")}
    order = [Assignment.Role.LEADER, Assignment.Role.SPECIALIST, Assignment.Role.MEMBER]
    found: dict[int, Team] = {}
    for one in sorted(enterprise.team, key=lambda one: order.index(Assignment.Role(one.role))):
        team = found.setdefault(one.campaign_id, Team(one.campaign, [], plans.get(one.campaign_id)))
        team.places.append(one)
    return sorted(found.values(), key=lambda team: (team.campaign.starts_on, team.campaign.pk), reverse=True)


def last_days(enterprise: Enterprise, today: date) -> list[Day]:
    """The last days up to today, newest first. Two queries."""
    first = today - timedelta(days=DAYS_SHOWN - 1)
    reports = enterprise.statuses.filter(day__range=(first, today)).select_related("reported_by", "reported_by_deputy")
    status = {row.day: row for row in reports}
    replaced: dict[date, list[OperatingStatusHistory]] = {}
    older = OperatingStatusHistory.objects.filter(enterprise=enterprise, day__range=(first, today))
    for row in older.select_related("reported_by", "reported_by_deputy"):
        replaced.setdefault(row.day, []).append(row)
    days = (today - timedelta(days=back) for back in range(DAYS_SHOWN))
    return [Day(day, status.get(day), replaced.get(day, [])) for day in days]


def _place(enterprise: Enterprise) -> str:
    """The region with its district before it, and since when."""
    parent = enterprise.region.parent
    above = f"{parent} " if parent and parent.parent_id else ""
    since = f"（{enterprise.region_since:%Y-%m-%d} 迁入）" if enterprise.region_since else ""
    return f"{above}{enterprise.region}{since}"


def _project(enterprise: Enterprise) -> list[Fact]:
    if not enterprise.is_project:
        return []
    return [
        ("项目代码", enterprise.project_code),
        ("项目级别", enterprise.get_project_level_display()),
        ("建设性质", enterprise.get_construction_display()),
        ("项目阶段", enterprise.get_stage_display()),
        ("责任部门", enterprise.responsible),
    ]


def _exception(enterprise: Enterprise) -> list[Fact]:
    return [("代码校验例外", enterprise.code_exception)] if enterprise.code_exception else []
