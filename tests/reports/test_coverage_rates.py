"""包联覆盖率 and 走访覆盖率: who is to be covered, answered for, and visited on site in the period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cadres.models import Cadre, Region
from cadres.roles import Role
from enterprises.models import Campaign, Enterprise
from reports.indicators import COVERAGE, TO_BE_COVERED, VISITED_RATE, tally
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, at
from tests.reports.test_indicators import agrees, days_ago, enterprise, figure, scope
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def campaign(tree: dict[str, Region]) -> Campaign:
    return factories.CampaignFactory.create(regions=[tree[CITY]])


@pytest.fixture
def specialist(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.SPECIALIST, region=tree[KARAMAY])


def visit(one: Enterprise, by: Cadre, day: date = DAY, **fields: Any) -> Visit:
    return Visit.objects.create(
        client_id=uuid4(),
        number=f"ZF{uuid4().hex[:12]}",
        cadre=by,
        entered_by=by,
        enterprise=one,
        region_path=one.region_path,
        visited_on=day,
        begun_at=at(9, day=day),
        logged_at=fields.pop("logged_at", at(10, day=day)),
        **fields,
    )


def test_coverage_is_of_operating_enterprises_with_an_active_specialist(
    tree: dict[str, Region], campaign: Campaign, specialist: Cadre
) -> None:
    some = [enterprise(tree[TIANSHAN]) for _ in range(4)]
    enterprise(tree[TIANSHAN], state="suspended")
    factories.assign(specialist, some[0], campaign)
    factories.assign(specialist, some[1], campaign, ends_on=DAY)
    factories.assign(specialist, some[2], campaign, role="leader")
    agrees(COVERAGE, scope(tree[CITY]), (1, 4))
    agrees(COVERAGE, scope(tree[CITY], days_ago(1)), (2, 4))


def test_an_enterprise_counts_once_however_many_campaigns_want_it(
    tree: dict[str, Region], campaign: Campaign, specialist: Cadre
) -> None:
    other = factories.CampaignFactory.create(name="三服务", regions=[tree[KARAMAY]], categories=["farm_leader"])
    both = enterprise(tree[TIANSHAN], category="farm_leader")
    one = enterprise(tree[DUSHANZI])
    factories.assign(specialist, both, other)
    agrees(COVERAGE, scope(tree[CITY]), (1, 2))
    agrees(COVERAGE, replace(scope(tree[CITY]), campaign=other), (1, 1))
    agrees(COVERAGE, replace(scope(tree[CITY]), campaign=campaign), (0, 2))
    assert list(COVERAGE.rows(replace(scope(tree[DUSHANZI]), campaign=campaign), above=False)) == [one]


def test_without_a_running_campaign_there_is_nothing_to_cover(tree: dict[str, Region], campaign: Campaign) -> None:
    enterprise(tree[TIANSHAN])
    Campaign.objects.update(ends_on=days_ago(1))
    assert figure(COVERAGE, scope(tree[CITY])).text == "—"
    assert figure(VISITED_RATE, scope(tree[CITY])).text == "—"


def test_a_visit_on_site_in_the_period_covers_and_a_call_does_not(
    tree: dict[str, Region], campaign: Campaign, specialist: Cadre
) -> None:
    some = [enterprise(tree[TIANSHAN]) for _ in range(5)]
    visit(some[0], specialist)
    visit(some[0], specialist, days_ago(1))
    visit(some[1], specialist, manner="phone")
    visit(some[2], specialist, date(2026, 10, 31))
    visit(some[3], specialist, date(2026, 11, 1))
    visit(some[4], specialist, logged_at=at(19))
    agrees(VISITED_RATE, scope(tree[CITY]), (2, 5))
    agrees(VISITED_RATE, scope(tree[CITY], as_of=at(20)), (3, 5))
    agrees(VISITED_RATE, replace(scope(tree[CITY]), since=at(0, day=DAY)), (1, 5))


def test_places_add_up_and_parks_stand_apart(tree: dict[str, Region], campaign: Campaign, specialist: Cadre) -> None:
    park = karamay.park(tree[CITY])
    inside, outside = enterprise(tree[DUSHANZI], park=park), enterprise(tree[TIANSHAN])
    factories.assign(specialist, inside, campaign)
    visit(outside, specialist)
    counted = tally(TO_BE_COVERED, scope(tree[CITY]))
    assert counted.figure(COVERAGE) == counted.figure(VISITED_RATE) == (1, 2)
    assert counted.figure(COVERAGE, place=DUSHANZI) == counted.figure(COVERAGE, park=park.pk) == (1, 1)
    assert counted.figure(VISITED_RATE, place=KARAMAY) == (1, 1)
    assert figure(COVERAGE, scope(park)) == (1, 1)


def test_statements_do_not_grow_with_enterprises(
    tree: dict[str, Region], campaign: Campaign, specialist: Cadre
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            tally(TO_BE_COVERED, scope(tree[CITY]))
        return len(queries)

    factories.assign(specialist, enterprise(tree[TIANSHAN]), campaign)
    few = statements()
    for _ in range(20):
        one = enterprise(tree[DUSHANZI])
        factories.assign(specialist, one, campaign)
        visit(one, specialist)
    assert statements() == few
