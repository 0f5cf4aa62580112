"""In the morning the figures of today say that the day has only begun."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.template.loader import render_to_string

from cadres.models import Region
from reports import figures
from reports.indicators import Scope
from reports.views.figure_tables import UnderWay, under_way
from tests.reports import karamay
from tests.reports.karamay import CITY, DAY, TIANSHAN, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Region:
    tree = karamay.regions()
    some = karamay.enterprises(tree[TIANSHAN], "full", None, None)
    karamay.freeze(tree[CITY], *some)
    return tree[CITY]


def said(city: Region, as_of: datetime, day: date = DAY) -> UnderWay | None:
    scope = Scope.of_month(city, day, as_of)
    return under_way(figures.overview(figures.Counts(scope)), scope)


def test_until_the_cut_off_it_says_how_many_there_are_and_where_the_last_whole_day_is(city: Region) -> None:
    found = said(city, at(14, 59))
    assert found is not None
    assert (found.reported, found.base, found.cut_off) == (1, 3, 15)
    assert found.url == f"?day=2026-11-17&since=2026-11-01&region={CITY}"
    page = render_to_string("reports/_under_way.html", {"under_way": found})
    assert "今日上报中：到现在已报 1 / 3 家，15 时截止" in page
    assert "看 11 月 17 日全天" in page


def test_from_the_cut_off_on_nothing_is_said(city: Region) -> None:
    assert said(city, at(15)) is None


def test_of_an_earlier_day_nothing_is_said(city: Region) -> None:
    assert said(city, at(9), date(2026, 11, 17)) is None


def test_on_the_first_of_a_month_the_way_back_does_not_begin_after_its_day(city: Region) -> None:
    first = date(2026, 11, 1)
    found = said(city, at(9, day=first), first)
    assert found is not None
    assert found.url == f"?day=2026-10-31&region={CITY}"
