"""The base list is frozen by name; whatever joins or leaves later is listed with its day and reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cadres.models import Region
from enterprises.models import Enterprise
from reports import bases
from reports.models import BaseEntry, BaseList, Briefing
from tests import factories
from tests.reports import karamay
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, TIANSHAN, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


def enterprise(region: Region, **fields: Any) -> Enterprise:
    return factories.EnterpriseFactory.create(region=region, **fields)


def becomes(one: Enterprise, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(one, name, value)
    one.save()


def publish(region: Region, day: date) -> None:
    Briefing.objects.create(
        region=region, day=day, number=day.toordinal(), cut_off_at=at(15), made_at=at(17), evidence=b""
    )


def told(region: Region, day: date = DAY) -> list[tuple[str, bool, str]]:
    return [(change.entry.enterprise.name, change.joined, change.because) for change in bases.changes(region, day)]


def names(region: Region, day: date = DAY) -> set[str]:
    return set(BaseEntry.objects.of_day(region, day).values_list("enterprise__name", flat=True))


def test_the_first_list_holds_everything_that_operates_from_the_first_of_the_month(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    enterprise(tree[TIANSHAN], state=Enterprise.State.SUSPENDED)
    bases.keep(at(9))
    base = BaseList.objects.get()
    assert (base.starts_on, base.ends_on) == (date(2026, 11, 1), date(2026, 11, 30))
    assert names(tree[CITY]) == names(tree[CITY], date(2026, 11, 1)) == {one.name}
    assert told(tree[CITY], date(2026, 11, 1)) == []


def test_nothing_is_frozen_while_nothing_operates(tree: dict[str, Region]) -> None:
    bases.keep(at(9))
    assert not BaseList.objects.exists()


@pytest.mark.parametrize(
    ("state", "because"), [("suspended", "停业"), ("cancelled", "注销"), ("moved_out", "迁出"), ("lost", "失联")]
)
def test_an_enterprise_that_stops_operating_leaves_by_name(tree: dict[str, Region], state: str, because: str) -> None:
    one, other = enterprise(tree[TIANSHAN]), enterprise(tree[TIANSHAN])
    bases.keep(at(9, day=DAY - timedelta(days=1)))
    becomes(one, state=state)
    bases.keep(at(9))
    assert names(tree[CITY]) == {other.name}
    assert names(tree[CITY], DAY - timedelta(days=1)) == {one.name, other.name}
    assert told(tree[CITY]) == told(tree[TIANSHAN]) == [(one.name, False, because)]
    assert told(tree[DUSHANZI]) == []


def test_what_begins_to_operate_joins_and_says_why(tree: dict[str, Region]) -> None:
    publish(tree[CITY], DAY - timedelta(days=3))
    one = enterprise(tree[TIANSHAN])
    bases.keep(at(9, day=DAY - timedelta(days=2)))
    becomes(one, state="suspended")
    bases.keep(at(9, day=DAY - timedelta(days=1)))
    becomes(one, state="operating")
    new = enterprise(tree[TIANSHAN])
    bases.keep(at(9))
    assert told(tree[CITY]) == [(one.name, True, "恢复在营"), (new.name, True, "新增在营企业")]
    assert names(tree[CITY]) == {one.name, new.name}
    assert names(tree[CITY], DAY - timedelta(days=1)) == set()


def test_a_move_between_districts_is_told_there_and_not_in_the_city(tree: dict[str, Region]) -> None:
    one = enterprise(tree[DUSHANZI])
    bases.keep(at(9, day=DAY - timedelta(days=1)))
    becomes(one, region=tree[BAIJIANTAN])
    bases.keep(at(9))
    assert told(tree[CITY]) == []
    assert told(tree[DUSHANZI]) == [(one.name, False, "迁往白碱滩区")]
    assert told(tree[BAIJIANTAN]) == [(one.name, True, "由独山子区迁入")]
    assert names(tree[DUSHANZI]) == set()
    assert names(tree[BAIJIANTAN]) == {one.name}


def test_who_moves_to_another_city_leaves_there_too(tree: dict[str, Region]) -> None:
    one = enterprise(tree[DUSHANZI])
    bases.keep(at(9, day=DAY - timedelta(days=1)))
    becomes(one, region=factories.city())
    bases.keep(at(9))
    assert told(tree[CITY]) == [(one.name, False, "迁出")]


@pytest.mark.parametrize("was_inside", [True, False])
def test_a_change_of_park_is_told_in_the_park(tree: dict[str, Region], was_inside: bool) -> None:
    park = karamay.park(tree[CITY])
    one = enterprise(tree[DUSHANZI], park=park if was_inside else None)
    bases.keep(at(9, day=DAY - timedelta(days=1)))
    becomes(one, park=None if was_inside else park)
    bases.keep(at(9))
    assert told(park) == [(one.name, not was_inside, "园区调整")]
    assert told(tree[CITY]) == []
    assert names(park) == (set() if was_inside else {one.name})


def test_before_the_first_bulletin_there_is_no_change_to_tell_of(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    bases.keep(at(9))
    other = enterprise(tree[TIANSHAN])
    bases.keep(at(10))
    assert told(tree[CITY]) == []
    assert names(tree[CITY], date(2026, 11, 1)) == {one.name, other.name}


def test_looking_again_changes_nothing(tree: dict[str, Region]) -> None:
    publish(tree[CITY], DAY - timedelta(days=1))
    one = enterprise(tree[TIANSHAN])
    bases.keep(at(9))
    becomes(one, state="lost")
    new = enterprise(tree[DUSHANZI], park=karamay.park(tree[CITY]))
    base = BaseList.objects.get()
    assert bases.follow_changes(base, now=at(10)) == 2
    assert bases.follow_changes(base, now=at(11)) == 0
    assert told(tree[CITY]) == [(new.name, True, "新增在营企业"), (one.name, False, "失联")][::-1]


def test_what_was_published_keeps_its_base(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    bases.keep(at(9))
    publish(tree[CITY], DAY)
    becomes(one, state="lost")
    bases.keep(at(18))
    assert names(tree[CITY]) == {one.name}
    assert names(tree[CITY], DAY + timedelta(days=1)) == set()
    assert told(tree[CITY], DAY + timedelta(days=1)) == [(one.name, False, "失联")]


def test_the_next_month_begins_with_what_the_last_one_left(tree: dict[str, Region]) -> None:
    publish(tree[CITY], DAY - timedelta(days=1))
    staying, leaving, gone = (enterprise(tree[TIANSHAN]) for _ in range(3))
    bases.keep(at(9))
    becomes(gone, state="lost")
    bases.keep(at(10))
    becomes(leaving, state="cancelled")
    new = enterprise(tree[TIANSHAN])
    first = date(2026, 12, 1)
    bases.keep(at(0, 5, day=first))
    assert BaseList.objects.count() == 2
    assert names(tree[CITY], first) == {staying.name, new.name}
    assert told(tree[CITY], first) == [(leaving.name, False, "注销"), (new.name, True, "新增在营企业")]


@pytest.mark.parametrize("state", ["cancelled", "operating"])
def test_a_change_after_the_last_bulletin_of_a_month_is_told_on_the_first(tree: dict[str, Region], state: str) -> None:
    last, first = date(2026, 11, 30), date(2026, 12, 1)
    staying = enterprise(tree[TIANSHAN])
    one = enterprise(tree[TIANSHAN], state="suspended" if state == "operating" else "operating")
    bases.keep(at(9, day=last))
    publish(tree[CITY], last)
    becomes(one, state=state)
    bases.keep(at(18, day=last))
    bases.keep(at(9, day=first))
    assert len(told(tree[CITY], first)) == 1
    assert told(tree[CITY], first)[0][0] == one.name
    assert (one.name in names(tree[CITY], first)) == (state == "operating")
    assert staying.name in names(tree[CITY], first)


def test_an_enterprise_counts_once_a_day(tree: dict[str, Region]) -> None:
    one = enterprise(tree[TIANSHAN])
    base = karamay.freeze(tree[CITY], one)
    with pytest.raises(IntegrityError, match="base_entry_counts_once_a_day"), transaction.atomic():
        BaseEntry.objects.create(base=base, enterprise=one, region=tree[DUSHANZI], joined_on=DAY)


def test_a_list_of_the_same_days_is_kept(tree: dict[str, Region]) -> None:
    base = karamay.freeze(tree[CITY], enterprise(tree[TIANSHAN]))
    assert bases.freeze(tree[CITY], DAY, DAY + timedelta(days=60), now=at(9)) == base
    with pytest.raises(IntegrityError, match="one_base_list_at_a_time"), transaction.atomic():
        karamay.freeze(tree[CITY], first=DAY, last=DAY)


def test_following_many_changes_takes_as_many_statements_as_few(tree: dict[str, Region]) -> None:
    def statements(count: int) -> int:
        for one in Enterprise.objects.operating()[:count]:
            becomes(one, state="lost")
        for _ in range(count):
            enterprise(tree[DUSHANZI])
        with CaptureQueriesContext(connection) as queries:
            bases.follow_changes(BaseList.objects.get(), now=at(9))
        return len(queries)

    for _ in range(30):
        enterprise(tree[TIANSHAN])
    bases.keep(at(8))
    assert statements(2) == statements(20)
