"""The list and the page of enterprises: search, filters, order, lamps, masking, history, panels."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from cadres.models import Region
from cadres.roles import Role
from enterprises import assigning, reporting
from enterprises.models import Enterprise, OperatingStatus
from enterprises.rules.credit_code import check_character
from tests import factories

pytestmark = pytest.mark.django_db

SIX_DAYS, FIFTEEN_DAYS = timedelta(days=6), timedelta(days=15)
NAMES = (
    "澜川天山机械制造有限公司",
    "𠮷祥农牧有限公司",
    "老张<b>餐饮</b>有限公司",
    "O'Neil流体设备有限公司",
    "一加=二商贸有限公司",
    "澜川ABC物流有限公司",
)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def office():
    return factories.cadre(Role.OFFICE)


@pytest.fixture
def listed(signed_in, office):
    """The names on the first page of the list, in order."""
    client = signed_in(office)

    def names(**query: str) -> list[str]:
        page = client.get("/enterprises/", query)
        assert page.status_code == 200
        return [row.name for row in page.context["listing"].rows]

    return names


def body(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("机械", "澜川天山机械制造有限公司"),
        ("天山 制造", "澜川天山机械制造有限公司"),
        ("lctsjx", "澜川天山机械制造有限公司"),
        ("LCTSJX", "澜川天山机械制造有限公司"),
        ("𠮷祥", "𠮷祥农牧有限公司"),
        ("𠮷", "𠮷祥农牧有限公司"),
        ("jxnm", "𠮷祥农牧有限公司"),
        ("<b>", "老张<b>餐饮</b>有限公司"),
        ("<", "老张<b>餐饮</b>有限公司"),
        ("O'Neil", "O'Neil流体设备有限公司"),
        ("'", "O'Neil流体设备有限公司"),
        ("=", "一加=二商贸有限公司"),
        ("ＡＢＣ", "澜川ABC物流有限公司"),
        ("abc", "澜川ABC物流有限公司"),
    ],
)
def test_an_enterprise_is_found_by_two_characters_initials_and_strange_ones(listed, words, found):
    for name in NAMES:
        factories.EnterpriseFactory.create(name=name)
    assert listed(q=words) == [found]


@pytest.mark.parametrize("words", ["%", "_", "机器", "\\", "zzzz", "天山天山天山", "\x00"])
def test_what_is_in_no_name_is_not_found(listed, words):
    for name in NAMES:
        factories.EnterpriseFactory.create(name=name)
    assert listed(q=words) == []


def test_a_name_is_shown_as_it_is_written(signed_in, office):
    for name in NAMES:
        factories.EnterpriseFactory.create(name=name)
    shown = body(signed_in(office).get("/enterprises/"))
    assert "老张&lt;b&gt;餐饮&lt;/b&gt;有限公司" in shown
    assert "O&#x27;Neil流体设备有限公司" in shown
    assert "𠮷祥农牧有限公司" in shown


def test_an_enterprise_is_found_by_a_piece_of_its_code(listed):
    first = "91990102MA5XYW00"
    code = f"{first}1{check_character(first + '1')}"
    wanted = factories.EnterpriseFactory.create(credit_code=code)
    factories.EnterpriseFactory.create()
    assert listed(q="5xyw00") == [wanted.name]
    assert listed(q=code.lower()) == [wanted.name]


def test_a_search_never_leaves_the_scope(signed_in):
    factories.EnterpriseFactory.create(name="澜川天山机械", region=factories.district(3))
    north = factories.cadre(Role.OFFICE, region=factories.district(2))
    assert "澜川天山机械" not in body(signed_in(north).get("/enterprises/", {"q": "机械"}))


def test_a_number_of_an_appeal_is_offered_to_be_looked_up_among_the_appeals(signed_in, office):
    page = body(signed_in(office).get("/enterprises/", {"q": "sq9901022026111800"}))
    assert "?q=SQ9901022026111800" in page
    assert "按编号查诉求" in page
    assert "按编号查诉求" not in body(signed_in(office).get("/enterprises/", {"q": "机械"}))


@pytest.fixture
def city_of_three(today):
    """Three enterprises that differ in everything a filter asks for."""
    north, south = factories.district(2, "北区"), factories.district(3, "南区")
    park = factories.RegionFactory.create(
        code="990199000000", name="高新园区", kind=Region.Kind.PARK, parent=factories.city()
    )
    specialist = factories.cadre(Role.SPECIALIST, username="wangxm", name="王晓敏")
    campaign = factories.CampaignFactory.create(sizes=["large"])
    large = factories.EnterpriseFactory.create(
        name="甲", region=factories.town(north), size="large", industry="C34", industry_group="机械制造",
        category="industry_above", park=park,
    )  # fmt: skip
    factories.EnterpriseFactory.create(
        name="乙", region=south, size="", industry="C341", industry_group="物流", category="other", state="suspended"
    )
    factories.EnterpriseFactory.create(
        name="丙", region=south, size="large", industry="F52", industry_group="物流", category="trade_above"
    )
    factories.assign(specialist, large, campaign)
    return campaign


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"region": "990102000000"}, "甲"),
        ({"region": "990102001000"}, "甲"),
        ({"region": "990103000000"}, "乙丙"),
        ({"region": "990100000000"}, "甲乙丙"),
        ({"region": "990199000000"}, "甲"),
        ({"industry": "C"}, "甲乙"),
        ({"industry": "C34"}, "甲乙"),
        ({"industry": "F52"}, "丙"),
        ({"group": "物流"}, "乙丙"),
        ({"status": "suspended"}, "乙"),
        ({"category": "trade_above"}, "丙"),
        ({"size": "large"}, "甲丙"),
        ({"size": "unknown"}, "乙"),
        ({"specialist": "wangxm"}, "甲"),
        ({"specialist": "王晓"}, "甲"),
        ({"specialist": "wxm"}, "甲"),
        ({"covered": "yes"}, "甲"),
        ({"covered": "no"}, "乙丙"),
        ({"campaign": "PK"}, "甲丙"),
        ({"campaign": "PK", "covered": "yes"}, "甲"),
        ({"campaign": "PK", "covered": "no"}, "丙"),
        ({"size": "large", "region": "990103000000"}, "丙"),
    ],
)
def test_each_filter_narrows_the_list(listed, city_of_three, query, expected):
    query = {name: str(city_of_three.pk) if value == "PK" else value for name, value in query.items()}
    assert set(listed(**query)) == set(expected)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"region": "000000000000"}, "区域：“000000000000”不是可选的值"),
        ({"industry": "Q9"}, "行业：“Q9”不是可选的值"),
        ({"group": "无此组"}, "行业分组：“无此组”不是可选的值"),
        ({"status": "open"}, "经营状态：“open”不是可选的值"),
        ({"category": "x"}, "统计类别：“x”不是可选的值"),
        ({"size": "xxl"}, "规模：“xxl”不是可选的值"),
        ({"specialist": "无名氏"}, "专员：没有找到“无名氏”这位专员"),
        ({"campaign": "x"}, "专项行动：“x”不是可选的值"),
        ({"campaign": "99999999999999999999999"}, "专项行动："),
        ({"covered": "maybe"}, "包联：“maybe”不是可选的值"),
        ({"colour": "red"}, "没有“colour”这个筛选条件"),
        ({"sort": "size"}, "不能按“size”排序"),
        ({"page": "x"}, "页码“x”不对"),
    ],
)
def test_an_unknown_value_gives_a_sentence_and_no_rows(signed_in, office, city_of_three, query, sentence):
    page = signed_in(office).get("/enterprises/", query)
    assert page.status_code == 200
    assert sentence in body(page)
    assert page.context["listing"].rows == []


def test_a_region_out_of_scope_is_not_a_choice(signed_in):
    factories.district(3)
    client = signed_in(factories.cadre(Role.OFFICE, region=factories.district(2)))
    assert "不是可选的值" in body(client.get("/enterprises/", {"region": "990103000000"}))


def test_a_specialist_of_another_district_is_not_known(signed_in, city_of_three):
    client = signed_in(factories.cadre(Role.OFFICE, region=factories.district(3)))
    assert "没有找到“王晓敏”这位专员" in body(client.get("/enterprises/", {"specialist": "王晓敏"}))


def test_the_longest_without_contact_come_first_and_those_never_visited_before_all(listed, today):
    for name, days in (("甲", 3), ("乙", None), ("丙", 20)):
        contact = today - timedelta(days=days) if days else None
        factories.EnterpriseFactory.create(name=name, last_contact_on=contact)
    assert listed() == ["乙", "丙", "甲"]
    assert listed(sort="-contact") == ["甲", "丙", "乙"]
    assert listed(sort="name") == ["丙", "甲", "乙"]  # bing, jia, yi


@pytest.mark.parametrize(
    ("contact", "lamp"),
    [
        (FIFTEEN_DAYS, ("red", "15 天（应 14 天内）")),
        (timedelta(days=14), ("yellow", "14 天")),
        (timedelta(days=8), ("yellow", "8 天")),
        (SIX_DAYS, ("green", "6 天")),
        (timedelta(0), ("green", "今天")),
        (None, ("red", "未走访（应 14 天内）")),
    ],
)
def test_the_lamp_tells_the_days_since_the_last_contact(signed_in, office, today, contact, lamp):
    since = None if contact is None else today - contact
    enterprise = factories.EnterpriseFactory.create(last_contact_on=since)
    begun = today - timedelta(days=60)
    campaign = factories.CampaignFactory.create(starts_on=begun, contact_every_days=14)
    factories.assign(factories.cadre(Role.SPECIALIST), enterprise, campaign, starts_on=begun)
    assert '<span class="lamp lamp-{}">{}</span>'.format(*lamp) in body(signed_in(office).get("/enterprises/"))


def test_of_several_campaigns_the_strictest_counts_and_one_that_is_over_does_not(signed_in, office, today):
    enterprise = factories.EnterpriseFactory.create(last_contact_on=today - timedelta(days=10))
    begun = today - timedelta(days=60)
    over = factories.CampaignFactory.create(
        name="旧行动", starts_on=begun, ends_on=today - timedelta(days=1), contact_every_days=2
    )
    running = factories.CampaignFactory.create(name="新行动", starts_on=begun, contact_every_days=30)
    for campaign in (over, running):
        factories.assign(factories.cadre(Role.SPECIALIST), enterprise, campaign, starts_on=begun)
    client = signed_in(office)
    assert '<span class="lamp lamp-green">10 天</span>' in body(client.get("/enterprises/"))
    strict = factories.CampaignFactory.create(name="严行动", starts_on=begun, contact_every_days=7)
    factories.assign(factories.cadre(Role.SPECIALIST), enterprise, strict, starts_on=begun)
    assert '<span class="lamp lamp-red">10 天（应 7 天内）</span>' in body(client.get("/enterprises/"))


def test_an_enterprise_without_specialist_has_no_colour(signed_in, office, today):
    factories.EnterpriseFactory.create(last_contact_on=today - timedelta(days=40))
    assert '<span class="lamp lamp-grey">40 天</span>' in body(signed_in(office).get("/enterprises/"))


def test_the_row_shows_todays_status_and_otherwise_that_there_is_none(signed_in, office, today):
    enterprise = factories.EnterpriseFactory.create()
    factories.status(enterprise, today - timedelta(days=1), "full")
    client = signed_in(office)
    assert "未报" in body(client.get("/enterprises/"))
    factories.status(enterprise, today, "partial")
    page = body(client.get("/enterprises/"))
    assert '<span class="tag tag-yellow">部分复工</span>' in page
    assert "未报" not in page


def test_actions_are_offered_by_right(signed_in, office):
    enterprise = factories.EnterpriseFactory.create()
    specialist = factories.cadre(Role.SPECIALIST)
    factories.assign(specialist, enterprise)
    for cadre, visits, raises, edits in (
        (specialist, True, True, False),
        (office, False, True, True),
        (factories.cadre(Role.LEADER), False, False, False),
    ):
        for path in ("/enterprises/", enterprise.get_absolute_url()):
            page = body(signed_in(cadre).get(path))
            assert (f"/visits/new/?enterprise={enterprise.pk}" in page) == visits
            assert (f"/appeals/new/?enterprise={enterprise.pk}" in page) == raises
        assert ("/edit/" in body(signed_in(cadre).get(enterprise.get_absolute_url()))) == edits


@pytest.mark.parametrize("path", ["/enterprises/", "/assignments/", "/enterprises/uncovered/", "/status/"])
def test_twenty_rows_ask_as_few_questions_as_two(signed_in, office, today, django_assert_num_queries, path):
    client, counts = signed_in(office), []
    north = factories.district(2)
    for rows in (2, 18):
        for number in range(rows):
            enterprise = factories.EnterpriseFactory.create(region=factories.town(north, number % 5 + 1))
            if path != "/enterprises/uncovered/":
                factories.assign(factories.cadre(Role.SPECIALIST), enterprise)
                factories.assign(factories.cadre(Role.TEAM_LEADER), enterprise, role="leader")
                factories.status(enterprise, today, reported_by=factories.cadre(Role.SPECIALIST))
        if path == "/enterprises/uncovered/":
            factories.CampaignFactory.create()
        client.get(path)
        with django_assert_num_queries(100, exact=False) as asked:
            page = client.get(path)
        assert len(page.context["listing"].rows) == (2 if rows == 2 else 20)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] <= 24


def test_an_htmx_request_gets_the_list_alone(signed_in, office):
    factories.EnterpriseFactory.create(name="甲")
    headers = {"HX-Request": "true", "HX-Target": "list"}
    page = body(signed_in(office).get("/enterprises/", headers=headers))
    assert "甲" in page
    assert "<html" not in page


def test_personal_data_is_masked_on_the_page(signed_in, office):
    enterprise = factories.EnterpriseFactory.create(
        legal_representative="欧阳建国",
    )
    factories.contact(enterprise, "李红", "13812341234")
    page = body(signed_in(office).get(enterprise.get_absolute_url()))
    assert "138****1234" in page
    assert "欧*" in page
    assert "13812341234" not in page
    assert "欧阳建国" not in page
    assert "李*" in page
    assert "李红" not in page


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"size": "large", "size_entered": True}, "大型"),
        ({"size": "small"}, "小型（测算）"),
        ({"size": ""}, "未定"),
    ],
)
def test_the_page_tells_a_computed_size_from_one_that_was_entered(signed_in, office, facts, words):
    enterprise = factories.EnterpriseFactory.create(**facts)
    page = body(signed_in(office).get(enterprise.get_absolute_url()))
    assert re.search(rf"<dt>规模</dt>\s*<dd>\s*{words}\s*</dd>", page)


def test_the_page_shows_fourteen_days_with_unreported_ones_and_what_was_replaced(signed_in, office, today):
    enterprise = factories.EnterpriseFactory.create()
    now = timezone.now()
    for state, due in (("none", 131), ("full", 140)):
        reporting.report_status(enterprise, today, office, now, OperatingStatus.Source.OFFICE, state=state, due=due)
    factories.status(enterprise, today - timedelta(days=13), "partial")
    factories.status(enterprise, today - timedelta(days=14), "none")
    page = signed_in(office).get(enterprise.get_absolute_url())
    days = page.context["days"]
    assert [day.day for day in days] == [today - timedelta(days=back) for back in range(14)]
    assert [bool(day.status) for day in days] == [True, *[False] * 12, True]
    assert [(row.state, row.due) for row in days[0].replaced] == [("none", 131)]
    shown = body(page)
    assert shown.count("未报</span>") == 12
    assert "原填报" in shown
    assert "/ 131" in shown


def test_the_page_shows_the_team_and_its_history_in_all_campaigns(signed_in, office, today):
    enterprise = factories.EnterpriseFactory.create()
    begun = today - timedelta(days=30)
    campaign = factories.CampaignFactory.create(name="千人入千企", starts_on=begun)
    older = factories.CampaignFactory.create(
        name="三服务", starts_on=begun - timedelta(days=200), ends_on=begun - timedelta(days=100)
    )
    first, second, earlier = (factories.cadre(Role.SPECIALIST, name=name) for name in ("张三", "李四", "王五"))
    factories.assign(earlier, enterprise, older, starts_on=older.starts_on)
    row = factories.assign(first, enterprise, campaign, starts_on=begun)
    assigning.assign_specialist(
        enterprise, campaign, second, by=office, now=timezone.now(), starts_on=today, instead_of=row, reason="轮岗"
    )
    page = signed_in(office).get(enterprise.get_absolute_url())
    assert [one.cadre for one in page.context["enterprise"].team] == [second]
    assert [one.cadre for one in page.context["assignments"]] == [second, first, earlier]
    assert "变更原因：轮岗" in body(page)
    assert "三服务" in body(page)


def test_the_page_asks_a_bounded_number_of_questions(signed_in, office, today, django_assert_num_queries):
    client, counts = signed_in(office), []
    enterprise = factories.EnterpriseFactory.create(region=factories.town(factories.district(2)))
    for days in (range(1), range(1, 14)):
        for back in days:
            campaign = factories.CampaignFactory.create(name=f"行动{back}")
            factories.assign(factories.cadre(Role.SPECIALIST), enterprise, campaign)
            factories.status(enterprise, today - timedelta(days=back), reported_by=factories.cadre(Role.SPECIALIST))
        client.get(enterprise.get_absolute_url())
        with django_assert_num_queries(100, exact=False) as asked:
            client.get(enterprise.get_absolute_url())
        counts.append(len(asked))
    assert counts[0] == counts[1]


def panel_of_test(request, enterprise: Enterprise) -> SafeString:
    return mark_safe(f"<p>上层面板 {enterprise.pk} {request.user.username}</p>")  # noqa: S308 -- made of our own rows


def no_panel(request, enterprise: Enterprise) -> SafeString:
    return SafeString("")


def test_higher_floors_show_their_panels_on_the_page(signed_in, office, settings):
    settings.ENTERPRISE_PANELS = [f"{__name__}.panel_of_test", f"{__name__}.no_panel"]
    enterprise = factories.EnterpriseFactory.create()
    page = signed_in(office).get(enterprise.get_absolute_url())
    assert f"<p>上层面板 {enterprise.pk} {office.username}</p>" in body(page)
    assert len(page.context["panels"]) == 1


def test_a_list_without_rows_says_so(signed_in, office):
    assert "还没有企业" in body(signed_in(office).get("/enterprises/"))


def test_amounts_have_their_thousands_apart_and_no_needless_zeros():
    template = "enterprises/_report_cells.html"
    report = OperatingStatus(
        state="full", kwh=Decimal("12461.50"), utilisation=Decimal("105.00"), due=0, reported_at=timezone.now()
    )
    cells = render_to_string(template, {"report": report})
    assert "12,461.5 kWh" in cells
    assert "105%" in cells
    assert "— / 0" in cells
