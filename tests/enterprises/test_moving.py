"""迁址: the region follows with a day and a reason; what is open goes along, what is settled stays."""

from __future__ import annotations

from datetime import timedelta
from time import sleep

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from appeals.models import Appeal
from appeals.rules import Stand, offered
from cadres.models import Outbox
from cadres.roles import Role
from enterprises import moving
from enterprises.models import Enterprise, Relocation
from policies import registering
from tests import factories
from tests.policies import people
from tests.reports.test_coverage_rates import visit
from workflow.steps import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def south():
    return factories.district(3, "南区")


@pytest.fixture
def office():
    return factories.cadre(Role.OFFICE, name="市助企办甲")


@pytest.fixture
def enterprise(north):
    return factories.EnterpriseFactory.create(name="甲<b>'=𠮷厂", region=north, address="北街1号")


def move(enterprise, to, by, **values):
    asked = {"moved_on": timezone.localdate(), "reason": "厂区扩建", "now": timezone.now()}
    return moving.move(enterprise, moving.Place(to, "南街2号"), by=by, **(asked | values))


def body(response):
    return response.content.decode()


def path(enterprise):
    return f"/enterprises/{enterprise.pk}/move/"


def filled(browser, enterprise, to, **typed):
    form = browser.get(path(enterprise)).context["form"]
    values = {"seen": form["seen"].value(), "region": to.code, "address": "南街2号", "reason": "厂区扩建"}
    return values | {"moved_on": f"{timezone.localdate()}"} | typed


def test_the_office_moves_it_and_the_history_says_where_since_when_and_why(signed_in, office, enterprise, north, south):
    browser = signed_in(office)
    assert browser.post(path(enterprise), filled(browser, enterprise, south)).status_code == 302
    enterprise.refresh_from_db()
    assert (enterprise.region, enterprise.region_path, enterprise.address) == (south, south.path, "南街2号")
    assert (enterprise.region_since, enterprise.version) == (timezone.localdate(), 2)
    row = enterprise.relocations.get()
    assert (row.from_region, row.from_address, row.reason, row.by) == (north, "北街1号", "厂区扩建", office)
    page = body(browser.get(enterprise.get_absolute_url()))
    assert "北区 → 南区" in page
    assert "北街1号 → 南街2号" in page


def test_open_appeals_go_along_with_number_and_department_and_settled_ones_stay(office, enterprise, north, south):
    lead = factories.DepartmentFactory.create(name="市人社局")
    factories.cadre(Role.HANDLER, department=lead)
    running = factories.appeal(enterprise)
    running.take("assign", by=Actor.of(office), now=timezone.now(), lead=lead, triage="single", urgency="ordinary")
    gone = factories.appeal(enterprise, running.registered_by)
    gone.take("withdraw", by=Actor.of(gone.registered_by), now=timezone.now(), note="企业称已解决")
    before = Appeal.objects.get(pk=running.pk)
    said = move(enterprise, south, office).consequences
    after = Appeal.objects.get(pk=running.pk)
    assert (after.region, after.region_path) == (south, south.path)
    assert (after.number, after.lead, after.due_at, after.status) == (
        before.number, before.lead, before.due_at, before.status,
    )  # fmt: skip
    assert said == f"1 件未办结诉求随迁：{running.number}"
    gone.refresh_from_db()
    assert gone.region == north


def test_the_scope_follows_and_the_old_district_keeps_its_past(signed_in, office, enterprise, north, south):
    old = factories.cadre(Role.OFFICE, region=north)
    new = factories.cadre(Role.OFFICE, region=south)
    settled = factories.appeal(enterprise)
    settled.take("withdraw", by=Actor.of(settled.registered_by), now=timezone.now(), note="企业称已解决")
    move(enterprise, south, office)
    assert signed_in(old).get(enterprise.get_absolute_url()).status_code == 404
    assert signed_in(new).get(enterprise.get_absolute_url()).status_code == 200
    assert signed_in(old).get(settled.get_absolute_url()).status_code == 200


def test_the_new_district_sees_what_was_settled_and_visited_before_and_a_third_sees_nothing(
    signed_in, office, enterprise, north, south
):
    new = factories.cadre(Role.OFFICE, region=south)
    third = factories.cadre(Role.OFFICE, region=factories.district(4, "东区"))
    settled = factories.appeal(enterprise)
    specialist = settled.registered_by
    settled.take("withdraw", by=Actor.of(specialist), now=timezone.now(), note="企业称已解决")
    draft = factories.appeal(enterprise, specialist, submit=False)
    ended = registering.one(
        enterprise,
        people.item(people.policy(), factories.DepartmentFactory.create()),
        "2026",
        by=office,
        now=timezone.now(),
    )
    ended.take("exclude", by=Actor.of(people_head(ended)), now=timezone.now(), reason="未参保")
    visited = visit(enterprise, specialist)
    rows = (settled, ended, visited)
    for row in rows:
        assert signed_in(new).get(row.get_absolute_url()).status_code == 404
    move(enterprise, south, office)
    for row in rows:
        assert signed_in(new).get(row.get_absolute_url()).status_code == 200
        assert signed_in(third).get(row.get_absolute_url()).status_code == 404
    assert signed_in(new).get(draft.get_absolute_url()).status_code == 404
    assert settled.number in body(signed_in(new).get("/appeals/"))


