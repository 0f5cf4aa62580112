"""The pages of the ladder and the calendar: what an edit would move is shown first, and open cases follow it once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appeals import recomputing
from appeals.models import Appeal, Limit
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.cadres.test_administration import sentences, signed_in, typed
from workflow.models import Holiday, RuleChange, Rung, WorkingHours
from workflow.steps import Actor
from workflow.worktime import BEIJING, forget, load_calendar

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)  # an ordinary Wednesday


@pytest.fixture(autouse=True)
def fresh_calendar() -> Any:
    forget()
    yield
    forget()


@pytest.fixture
def sysadmin() -> Cadre:
    return factories.cadre(Role.SYSADMIN, region=factories.city(), name="系管")


@pytest.fixture
def client(sysadmin: Cadre) -> Client:
    return signed_in(sysadmin)


def assigned(urgency: str = "ordinary", now: datetime = NOW) -> Appeal:
    """An appeal on the way, whose ten working days end on 12-02."""
    enterprise = factories.EnterpriseFactory.create()
    appeal = factories.appeal(enterprise, now=now)
    unit = factories.DepartmentFactory.create(region=enterprise.region)
    factories.cadre(Role.HANDLER, department=unit)
    office = factories.cadre(Role.OFFICE, region=enterprise.region)
    appeal.take("assign", by=Actor.of(office), now=now, lead=unit, triage="single", urgency=urgency)
    return appeal


def add_day(client: Client, day: str, kind: str = "rest", name: str = "临时放假", **more: str) -> Any:
    return client.post(reverse("workflow:new_holiday"), {"day": day, "kind": kind, "name": name, **more})


def test_what_a_day_off_would_move_is_shown_before_it_is_made(client: Client) -> None:
    appeal = assigned()
    before = appeal.due_at
    page = sentences(add_day(client, "2026-11-25"))
    assert "有 <b>1</b> 件的办理时限会变动：提前 0 件，推后或取消 1 件" in page
    assert "2026-12-02 18:00" in page
    assert "2026-12-03 18:00" in page
    assert not Holiday.objects.filter(day="2026-11-25").exists()
    appeal.refresh_from_db()
    assert appeal.due_at == before
    assert load_calendar().is_working_day(date(2026, 11, 25))


def test_open_deadlines_follow_a_day_off_once_however_often_it_is_asked(client: Client) -> None:
    appeal = assigned()
    add_day(client, "2026-11-25", confirmed="1")
    for _ in range(3):
        recomputing.follow(timezone.now() + timedelta(minutes=5))
    appeal.refresh_from_db()
    assert appeal.due_at == datetime(2026, 12, 3, 18, 0, tzinfo=BEIJING)
    assert appeal.rounds.get().due_at == appeal.due_at
    assert appeal.original_due_at == datetime(2026, 12, 2, 18, 0, tzinfo=BEIJING)
    event = appeal.events.get(step="recompute")
    assert event.changes == {"due_at": ["2026-12-02 18:00", "2026-12-03 18:00"]}
    assert RuleChange.objects.get().moved == 1


def test_the_deadline_comes_back_with_the_day(client: Client) -> None:
    appeal = assigned()
    add_day(client, "2026-11-25", confirmed="1")
    recomputing.follow(timezone.now())
    row = Holiday.objects.get(day="2026-11-25")
    client.post(reverse("workflow:remove_holiday", args=(row.pk,)), {"confirmed": "1"})
    recomputing.follow(timezone.now())
    appeal.refresh_from_db()
    assert appeal.due_at == datetime(2026, 12, 2, 18, 0, tzinfo=BEIJING)


def test_a_deadline_of_what_is_settled_never_moves(client: Client) -> None:
    appeal = assigned()
    due = appeal.due_at
    system = {"status": Status.CONFIRMING}
    handler = Cadre.objects.holding(Role.HANDLER).get(department=appeal.lead)
    head = factories.cadre(Role.HEAD, department=appeal.lead)
    appeal.take("sign", by=Actor.of(handler), now=NOW)
    appeal.take("reply", by=Actor.of(handler), now=NOW, outcome="solved", reply="已协调解决，安排专车接回。")
    appeal.take("approve", by=Actor.of(head), now=NOW + timedelta(hours=1))
    add_day(client, "2026-11-25", confirmed="1")
    recomputing.follow(timezone.now())
    appeal.refresh_from_db()
    assert (appeal.status, appeal.due_at) == (system["status"], due)
    assert not appeal.events.filter(step="recompute").exists()


def test_the_time_that_the_clock_stood_still_is_kept(client: Client) -> None:
    appeal = assigned()
    handler = Cadre.objects.holding(Role.HANDLER).get(department=appeal.lead)
    head = factories.cadre(Role.HEAD, department=appeal.lead)
    specialist = appeal.registered_by
    appeal.take("sign", by=Actor.of(handler), now=NOW)
    appeal.take("reply", by=Actor.of(handler), now=NOW, outcome="solved", reply="已协调解决，安排专车接回。")
    appeal.take("approve", by=Actor.of(head), now=NOW)
    confirmed = {"solved": "yes", "rating": "satisfied", "confirmed_by": "王", "confirmed_how": "phone"}
    appeal.take("confirm", by=Actor.of(specialist), now=NOW + timedelta(hours=1), **confirmed)
    office = factories.cadre(Role.OFFICE, region=appeal.region)
    appeal.take("return", by=Actor.of(office), now=NOW + timedelta(days=1), note="佐证不足")
    appeal.refresh_from_db()
    assert appeal.due_at == datetime(2026, 12, 3, 18, 0, tzinfo=BEIJING)
    add_day(client, "2026-11-25", confirmed="1")
    recomputing.follow(timezone.now())
    appeal.refresh_from_db()
    assert appeal.due_at == datetime(2026, 12, 4, 18, 0, tzinfo=BEIJING)


def test_a_places_own_holiday_moves_that_place_alone(client: Client) -> None:
    here, there = assigned(), assigned()
    other = factories.district(7, "别区")
    Appeal.objects.filter(pk=there.pk).update(region=other, region_path=other.path)
    page = add_day(client, "2026-11-25", name="古尔邦节", region=str(here.region_id), confirmed="1")
    assert page.status_code == 302
    recomputing.follow(timezone.now())
    here.refresh_from_db()
    there.refresh_from_db()
    assert here.due_at == datetime(2026, 12, 3, 18, 0, tzinfo=BEIJING)
    assert there.due_at == datetime(2026, 12, 2, 18, 0, tzinfo=BEIJING)


YEAR = "日期,类型,名称\n2028-10-01,放假,国庆节\n2028-10-02,放假,国庆节\n2028-10-08,调休上班,国庆节\n"


def test_a_year_without_a_table_is_provisional_until_it_is_imported(client: Client) -> None:
    assert load_calendar().is_provisional(2028)
    url = reverse("workflow:import_year")
    page = client.post(url, {"year": "2028", "text": YEAR})
    assert "导入 2028 年全国放假安排 3 天" in sentences(page)
    carried = dict(page.context["hidden"])
    assert client.post(url, {**carried, "confirmed": "1"}).status_code == 302
    forget()
    assert not load_calendar().is_provisional(2028)
    assert not load_calendar().is_working_day(date(2028, 10, 2))
    again = client.post(url, {"year": "2028", "text": YEAR}, follow=True)
    assert "与现有安排相同，没有变化。" in sentences(again)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2028-13-01,放假,国庆节", "第 1 行：“2028-13-01”不是日期"),
        ("2028-10-01,休假,国庆节", "第 1 行：“休假”不是“放假”或“调休上班”。"),
        ("2027-10-01,放假,国庆节", "第 1 行：2027-10-01 不在 2028 年。"),
        ("2028-10-01,放假,国庆节\n2028-10-01,放假,国庆节", "第 2 行：2028-10-01 重复。"),
        ("2028-10-01", "第 1 行：应有日期、类型、名称三列。"),
        ("2028-05-01,放假,劳动节", "没有国庆节"),
        ("", "请选择 CSV 文件，或粘贴放假安排。"),
    ],
)
def test_a_list_that_is_wrong_is_refused_line_by_line(client: Client, text: str, sentence: str) -> None:
    response = client.post(reverse("workflow:import_year"), {"year": "2028", "text": text})
    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors)


def test_working_hours_are_replaced_and_deadlines_follow(client: Client) -> None:
    appeal = assigned()
    url = reverse("workflow:hours")
    assert client.post(url, typed(client, url, ends2="17:30", confirmed="1")).status_code == 302
    assert [str(row) for row in WorkingHours.objects.order_by("starts")] == ["09:00–12:00", "14:00–17:30"]
    recomputing.follow(timezone.now())
    appeal.refresh_from_db()
    assert appeal.due_at == datetime(2026, 12, 2, 17, 30, tzinfo=BEIJING)


def test_hours_that_overlap_midnight_or_are_none_are_refused_and_the_second_editor_is_told(client: Client) -> None:
    url = reverse("workflow:hours")
    before = typed(client, url)
    assert client.post(url, before | {"ends2": "13:00"}).status_code == 422
    assert client.post(url, {"seen": before["seen"]}).status_code == 422
    WorkingHours.objects.filter(starts="14:00").update(ends="17:00")
    response = client.post(url, before | {"ends2": "18:30"})
    assert "工作时间在你填写期间已由他人改为 09:00–12:00、14:00–17:00" in str(response.context["form"].errors)


def test_a_rung_that_comes_sooner_moves_the_ladders_next_look(client: Client) -> None:
    appeal = assigned()
    rung = Rung.objects.get(trigger="pending", critical=False, level=0)
    unsigned = Rung.objects.get(trigger="unsigned", critical=False)
    url = reverse("workflow:rung", args=(unsigned.pk,))
    values = typed(client, url, amount="3", unit="days", audience=unsigned.audience)
    assert "有 <b>1</b> 件的下一次督办时间会变动" in sentences(client.post(url, values))
    assert client.post(url, values | {"confirmed": "1"}).status_code == 302
    recomputing.follow(NOW + timedelta(minutes=1))
    before = appeal.escalates_at
    appeal.refresh_from_db()
    assert appeal.escalates_at > before
    assert rung.amount == 240


def test_the_last_rung_of_a_trigger_stays(client: Client) -> None:
    only = Rung.objects.get(trigger="confirming", critical=False)
    response = client.post(reverse("workflow:remove_rung", args=(only.pk,)), {"confirmed": "1"})
    assert response.status_code == 403
    assert "只剩这一级" in sentences(response)
    one = Rung.objects.get(trigger="pending", critical=False, level=2)
    offered = [reverse("workflow:remove_rung", args=(row.pk,)) for row in (only, one)]
    forms = [client.get(reverse("workflow:rung", args=(row.pk,))).content.decode() for row in (only, one)]
    assert [url in form for url, form in zip(offered, forms, strict=True)] == [False, True]
    assert client.post(reverse("workflow:remove_rung", args=(one.pk,)), {"confirmed": "1"}).status_code == 302


def test_a_level_that_the_trigger_has_already_is_refused(client: Client) -> None:
    posted = {
        "trigger": "pending",
        "level": "2",
        "amount": "1",
        "unit": "days",
        "repeat_days": "0",
        "audience": ["office"],
    }
    response = client.post(reverse("workflow:new_rung"), posted)
    assert response.status_code == 422
    assert "已有相同督办级别的一级" in str(response.context["form"].errors)


def test_a_districts_administrator_leaves_the_citys_rules_alone() -> None:
    district = factories.district(4)
    client = signed_in(factories.cadre(Role.SYSADMIN, region=district))
    rung, national = Rung.objects.first(), Holiday.objects.filter(region=None).first()
    city_limit = Limit.objects.filter(region=None).first()
    for name, pk in (("rung", rung.pk), ("remove_rung", rung.pk), ("holiday", national.pk)):
        assert client.get(reverse(f"workflow:{name}", args=(pk,))).status_code == 403
    assert client.get(reverse("workflow:hours")).status_code == 403
    assert client.get(reverse("appeals:limit", args=(city_limit.pk,))).status_code == 403
    assert add_day(client, "2026-11-25").status_code == 422
    assert add_day(client, "2026-11-25", name="肉孜节", region=str(district.pk)).status_code == 200


# Limits and categories


def limit_values(client: Client, **changes: Any) -> dict[str, Any]:
    values = {"urgency": "ordinary", "sign_amount": 1, "sign_unit": "days", "contact_amount": 1, "contact_unit": "days"}
    values |= {"settle_amount": 5, "settle_unit": "days", "complex_amount": 15, "complex_unit": "days"}
    values |= {"opinion_amount": 2, "opinion_unit": "days"}
    return values | changes


def test_a_district_sets_shorter_limits_and_never_longer_ones(client: Client) -> None:
    district = factories.district()
    url = reverse("appeals:new_limit")
    longer = client.post(url, limit_values(client, region=district.pk, settle_amount=11))
    assert "区县的办结时限不能长于全市时限。" in str(longer.context["form"].errors)
    assert client.post(url, limit_values(client, region=district.pk)).status_code == 302
    assert assigned().due_at == datetime(2026, 11, 25, 18, 0, tzinfo=BEIJING)
    city = Limit.objects.get(region=None, urgency="ordinary")
    edit = reverse("appeals:limit", args=(city.pk,))
    shorter = client.post(edit, typed(client, edit, settle_amount=4))
    assert f"{district}的办结时限将长于全市时限" in str(shorter.context["form"].errors)


def test_what_is_on_the_way_keeps_its_limit(client: Client) -> None:
    appeal = assigned()
    row = Limit.objects.get(region=None, urgency="ordinary")
    url = reverse("appeals:limit", args=(row.pk,))
    assert client.post(url, typed(client, url, settle_amount=3)).status_code == 302
    recomputing.follow(timezone.now())
    appeal.refresh_from_db()
    assert appeal.due_at == datetime(2026, 12, 2, 18, 0, tzinfo=BEIJING)


def test_a_category_is_added_and_switched_off(client: Client) -> None:
    client.post(reverse("appeals:new_category"), {"name": "低空<经济>", "position": 30, "active": "on"})
    page = sentences(client.get(reverse("appeals:categories")))
    assert "低空&lt;经济&gt;" in page
    again = client.post(reverse("appeals:new_category"), {"name": "低空<经济>", "position": 30})
    assert again.status_code == 422
