"""The list of appeals: scope, filters, tabs, order, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from appeals.models import Appeal, Category
from appeals.workflow import Status
from cadres.models import Cadre, Region
from cadres.roles import Role
from enterprises.models import Enterprise
from tests import factories
from tests.appeals.pages import LIST, cost_of, get, tab, tabs, titles
from tests.appeals.people import People


@pytest.mark.parametrize(
    ("who", "status", "count"),
    [
        ("specialist", 200, 1),
        ("team_leader", 200, 1),
        ("office", 200, 1),
        ("supervisor", 200, 1),
        ("leader", 200, 1),
        ("handler", 200, 1),
        ("head", 200, 1),
        ("stranger", 200, 0),
        ("caller", 403, 0),
    ],
)
def test_who_sees_the_list_and_what_is_in_it(people: People, client: Client, who: str, status: int, count: int) -> None:
    people.assigned()
    client.force_login(getattr(people, who))
    response = client.get(LIST)
    assert response.status_code == status
    assert len(titles(response.content.decode())) == count


def test_nobody_reads_it_unsigned(db: None, client: Client) -> None:
    assert client.get(LIST)["Location"] == "/login/?next=/appeals/"


def test_a_row_says_what_matters(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now(), urgency="urgent")
    page = get(people.office)
    for shown in (appeal.number, people.enterprise.name, "市人社局", "赵明", "办理中", "紧急", "第2区"):
        assert str(shown) in page
    assert f'href="/appeals/{appeal.pk}/"' in page
    assert 'data-light="green"' in page


def test_names_are_shown_as_they_are_and_never_as_markup(people: People) -> None:
    name = "<script>alert('x')</script>=1+1𠮷"
    enterprise = factories.EnterpriseFactory.create(name=name)
    factories.assign(people.specialist, enterprise)
    factories.appeal(enterprise, people.specialist, title="<b>'=𠮷野家\"断电")
    page = get(people.office)
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;=1+1𠮷" in page
    assert "&lt;b&gt;&#x27;=𠮷野家&quot;断电" in page
    assert "<script>alert" not in page


def one_of_each(people: People) -> dict[str, Appeal]:
    """A difficulty per filter: title → appeal."""
    now = timezone.now()
    other = factories.DepartmentFactory.create(name="市交通局")
    town = factories.town(factories.district(3))
    elsewhere = factories.EnterpriseFactory.create(name="澜南钻采公司", region=town)
    specialist = factories.cadre(Role.SPECIALIST, region=town, name="李专员")
    factories.assign(specialist, elsewhere)
    plain = factories.appeal(people.enterprise, people.specialist, now=now - timedelta(days=60), title="最早的")
    late = people.at(Status.HANDLING, now - timedelta(days=30))
    late_level = Appeal.objects.filter(pk=late.pk)
    late_level.update(level=3, title="超期的")
    there = factories.appeal(elsewhere, specialist, now=now, title="别处的", category=Category.objects.get(name="其他"))
    people.take(there, "assign", "office", now, lead=other, triage="complex", urgency="critical")
    return {"最早的": plain, "超期的": late, "别处的": there}


def narrowed(cadre: Cadre, **parameters: Any) -> set[str]:
    return set(titles(get(cadre, **parameters)))


def test_every_filter_narrows(people: People) -> None:
    found = one_of_each(people)
    there, today = found["别处的"], timezone.localdate()
    only_there: list[dict[str, Any]] = [
        {"q": "别处"},
        {"q": there.number},
        {"q": (there.number or "").lower()},
        {"q": "钻采"},
        {"region": there.region.code},
        {"region": there.region.parent.code if there.region.parent else ""},
        {"lead": there.lead_id},
        {"category": there.category_id},
        {"triage": "complex"},
        {"urgency": "critical"},
        {"specialist": "李专员"},
        {"status": "assigned"},
        {"light": "green"},
        {"from": today, "to": today},
    ]
    for parameters in only_there:
        assert narrowed(people.office, **parameters) == {"别处的"}, parameters
    assert narrowed(people.office, light="red") == {"超期的"}
    assert narrowed(people.office, level="3") == {"超期的"}
    assert narrowed(people.office, to=today - timedelta(days=45)) == {"最早的"}
    assert narrowed(people.office, region="990100000000") == set(found)
    assert narrowed(people.office, region="990102000000") == {"最早的", "超期的"}


def test_a_park_is_a_region_of_its_own(people: People) -> None:
    park = Region.objects.create(code="990190000000", name="高新园区", kind="park", parent=factories.city())
    enterprise = factories.EnterpriseFactory.create(park=park)
    factories.appeal(enterprise, people.specialist, title="园区里的")
    people.submitted(title="园区外的")
    assert narrowed(people.office, region=park.code) == {"园区里的"}


def test_the_yellow_light_is_found(people: People) -> None:
    now = timezone.now()
    appeal = people.at(Status.HANDLING, now)
    assert narrowed(people.office, light="yellow") == set()
    Appeal.objects.filter(pk=appeal.pk).update(yellow_at=now - timedelta(hours=1))
    assert len(narrowed(people.office, light="yellow")) == 1
    assert narrowed(people.office, light="green") == set()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("light", "purple", "时限：“purple”不是可选的值"),
        ("level", "9", "督办级别：“9”不是可选的值"),
        ("status", "ajar", "状态：“ajar”不是可选的值"),
        ("region", "990199000000", "区域："),
        ("region", "'; drop", "区域："),
        ("lead", "abc", "主办单位："),
        ("category", "99999999999999999999", "类别："),
        ("triage", "x", "研判："),
        ("urgency", "x", "紧急程度："),
        ("specialist", "没有这人", "没有找到“没有这人”这位专员"),
        ("from", "2026-02-31", "提出日期："),
        ("sort", "colour", "不能按“colour”排序"),
        ("page", "0", "页码“0”不对"),
        ("colour", "red", "没有“colour”这个筛选条件"),
    ],
)
def test_an_unknown_value_is_said_and_finds_nothing(people: People, name: str, value: str, sentence: str) -> None:
    people.submitted()
    page = get(people.office, **{name: value})
    assert sentence in page.replace("&#x27;", "'")
    assert titles(page) == []
    assert "没有查询" in page


def test_tabs_count_what_is_open_under_the_other_filters(people: People) -> None:
    one_of_each(people)
    page = get(people.office)
    assert tab(page, "待受理") == "（1）"
    assert tab(page, "办理中") == "（1）"
    assert tab(page, "待签收") == "（1）"
    assert tab(page, "待审核") == "（0）"
    assert tab(page, "已销号") == ""
    assert tab(page, "待我办理") == "（1）"
    narrow = get(people.office, region="990102000000")
    assert tab(narrow, "待签收") == "（0）"
    assert tab(narrow, "待受理") == "（1）"


@pytest.mark.parametrize("words", ["停水", "长泰机械", "SQ9901"])
def test_tabs_count_what_the_words_find(people: People, words: str) -> None:
    """In the title, in the enterprise's name, in the number."""
    Enterprise.objects.filter(pk=people.enterprise.pk).update(name="长泰机械公司")
    people.submitted(title="停水三天")
    page = get(people.office, q=words)
    assert titles(page) == ["停水三天"]
    assert [tab(page, label) for label in ("待我办理", "待受理", "办理中")] == ["（1）", "（1）", "（0）"]


