"""One specialist per enterprise and campaign: changed in one step, told to both, guaranteed by the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cadres.models import Outbox
from cadres.roles import Role
from enterprises import assigning
from enterprises.assigning import AssigningError, assign, assign_many, assign_specialist
from enterprises.candidates import SHOWN, candidates
from enterprises.models import Assignment
from tests import factories
from workflow.worktime import BEIJING

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)
TODAY = date(2026, 11, 18)
Place = Assignment.Role


@pytest.fixture
def world():
    return World()


class World:
    """An enterprise, a campaign, an office and two specialists."""

    def __init__(self) -> None:
        self.enterprise = factories.EnterpriseFactory.create(name="天山机械")
        self.campaign = factories.CampaignFactory.create()
        self.office = factories.cadre(Role.OFFICE, name="周海燕")
        self.first = factories.cadre(Role.SPECIALIST, name="张三")
        self.second = factories.cadre(Role.SPECIALIST, name="李四")

    def assign(self, cadre, starts_on: date = TODAY, **values) -> Assignment:
        return assign_specialist(
            self.enterprise, self.campaign, cadre, by=self.office, now=NOW, starts_on=starts_on, **values
        )


def test_a_specialist_is_assigned_and_told(world):
    row = world.assign(world.first)
    assert (row.cadre, row.role, row.starts_on, row.ends_on) == (world.first, "specialist", TODAY, None)
    assert (row.assigned_by, row.assigned_at) == (world.office, NOW)
    notice = Outbox.objects.get()
    assert notice.subject == "请你担任天山机械的专员"
    assert (notice.audience, notice.actor, notice.url) == (
        [{"cadre": world.first.pk}],
        world.office,
        world.enterprise.get_absolute_url(),
    )


def test_a_name_of_three_hundred_characters_can_be_told_of(world):
    world.enterprise.name = "长" * 300
    world.enterprise.save()
    world.assign(world.first)
    assert len(Outbox.objects.get().subject) < 200


def test_a_second_specialist_is_refused_and_the_first_is_named(world):
    world.assign(world.first, TODAY - timedelta(days=1))
    with pytest.raises(AssigningError, match="天山机械的专员由周海燕于 2026-11-18 10:00 安排为张三（2026-11-17 起）"):
        world.assign(world.second)
    assert Assignment.objects.get().cadre == world.first


def test_a_change_ends_the_old_row_and_begins_the_new_one_on_the_same_day(world):
    old = world.assign(world.first, TODAY - timedelta(days=30))
    new = world.assign(world.second, instead_of=old, reason="工作调动")
    old.refresh_from_db()
    assert (old.ends_on, old.reason, new.starts_on, new.ends_on) == (TODAY, "工作调动", TODAY, None)
    assert list(Assignment.objects.active(TODAY)) == [new]
    assert list(Assignment.objects.active(TODAY - timedelta(days=1))) == [old]
    told = {row.audience[0]["cadre"]: row.subject for row in Outbox.objects.exclude(key=f"assignment:{old.pk}:begun")}
    assert told == {
        world.second.pk: "请你担任天山机械的专员",
        world.first.pk: "你对天山机械的包联自 2026-11-18 起结束",
    }


def test_a_change_that_fails_leaves_the_old_row_as_it_was(world):
    old = world.assign(world.first, TODAY - timedelta(days=30))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE enterprises_assignment ADD CONSTRAINT nobody_else CHECK (cadre_id = %s)", [world.first.pk]
        )
    with pytest.raises(IntegrityError, match="nobody_else"), transaction.atomic():
        world.assign(world.second, instead_of=old, reason="工作调动")
    old.refresh_from_db()
    assert old.ends_on is None
    assert Outbox.objects.count() == 1


def test_a_change_decided_upon_a_row_that_has_passed_on_is_refused(world):
    third = factories.cadre(Role.SPECIALIST)
    old = world.assign(world.first, TODAY - timedelta(days=30))
    world.assign(world.second, instead_of=old, reason="工作调动")
    with pytest.raises(AssigningError, match="安排为李四"):
        world.assign(third, instead_of=old, reason="工作调动")


def test_a_change_asks_for_a_reason_and_for_somebody_else(world):
    old = world.assign(world.first, TODAY - timedelta(days=30))
    with pytest.raises(AssigningError, match="请填写变更原因"):
        world.assign(world.second, instead_of=old)
    with pytest.raises(AssigningError, match="张三已是该企业的专员"):
        world.assign(world.first, instead_of=old, reason="工作调动")


def test_a_change_can_not_reach_back_before_the_row_it_ends(world):
    old = world.assign(world.first)
    with pytest.raises(AssigningError, match="日期不能早于这一天"):
        world.assign(world.second, TODAY - timedelta(days=1), instead_of=old, reason="工作调动")
    new = world.assign(world.second, TODAY, instead_of=old, reason="填错")
    assert list(Assignment.objects.active(TODAY)) == [new]


def test_a_row_that_begins_later_stands_in_the_way_too(world):
    world.assign(world.first, TODAY + timedelta(days=7))
    with pytest.raises(AssigningError, match="2026-11-25 起"):
        world.assign(world.second)


def test_a_specialist_may_follow_one_who_has_ended(world):
    old = world.assign(world.first, TODAY - timedelta(days=30))
    assigning.end(old, by=world.office, now=NOW, ends_on=TODAY, reason="退休")
    world.assign(world.second)
    assert [row.cadre for row in Assignment.objects.order_by("starts_on")] == [world.first, world.second]


def test_another_campaign_has_a_specialist_of_its_own(world):
    world.assign(world.first)
    world.campaign = factories.CampaignFactory.create(name="三服务")
    world.assign(world.second)
    assert Assignment.objects.active(TODAY).count() == 2


@pytest.mark.parametrize("starts_on", [date(2026, 8, 31), date(2027, 1, 1)])
def test_an_assignment_begins_within_its_campaign(world, starts_on):
    world.campaign.ends_on = date(2026, 12, 31)
    world.campaign.save()
    with pytest.raises(AssigningError, match="2026-09-01 至 2026-12-31"):
        world.assign(world.first, starts_on)


@pytest.mark.parametrize(("role", "active"), [(Role.HANDLER, True), (Role.SPECIALIST, False)])
def test_only_an_active_specialist_can_be_one(world, role, active):
    with pytest.raises(AssigningError, match="不是在用的驻企特派专员"):
        world.assign(factories.cadre(role, is_active=active))


def test_there_is_one_leader_and_any_number_of_members(world):
    leaders = [factories.cadre(Role.TEAM_LEADER) for _ in range(2)]
    values = {"by": world.office, "now": NOW, "starts_on": TODAY}
    assign(world.enterprise, world.campaign, leaders[0], Place.LEADER, **values)
    with pytest.raises(AssigningError, match="包联领导由周海燕"):
        assign(world.enterprise, world.campaign, leaders[1], Place.LEADER, **values)
    for member in (world.first, world.second):
        assign(world.enterprise, world.campaign, member, Place.MEMBER, **values)
    with pytest.raises(AssigningError, match="成员由周海燕"):
        assign(world.enterprise, world.campaign, world.first, Place.MEMBER, **values)
    assert Assignment.objects.filter(role="member").count() == 2


def test_an_assignment_is_ended_once(world):
    row = world.assign(world.first, TODAY - timedelta(days=3))
    assigning.end(row, by=world.office, now=NOW, ends_on=TODAY, reason="退休")
    with pytest.raises(AssigningError, match="已于 2026-11-18 结束"):
        assigning.end(row, by=world.office, now=NOW, ends_on=TODAY + timedelta(days=3), reason="退休")


def test_many_are_assigned_at_once_and_those_taken_are_named(world):
    others = [factories.EnterpriseFactory.create() for _ in range(7)]
    world.assign(world.second)
    Outbox.objects.all().delete()
    outcome = assign_many(
        [world.enterprise, *others], world.campaign, world.first, by=world.office, now=NOW, starts_on=TODAY
    )
    assert {row.enterprise for row in outcome.begun} == set(others)
    assert len(outcome.refused) == 1
    assert "天山机械的专员由周海燕" in outcome.refused[0]
    assert "安排为李四" in outcome.refused[0]
    notice = Outbox.objects.get()
    assert notice.subject == "请你担任7 家企业的专员"
    assert notice.body.endswith("等。")


def test_assigning_many_asks_as_few_questions_for_twenty_as_for_two(world, django_assert_num_queries):
    counts = []
    assert world.first.holds(Role.SPECIALIST)  # asked once per request
    for rows in (2, 20):
        some = [factories.EnterpriseFactory.create() for _ in range(rows)]
        with django_assert_num_queries(50, exact=False) as asked:
            assign_many(some, world.campaign, world.first, by=world.office, now=NOW, starts_on=TODAY)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_database_refuses_a_second_specialist_past_the_lock(world):
    factories.assign(world.first, world.enterprise, world.campaign)
    with pytest.raises(IntegrityError, match="one_active_specialist"), transaction.atomic():
        factories.assign(world.second, world.enterprise, world.campaign, starts_on=TODAY)
    factories.assign(world.second, world.enterprise, world.campaign, starts_on=TODAY, role=Place.MEMBER)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_assign_the_same_enterprise_at_once_one_is_told_who_was_assigned(at_once):
    world = World()
    answers = at_once(lambda: world.assign(world.first), lambda: world.assign(world.second))
    row = Assignment.objects.get()
    refused = next(answer for answer in answers if isinstance(answer, AssigningError))
    assert row in answers
    assert f"安排为{row.cadre}" in str(refused)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_the_same_specialist_at_once_one_is_told(at_once):
    world = World()
    old = world.assign(factories.cadre(Role.SPECIALIST), TODAY - timedelta(days=30))
    answers = at_once(
        lambda: world.assign(world.first, instead_of=old, reason="轮岗"),
        lambda: world.assign(world.second, instead_of=old, reason="轮岗"),
    )
    new = Assignment.objects.get(ends_on=None)
    assert new in answers
    assert f"安排为{new.cadre}" in str(next(one for one in answers if isinstance(one, AssigningError)))
    assert Assignment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_assign_many_at_once_share_them_and_neither_waits_for_ever(at_once):
    world = World()
    some = [factories.EnterpriseFactory.create() for _ in range(30)]
    values = {"by": world.office, "now": NOW, "starts_on": TODAY}
    answers = at_once(
        lambda: assign_many(some, world.campaign, world.first, **values),
        lambda: assign_many(some[::-1], world.campaign, world.second, **values),
    )
    assert sorted(len(one.begun) for one in answers) == [0, 30]
    assert sorted(len(one.refused) for one in answers) == [0, 30]
    assert Assignment.objects.count() == 30


def test_candidates_are_specialists_in_scope_with_their_workload(world):
    today = timezone.localdate()
    north, south = factories.district(2, "北区"), factories.district(3, "南区")
    near = factories.cadre(Role.SPECIALIST, region=factories.town(north), name="近人")
    busy = factories.cadre(Role.SPECIALIST, region=north, name="忙人")
    far = factories.cadre(Role.SPECIALIST, region=south, name="远人")
    factories.cadre(Role.HANDLER, region=north)
    factories.cadre(Role.SPECIALIST, region=north, is_active=False)
    for campaign in (world.campaign, factories.CampaignFactory.create(name="三服务")):
        factories.assign(busy, world.enterprise, campaign, starts_on=today - timedelta(days=9))
    over = factories.EnterpriseFactory.create()
    factories.assign(busy, over, starts_on=today - timedelta(days=9), ends_on=today)
    found = candidates(world.office, Place.SPECIALIST, "", factories.town(north, 2), today)
    assert [(one.name, one.workload) for one in found] == [("近人", 0), ("忙人", 1)]
    everywhere = candidates(world.office, Place.SPECIALIST, "人", north, today)
    assert everywhere == [near, far, busy]
    alone = factories.district(4)
    assert set(candidates(world.office, Place.SPECIALIST, "", alone, today)) == {
        near,
        busy,
        far,
        world.first,
        world.second,
    }
    district = factories.cadre(Role.OFFICE, region=north)
    assert candidates(district, Place.SPECIALIST, "", None, today) == [near, busy]


@pytest.mark.parametrize(
    ("words", "found"),
    [("王晓", "王晓敏"), ("wxm", "王晓敏"), ("WXM", "王晓敏"), ("wangxm", "王晓敏"), ("工信局", "王晓敏"), ("%", None)],
)
def test_a_candidate_is_found_by_name_initials_and_department(world, words, found):
    unit = factories.DepartmentFactory.create(name="北区工信局")
    factories.cadre(Role.SPECIALIST, department=unit, name="王晓敏", username="wangxm")
    names = [one.name for one in candidates(world.office, Place.SPECIALIST, words, None, TODAY)]
    assert names == ([found] if found else [])


def test_of_many_candidates_the_first_few_are_shown(world):
    for _ in range(SHOWN + 5):
        factories.cadre(Role.SPECIALIST)
    assert len(candidates(world.office, Place.SPECIALIST, "", None, TODAY)) == SHOWN
