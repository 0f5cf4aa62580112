"""The rule for electricity and the risk levels: versions that count from a day, set by the office."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from cadres.models import Cadre, Region
from cadres.roles import Role
from reports.models import PowerRule, RiskLevel
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import CITY, DAY, DUSHANZI, WUERHE, at
from tests.reports.test_briefing_text import client_of

pytestmark = pytest.mark.django_db

VALUES = {
    "starts_on": "2026-11-20", "energy_weight": "0.4", "count_weight": "0.6", "threshold": "35", "target_orange": "45",
    "target_yellow": "", "target_blue": "", "target_green": "90", "ahead_by": "10", "reason": "专班会议纪要",
    "seen": "0",
}  # fmt: skip


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def office(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.OFFICE, region=tree[CITY])


def test_a_new_version_counts_from_its_day(office: Cadre) -> None:
    url, client = reverse("reports:power_rules"), client_of(office)
    assert client.post(url, VALUES).status_code == 302
    rule = PowerRule.objects.get()
    assert (rule.version, rule.set_by, rule.energy_weight, rule.target_yellow) == (1, office, Decimal("0.40"), None)
    assert PowerRule.objects.in_force(date(2026, 11, 20)) == rule
    assert PowerRule.objects.in_force(date(2026, 11, 19)).version == 0
    assert "专班会议纪要" in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"count_weight": "0.5"}, "两个权重之和应为 1"),
        ({"seen": "7"}, "别人刚刚调整过口径"),
        ({"reason": ""}, "请填写"),
        ({"threshold": "0"}, "复工用电门槛"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_stored(office: Cadre, wrong: dict[str, str], said: str) -> None:
    refused = client_of(office).post(reverse("reports:power_rules"), VALUES | wrong)
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert not PowerRule.objects.exists()


def test_a_district_does_not_set_the_citys_rule(tree: dict[str, Region]) -> None:
    district = client_of(factories.cadre(Role.OFFICE, region=tree[DUSHANZI]))
    assert district.get(reverse("reports:power_rules")).status_code == 403
    leader = client_of(factories.cadre(Role.LEADER, region=tree[CITY]))
    assert leader.get(reverse("reports:risk_levels")).status_code == 403


def test_a_risk_level_is_set_for_ones_own_region_alone(tree: dict[str, Region]) -> None:
    cadre = factories.cadre(Role.OFFICE, region=tree[DUSHANZI])
    RiskLevel.objects.create(region=tree[WUERHE], colour="red", starts_on=DAY, set_at=at(9))
    client, url = client_of(cadre), reverse("reports:risk_levels")
    values = {"region": DUSHANZI, "colour": "orange", "starts_on": DAY.isoformat(), "reason": ""}
    assert client.post(url, values | {"region": WUERHE}).status_code == 422
    assert client.post(url, values).status_code == 302
    assert client.post(url, values | {"colour": "blue"}).status_code == 302
    assert RiskLevel.objects.of_day(DAY) == {tree[WUERHE].pk: "red", tree[DUSHANZI].pk: "blue"}
    assert "乌尔禾区" not in client.get(url).content.decode()
