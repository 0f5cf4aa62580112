"""What pages cost: as many queries for twenty rows as for two, on every page that the table of access names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cadres.roles import Role
from reports.indicators import keep_days, keep_moments
from reports.models import CountedDay, Moment
from tests.access import crowd
from tests.access.table import ROWS, Row
from tests.access.world import OWN, Side, address

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("access")

FEW, MANY = range(2), range(2, 20)
PAGES: Final = [row for row in ROWS if row.ok and not row.post]
# One row a day, or made of a month's other rows: their own tests grow them.
NOT_CROWDED: Final = {"reports:briefings", "reports:bases", "reports:rows"}
# What a list or the page of one thing may cost, and any other page.
MOST_TO_READ: Final = 15
MOST: Final = 40
DETAILS: Final = {
    *("enterprises:detail", "enterprises:campaign", "visits:detail", "visits:timeline", "policies:detail"),
    *("policies:fulfilment", "appeals:detail", "appeals:order", "appeals:referral"),
}
# What everybody opens first, while the worker counts: the session, the cadre and the frame are three of them.
AT_MOST: Final = {"reports:workbench": 12, "reports:dashboard": 12}


class Cost(NamedTuple):
    queries: int
    shown: int | None  # rows, on pages that are lists


class Costs(NamedTuple):
    """Of every page for one of its readers, with a few rows and with many; with many for every reader."""

    few: dict[str, Cost]
    many: dict[str, Cost]
    of_readers: dict[str, dict[str, Cost]]


@pytest.fixture(scope="module")
def costs(sides: dict[int, Side], calendar_stays: None, django_db_blocker: Any) -> Costs:
    side = sides[OWN]
    with django_db_blocker.unblock():
        crowd.add(side, FEW, timezone.now())
        few = {str(row): _cost(row, side, _readers(row)[0]) for row in PAGES}
        crowd.add(side, MANY, timezone.now())
        many = {str(row): _cost(row, side, _readers(row)[0]) for row in PAGES}
        of_readers = {
            str(row): {str(role): _cost(row, side, role) for role in _readers(row)[1:]}
            for row in PAGES
            if row.name in DETAILS or many[str(row)].shown is not None
        }
    return Costs(few, many, of_readers)


def _readers(row: Row) -> list[Role]:
    return [role for role in Role if role in row.ok]


def _cost(row: Row, side: Side, role: Role) -> Cost:
    """Of the second visit: what a process or a session looks up once has been looked up."""
    client, where = Client(), address(row, side, role)
    client.force_login(side.people[role])
    client.get(where)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(where)
    listing = response.context and response.context.get("listing")
    return Cost(len(queries), len(listing.rows) if listing else None)


@pytest.mark.parametrize("name", [str(row) for row in PAGES])
def test_twenty_rows_cost_no_more_queries_than_two(name: str, costs: Costs) -> None:
    few, many = costs.few[name], costs.many[name]
    assert many.queries <= few.queries
    assert many.queries <= MOST


@pytest.mark.parametrize("name", [str(row) for row in PAGES])
def test_lists_and_the_pages_of_one_thing_cost_little_whoever_reads(name: str, costs: Costs) -> None:
    readers = costs.of_readers.get(name)
    if readers is not None:
        dear = {role: cost.queries for role, cost in readers.items() if cost.queries > MOST_TO_READ}
        assert (dear, costs.many[name].queries <= MOST_TO_READ) == ({}, True)


@pytest.mark.parametrize("name", [str(row) for row in PAGES if row.name not in NOT_CROWDED])
def test_the_crowd_fills_every_list(name: str, costs: Costs) -> None:
    """A list that stays short would pass for one that is cheap: teach `crowd` to make its rows."""
    shown = costs.many[name].shown
    assert shown is None or shown == 20


@pytest.fixture(scope="module")
def counted(costs: Costs, django_db_blocker: Any) -> Iterator[None]:
    """What the worker counts for these pages has just been counted."""
    with django_db_blocker.unblock():
        now = timezone.now()
        keep_days(now)
        keep_moments(now)
        yield
        CountedDay.objects.all().delete()
        Moment.objects.all().delete()


FIRST_PAGES: Final = [(row, role) for row in PAGES if row.name in AT_MOST for role in Role if role in row.ok]


@pytest.mark.parametrize(("row", "role"), FIRST_PAGES, ids=str)
def test_what_everybody_opens_first_costs_twelve_queries_at_most(
    row: Row, role: Role, sides: dict[int, Side], counted: None, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        assert _cost(row, sides[OWN], role).queries <= AT_MOST[row.name]
