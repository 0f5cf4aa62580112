"""The supervisor's queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from appeals import escalation
from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Campaign
from tests import factories
from tests.appeals.pages import QUEUE, cost_of, get, signed_in, tab, tabs, titles
from tests.appeals.people import People

LONG_AGO = timedelta(days=60)  # an ordinary appeal has reached level 4


def raised(people: People, ago: timedelta = LONG_AGO, **fields: Any) -> Appeal:
    """An appeal that is late, with its rungs."""
    appeal = people.at(Status.HANDLING, timezone.now() - ago)
    Appeal.objects.filter(pk=appeal.pk).update(**fields)
    escalation.apply_ladder(timezone.now())
    appeal.refresh_from_db()
    return appeal


def cadre_of_nothing() -> Cadre:
    return factories.cadre(Role.SPECIALIST, region=factories.district())


def seen(cadre: Cadre, **parameters: Any) -> list[str]:
    return titles(get(cadre, QUEUE, **parameters))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("supervisor", 200),
        ("leader", 200),
        ("office", 200),
        ("stranger", 200),
        ("specialist", 403),
        ("team_leader", 403),
        ("handler", 403),
        ("head", 403),
        ("caller", 403),
    ],
)
def test_who_may_open_the_queue(people: People, who: str, status: int) -> None:
    assert signed_in(getattr(people, who)).get(QUEUE).status_code == status


def test_a_refusal_says_whom_the_queue_is_for(people: People) -> None:
    page = signed_in(people.handler).get(QUEUE).content.decode()
    assert "升级督办由督查、领导和助企办查看。" in page


def test_it_holds_what_is_raised_or_red_in_the_region(people: People) -> None:
    raised(people, title="升级的")
    red = people.at(Status.HANDLING, timezone.now() - LONG_AGO)  # no sweep has looked yet
    Appeal.objects.filter(pk=red.pk).update(title="刚超期的", escalates_at=timezone.now() + LONG_AGO)
    Appeal.objects.filter(pk=people.at(Status.HANDLING, timezone.now()).pk).update(title="按时的")
    assert seen(people.supervisor) == ["升级的", "刚超期的"]
    assert seen(people.stranger) == []


def test_a_row_tells_the_level_the_last_rung_and_what_comes_next(people: People) -> None:
    appeal = raised(people)
    page = get(people.supervisor, QUEUE)
    assert '<span class="lv lv-4"><b>四级</b><span>市级</span></span>' in page
    assert "row-over" in page
    last = appeal.escalations.latest("due_at")
    assert f"{timezone.localtime(last.at):%m-%d %H:%M}</span> 长期超期" in page
    outlook = escalation.outlooks([appeal], timezone.now())[appeal.pk]
    assert outlook.coming.endswith("四级 · 主要领导")
    assert outlook.coming in page
    assert "超期" in page


def test_the_highest_level_and_the_longest_overdue_come_first(people: People) -> None:
    raised(people, timedelta(days=26), title="刚升四级")
    raised(people, title="最久")
    low = people.assigned(timezone.now() - timedelta(days=1))
    Appeal.objects.filter(pk=low.pk).update(level=1, title="一级")
    assert seen(people.supervisor) == ["最久", "刚升四级", "一级"]
    assert seen(people.supervisor, sort="level") == ["一级", "刚升四级", "最久"]
    assert seen(people.supervisor, sort="due") == ["最久", "刚升四级", "一级"]


def test_tabs_part_what_is_open_from_what_has_ended(people: People) -> None:
    raised(people, title="在办的")
    ended = raised(people, title="办完的")
    now = timezone.now()
    for name, who in (("reply", "handler"), ("approve", "head"), ("confirm", "specialist"), ("close", "office")):
        people.take(ended, name, who, now)
    page = get(people.supervisor, QUEUE)
    assert titles(page) == ["在办的"]
    assert (tab(page, "待处理"), tab(page, "已办结"), tab(page, "全部")) == ("（1）", "（1）", "（2）")
    assert tab(page, "我已督办") == "（0）"
    assert seen(people.supervisor, status="closed") == ["办完的"]
    assert set(seen(people.supervisor, status="all")) == {"在办的", "办完的"}
    for current in ("", "closed", "supervised", "all"):
        again = tabs(get(people.supervisor, QUEUE, status=current))
        assert again == {"待处理": "（1）", "我已督办": "（0）", "已办结": "（1）", "全部": "（2）"}


def test_every_filter_narrows(people: People) -> None:
    people.enterprise.industry = "C34"
    people.enterprise.save()
    appeal = raised(people, title="升级的")
    today = timezone.localdate()
    hits: list[dict[str, Any]] = [
        {"q": "升级"},
        {"region": "990102000000"},
        {"level": 4},
        {"light": "red"},
        {"lead": appeal.lead_id},
        {"category": appeal.category_id},
        {"urgency": "ordinary"},
        {"triage": "single"},
        {"specialist": "王晓敏"},
        {"industry": "C34"},
        {"campaign": Campaign.objects.get().pk},
        {"from": today, "to": today},
    ]
    misses: list[dict[str, Any]] = [
        {"q": "没有"},
        {"region": factories.district(3).code},
        {"level": 3},
        {"light": "green"},
        {"lead": people.office.department_id},
        {"category": appeal.category_id + 1},
        {"urgency": "critical"},
        {"triage": "complex"},
        {"specialist": factories.assign(cadre_of_nothing(), factories.EnterpriseFactory.create()).cadre.username},
        {"industry": "C26"},
        {"campaign": factories.CampaignFactory.create(name="服务月", regions=[factories.district(7)]).pk},
        {"to": today - timedelta(days=1)},
    ]
    for parameters in hits:
        assert seen(people.supervisor, **parameters) == ["升级的"], parameters
    for parameters in misses:
        assert seen(people.supervisor, **parameters) == [], parameters


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("level", "5", "督办级别：“5”不是可选的值"),
        ("status", "handling", "状态：“handling”不是可选的值"),
        ("from", "昨天", "升级日期："),
        ("urgency", "red", "紧急程度：“red”不是可选的值"),
        ("industry", "C99", "行业：“C99”不是可选的值"),
        ("campaign", "x", "专项行动："),
        ("specialist", "无此人", "专员：没有找到“无此人”这位专员"),
        ("colour", "red", "没有“colour”这个筛选条件"),
    ],
)
def test_an_unknown_value_is_said_and_finds_nothing(people: People, name: str, value: str, sentence: str) -> None:
    raised(people)
    page = get(people.supervisor, QUEUE, **{name: value})
    assert sentence in page
    assert titles(page) == []


def test_an_empty_queue_says_so(people: People, client: Client) -> None:
    assert "没有升级督办的诉求" in get(people.supervisor, QUEUE)


def test_two_rows_cost_as_many_queries_as_twenty(people: People) -> None:
    raised(people), raised(people)
    few = cost_of(people.supervisor, QUEUE)
    for _ in range(18):
        people.at(Status.HANDLING, timezone.now() - LONG_AGO)
    escalation.apply_ladder(timezone.now())
    assert cost_of(people.supervisor, QUEUE) == few
    assert len(seen(people.supervisor)) == 20


def test_orders_lead_back_to_a_page_that_their_reader_may_open(people: People) -> None:
    way_back = f'href="{QUEUE}"'
    assert way_back in get(people.supervisor, "/appeals/orders/").partition("<main")[2]
    assert way_back not in get(people.handler, "/appeals/orders/")
