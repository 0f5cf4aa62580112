"""What pages cost: as many queries for twenty rows as for two, on every page that the table of access names."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cadres.roles import Role
from tests.access import crowd
from tests.access.table import ROWS, Row
from tests.access.world import OWN, Side, address

pytestmark = pytest.mark.xdist_group("access")

FEW, MANY = range(2), range(2, 20)
PAGES: Final = [row for row in ROWS if row.ok and not row.post]
# One row a day, or made of a month's other rows: their own tests grow them.
NOT_CROWDED: Final = {"reports:briefings", "reports:bases", "reports:rows"}
MOST: Final = 40
# What everybody opens first: the session, the cadre and the frame are three of them.
AT_MOST: Final = {"reports:workbench": 12, "reports:dashboard": 12}


class Cost(NamedTuple):
    queries: int
    shown: int | None  # rows, on pages that are lists


@pytest.fixture(scope="module")
def costs(sides: dict[int, Side], django_db_blocker: Any) -> list[dict[str, Cost]]:
    """Of every page, with a few rows and with many."""
    found = []
    with django_db_blocker.unblock():
        for more in (FEW, MANY):
            crowd.add(sides[OWN], more, timezone.now())
            found.append({str(row): _cost(row, sides[OWN]) for row in PAGES})
    return found


def _cost(row: Row, side: Side, role: Role | None = None) -> Cost:
    """Of the second visit: what a process or a session looks up once has been looked up."""
    role = role or next(role for role in Role if role in row.ok)
    client, where = Client(), address(row, side, role)
    client.force_login(side.people[role])
    client.get(where)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(where)
    listing = response.context and response.context.get("listing")
    return Cost(len(queries), len(listing.rows) if listing else None)


@pytest.mark.parametrize("name", [str(row) for row in PAGES])
def test_twenty_rows_cost_no_more_queries_than_two(name: str, costs: list[dict[str, Cost]]) -> None:
    few, many = (cost[name] for cost in costs)
    assert many.queries <= few.queries
    assert many.queries <= MOST


@pytest.mark.parametrize("name", [str(row) for row in PAGES if row.name not in NOT_CROWDED])
def test_the_crowd_fills_every_list(name: str, costs: list[dict[str, Cost]]) -> None:
    """A list that stays short would pass for one that is cheap: teach `crowd` to make its rows."""
    shown = costs[-1][name].shown
    assert shown is None or shown == 20


FIRST_PAGES: Final = [(row, role) for row in PAGES if row.name in AT_MOST for role in Role if role in row.ok]


@pytest.mark.parametrize(("row", "role"), FIRST_PAGES, ids=str)
def test_what_everybody_opens_first_costs_twelve_queries_at_most(
    row: Row, role: Role, sides: dict[int, Side], costs: list[dict[str, Cost]], django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        assert _cost(row, sides[OWN], role).queries <= AT_MOST[row.name]