def test_a_number_of_our_own_finds_its_appeal_alone(people: People) -> None:
    first, second = people.submitted(title="第一件"), people.submitted(title="第二件")
    assert titles(get(people.office, q=str(first.number).lower())) == ["第一件"]
    assert set(titles(get(people.office, q=str(second.number)[:-4]))) == {"第一件", "第二件"}
    assert titles(get(people.office, q="SQ" + "9" * 18)) == []


def test_what_waits_for_me_is_one_tab_and_says_so_on_its_rows(people: People) -> None:
    people.submitted(title="等我转办"), people.assigned()
    assert narrowed(people.office, status="waiting") == {"等我转办"}
    page = get(people.office)
    assert page.count(">处理<") == 1
    assert page.count(">查看<") == 1


def test_drafts_have_a_tab_where_there_are_any(people: People) -> None:
    assert "草稿" not in tabs(get(people.specialist))
    people.draft(title="我的草稿")
    assert tab(get(people.specialist), "草稿") == "（1）"
    assert narrowed(people.specialist, status="draft") == {"我的草稿"}


def test_sorting_and_its_reverse(people: People) -> None:
    one_of_each(people)
    by_time = titles(get(people.office, sort="submitted"))
    assert by_time == ["最早的", "超期的", "别处的"]
    assert titles(get(people.office, sort="-submitted")) == by_time[::-1]
    assert titles(get(people.office, sort="-level"))[0] == "超期的"
    assert titles(get(people.office, sort="due"))[0] == "超期的"


def test_an_empty_list_says_why(people: People) -> None:
    page = get(people.office)
    assert "还没有诉求" in page
    assert "登记诉求" in page
    assert "没有符合条件的记录" in get(people.office, q="没有")


def test_htmx_gets_the_list_alone(people: People, client: Client) -> None:
    people.submitted()
    client.force_login(people.office)
    part = client.get(LIST, headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert "<html" not in part
    assert len(titles(part)) == 1


@pytest.mark.parametrize("who", ["office", "specialist", "handler", "supervisor"])
def test_two_rows_cost_as_many_queries_as_twenty(people: People, who: str) -> None:
    towns = [factories.town(factories.district(number)) for number in (2, 3)]

    def add(count: int) -> None:
        for number in range(count):
            enterprise = factories.EnterpriseFactory.create(region=towns[number % 2])
            factories.assign(people.specialist, enterprise)
            appeal = factories.appeal(enterprise, people.specialist)
            people.take(appeal, "assign", "office", timezone.now(), lead=people.department)

    add(2)
    few = cost_of(getattr(people, who), LIST)
    add(18)
    assert cost_of(getattr(people, who), LIST) == few