def test_the_new_district_reads_a_settled_case_and_can_not_act_on_it(office, enterprise, south):
    new = factories.cadre(Role.OFFICE, region=south)
    settled = factories.appeal(enterprise)
    settled.take("withdraw", by=Actor.of(settled.registered_by), now=timezone.now(), note="企业称已解决")
    move(enterprise, south, office)
    settled.refresh_from_db()
    assert offered(Stand(new, settled)) == []


def people_head(row):
    """Who may exclude it: the head of the responsible department."""
    return factories.cadre(Role.HEAD, department=row.item.department)


def test_both_offices_and_the_team_are_told_and_who_moved_it_is_not(office, enterprise, north, south):
    specialist = factories.cadre(Role.SPECIALIST, region=north)
    factories.assign(specialist, enterprise)
    move(enterprise, south, office)
    row = Outbox.objects.get(key__startswith="relocation:")
    assert "已由北区迁往南区" in row.subject
    assert {"cadre": specialist.pk} in row.audience
    assert [target["region"] for target in row.audience if "region" in target] == [north.pk, south.pk]
    assert row.actor == office


def test_the_day_is_neither_to_come_nor_before_the_last_move(signed_in, office, enterprise, north, south):
    browser, today = signed_in(office), timezone.localdate()
    answer = browser.post(path(enterprise), filled(browser, enterprise, south, moved_on=f"{today + timedelta(1)}"))
    assert answer.status_code == 422
    assert "迁入日期不能晚于今天" in body(answer)
    move(enterprise, south, office, moved_on=today - timedelta(10))
    answer = browser.post(path(enterprise), filled(browser, enterprise, north, moved_on=f"{today - timedelta(11)}"))
    assert "迁入日期不能早于这一天" in body(answer)
    assert Relocation.objects.count() == 1


def test_it_is_not_moved_to_where_it_is(signed_in, office, enterprise, north):
    browser = signed_in(office)
    answer = browser.post(path(enterprise), filled(browser, enterprise, north))
    assert answer.status_code == 422
    assert "该企业已在北区" in body(answer)


def test_a_district_moves_within_its_own_scope_alone(signed_in, enterprise, north, south):
    browser = signed_in(factories.cadre(Role.OFFICE, region=north))
    assert browser.post(path(enterprise), filled(browser, enterprise, south)).status_code == 422
    town = factories.town(north)
    assert browser.post(path(enterprise), filled(browser, enterprise, town)).status_code == 302
    enterprise.refresh_from_db()
    assert enterprise.region == town


def test_the_second_of_two_is_told_where_it_went(signed_in, office, enterprise, north, south):
    browser = signed_in(office)
    late = filled(browser, enterprise, factories.district(4, "西区"))
    move(enterprise, south, office)
    answer = browser.post(path(enterprise), late)
    assert answer.status_code == 422
    assert "已由他人改为“南区”" in body(answer).replace("　", "")
    enterprise.refresh_from_db()
    assert enterprise.region == south


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_follow_each_other_and_neither_is_lost(at_once, office, enterprise, south):
    west = factories.district(4, "西区")
    at_once(lambda: move(enterprise, south, office), lambda: move(enterprise, west, office))
    rows = list(Relocation.objects.order_by("pk"))
    assert len(rows) == 2
    assert rows[1].from_region == rows[0].to_region
    assert Enterprise.objects.get().region == rows[1].to_region


@pytest.mark.django_db(transaction=True)
def test_a_step_and_a_move_at_once_both_happen(at_once, office, enterprise, south):
    lead = factories.DepartmentFactory.create(name="市人社局")
    factories.cadre(Role.HANDLER, department=lead)
    appeal, now = factories.appeal(enterprise), timezone.now()
    plan = {"lead": lead, "triage": "single", "urgency": "ordinary"}
    asked = Appeal.objects.get(pk=appeal.pk)

    def move_slowly():
        with transaction.atomic():
            row = move(enterprise, south, office)
            sleep(1)
            return row

    def assign_meanwhile():
        sleep(0.5)
        return asked.take("assign", by=Actor.of(office), now=now, **plan)

    answers = at_once(move_slowly, assign_meanwhile)
    assert [type(answer).__name__ for answer in answers] == ["Relocation", "Event"]
    appeal.refresh_from_db()
    assert (appeal.status, appeal.region) == ("assigned", south)


def test_the_history_of_moves_cannot_be_changed(office, enterprise, south):
    row = move(enterprise, south, office)
    with pytest.raises(DatabaseError), transaction.atomic():
        Relocation.objects.filter(pk=row.pk).update(reason="改写")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_many_moves_take_as_many_statements_as_one(office, north, south, django_assert_max_num_queries):
    moved = []
    for _ in range(12):
        enterprise = factories.EnterpriseFactory.create(region=north)
        factories.appeal(enterprise, office)
        place = moving.Place(enterprise.region, enterprise.address)
        enterprise.region = south
        enterprise.save()
        moved.append((enterprise, place))
    with django_assert_max_num_queries(10):
        moving.record(moved, moved_on=timezone.localdate(), reason="导入更新", by=office, now=timezone.now())
    assert set(Appeal.objects.values_list("region", flat=True)) == {south.pk}
