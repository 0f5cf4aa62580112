"""Entering and editing an enterprise: codes, sizes, masked data, two editors at once, the scope after saving."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.http import QueryDict

from cadres.models import Region
from cadres.roles import Role
from enterprises.forms import EnterpriseForm
from enterprises.models import Enterprise
from enterprises.views.directory import store
from tests import factories

pytestmark = pytest.mark.django_db

GOOD = factories.credit_code(4711)
WRONG = GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def office(north):
    return factories.cadre(Role.OFFICE, region=north)


@pytest.fixture
def client(signed_in, office):
    return signed_in(office)


def filled(north: Region, **fields: Any) -> dict[str, Any]:
    values = {
        "kind": "company",
        "name": "澜川天山机械制造有限公司",
        "credit_code": GOOD,
        "region": north.code,
        "state": "operating",
        "category": "industry_above",
        "division": "C34",
        "headcount": "350",
        "revenue_wan": "40500",
        "assets_wan": "",
    }
    return values | fields


def as_shown(client, path: str) -> dict[str, Any]:
    """What a browser would send if somebody opened the form and pressed the button."""
    return untouched(client.get(path))


def untouched(response) -> dict[str, Any]:
    """What a browser would send if the form on this page were sent as it stands."""
    values = {}
    for bound in response.context["form"]:
        value = bound.field.widget.format_value(bound.value())
        values[bound.name] = "" if value is None else value
    return values


def complaints(response) -> str:
    """The lines of the red box above the form."""
    box = re.search(r'class="errsum".*?<ul>(.*?)</ul>', response.content.decode(), re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", box[1])) if box else ""


def test_a_new_enterprise_is_normalised_classified_and_shown(client, north):
    response = client.post(
        "/enterprises/new/", filled(north, name="  天山（澜川）\u200b机械 ", credit_code=f" {GOOD.lower()} ")
    )
    enterprise = Enterprise.objects.get()
    assert response.headers["Location"] == enterprise.get_absolute_url()
    assert (enterprise.name, enterprise.credit_code) == ("天山(澜川)机械", GOOD)
    assert (enterprise.region, enterprise.region_path, enterprise.initials) == (north, north.path, "tslcjx")
    assert (enterprise.industry, enterprise.size, enterprise.size_entered) == ("C34", "medium", False)
    assert "规模中型（测算）" in client.get(response.headers["Location"]).content.decode()


@pytest.mark.parametrize("name", ["<b>老张</b>", "O'Neil", "=1+1", "𠮷祥", "x" * 300])
def test_strange_names_are_kept(client, north, name):
    client.post("/enterprises/new/", filled(north, name=name))
    assert Enterprise.objects.get().name == name


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "企业名称：请填写"),
        ({"name": "\u200b "}, "企业名称"),
        ({"name": "x" * 301}, "最多 300 字"),
        ({"credit_code": WRONG}, "校验不符"),
        ({"credit_code": GOOD[:-1]}, "应为18位，现为17位"),
        ({"credit_code": GOOD + "1", "code_exception": "旧照"}, "应为18位，现为19位"),
        ({"credit_code": ""}, "请填写统一社会信用代码"),
        ({"credit_code": "", "kind": "farm"}, "请填写统一社会信用代码"),
        ({"region": "990103000000"}, "区域：“990103000000”不是可选的值"),
        ({"kind": "church"}, "不是可选的值"),
        ({"division": "X99"}, "不是可选的值"),
        ({"group": "351"}, "行业中类应为以 34 开头的 3 位数字"),
        ({"group": "34x"}, "行业中类应为以 34 开头的 3 位数字"),
        ({"division": "", "group": "341"}, "请同时选择行业大类"),
        ({"headcount": "多"}, "从业人数：请填整数"),
        ({"headcount": "-1"}, "从业人数"),
        ({"revenue_wan": "1e99"}, "营业收入"),
        ({"baseline_kwh": "-5"}, "基准日用电"),
        ({"founded_on": "去年"}, "成立日期：请填日期"),
        ({"tags": "x" * 21}, "每项最多 20 字"),
        ({"size_choice": "giant"}, "规模：“giant”不是可选的值"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client, north, fields, sentence):
    factories.district(3)
    response = client.post("/enterprises/new/", filled(north, contact_name="李红", **fields))
    assert response.status_code == 422
    assert sentence in complaints(response)
    assert 'value="李红"' in response.content.decode()
    assert not Enterprise.objects.exists()


@pytest.mark.parametrize("kind", ["trader", "project"])
def test_traders_and_projects_may_have_no_code(client, north, kind):
    client.post("/enterprises/new/", filled(north, kind=kind, credit_code=""))
    assert Enterprise.objects.get().credit_code is None


def test_a_historical_code_is_forced_with_a_reason_that_is_kept_and_shown(client, north):
    client.post("/enterprises/new/", filled(north, credit_code=WRONG, code_exception="2015年换证遗留"))
    enterprise = Enterprise.objects.get()
    assert (enterprise.credit_code, enterprise.code_exception) == (WRONG, "2015年换证遗留")
    assert "2015年换证遗留" in client.get(enterprise.get_absolute_url()).content.decode()


def test_a_reason_without_need_is_not_kept(client, north):
    client.post("/enterprises/new/", filled(north, code_exception="多写的"))
    assert Enterprise.objects.get().code_exception == ""


def test_a_code_that_is_taken_names_the_other_enterprise_only_to_those_who_see_it(client, north):
    other = factories.EnterpriseFactory.create(name="先来的", credit_code=GOOD, region=north)
    assert "已登记为“先来的”" in complaints(client.post("/enterprises/new/", filled(north)))
    other.region = factories.district(3)
    other.save()
    said = complaints(client.post("/enterprises/new/", filled(north)))
    assert "管辖范围以外的另一家企业" in said
    assert "先来的" not in said


def test_two_without_code_may_not_have_the_same_name_in_one_region(client, north):
    for _ in range(2):
        response = client.post("/enterprises/new/", filled(north, kind="trader", credit_code="", name="老张面馆"))
    assert "该区域已有同名且无信用代码的市场主体" in complaints(response)
    assert Enterprise.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_the_same_code_at_once_one_is_told(at_once, signed_in):
    north = factories.district(2, "北区")
    clients = [signed_in(factories.cadre(Role.OFFICE, region=north)) for _ in range(2)]
    answers = at_once(*(lambda one=one: one.post("/enterprises/new/", filled(north)) for one in clients))
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert Enterprise.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "size", "entered"),
    [
        ({}, "medium", False),
        ({"headcount": "1000", "revenue_wan": "40000"}, "large", False),
        ({"headcount": "1000", "revenue_wan": "39999.99"}, "medium", False),
        ({"headcount": "19"}, "micro", False),
        ({"headcount": ""}, "", False),
        ({"division": ""}, "", False),
        ({"headcount": "", "size_choice": "small"}, "small", True),
        ({"size_choice": "micro"}, "micro", True),
        ({"division": "G59", "group": "", "headcount": "300", "revenue_wan": "40000"}, "", False),
        ({"division": "G59", "group": "591", "headcount": "1000", "revenue_wan": "40000"}, "large", False),
    ],
)
def test_the_size_is_computed_unless_it_is_entered(client, north, fields, size, entered):
    client.post("/enterprises/new/", filled(north, **fields))
    enterprise = Enterprise.objects.get()
    assert (enterprise.size, enterprise.size_entered) == (size, entered)


@pytest.fixture
def enterprise(north):
    return factories.EnterpriseFactory.create(
        region=north,
        industry="C341",
        headcount=350,
        revenue_wan=Decimal("40500"),
        size="large",
        size_entered=True,
        legal_representative="张建国",
        key_lists=["industry", "trade"],
        tags=["专精特新", "出口"],
        electricity_accounts=["6510001", "6510002"],
    )


def edit_path(enterprise: Enterprise) -> str:
    return f"/enterprises/{enterprise.pk}/edit/"


def test_saving_an_untouched_form_changes_nothing_but_the_version(client, enterprise):
    before = Enterprise.objects.filter(pk=enterprise.pk).values().get()
    assert client.post(edit_path(enterprise), as_shown(client, edit_path(enterprise))).status_code == 302
    after = Enterprise.objects.filter(pk=enterprise.pk).values().get()
    assert after == before | {"version": 2}


def test_a_size_that_is_no_longer_entered_is_computed(client, enterprise):
    client.post(edit_path(enterprise), as_shown(client, edit_path(enterprise)) | {"size_choice": ""})
    enterprise.refresh_from_db()
    assert (enterprise.size, enterprise.size_entered) == ("medium", False)


def test_personal_data_is_masked_in_the_form_and_kept_when_left_empty(client, enterprise):
    page = client.get(edit_path(enterprise)).content.decode()
    assert "张建国" not in page
    assert "现为 张*，不修改请留空" in page
    values = as_shown(client, edit_path(enterprise))
    for typed in ("", "张*"):
        client.post(edit_path(enterprise), values | {"legal_representative": typed})
        enterprise.refresh_from_db()
        assert enterprise.legal_representative == "张建国"
        values = as_shown(client, edit_path(enterprise))
    response = client.post(edit_path(enterprise), values | {"legal_representative": "李*"})
    assert "不能带星号" in response.content.decode()


def test_editing_does_not_move_an_enterprise(client, north, enterprise):
    town = factories.town(north)
    client.post(edit_path(enterprise), as_shown(client, edit_path(enterprise)) | {"region": town.code})
    enterprise.refresh_from_db()
    assert (enterprise.region, enterprise.region_path) == (north, north.path)
    assert f"/enterprises/{enterprise.pk}/move/" in client.get(edit_path(enterprise)).content.decode()


def test_the_second_of_two_editors_is_told_what_changed_and_loses_nothing(signed_in, client, north, enterprise):
    second = signed_in(factories.cadre(Role.OFFICE, region=north))
    typed = {"address": "北区1号", "headcount": "400", "industry_group": "物流"}
    mine = as_shown(second, edit_path(enterprise)) | typed
    first = as_shown(client, edit_path(enterprise)) | {
        "headcount": "500",
        "category": "trade_above",
        "industry_group": "物流",
    }
    assert client.post(edit_path(enterprise), first).status_code == 302
    response = second.post(edit_path(enterprise), mine)
    assert response.status_code == 422
    said = complaints(response)
    assert "“统计类别”已由他人改为“限上批零住餐”，已替你更新" in said
    assert "“从业人数”已由他人改为“500”，你填的是“400”，请核对" in said
    assert "行业分组" not in said
    enterprise.refresh_from_db()
    assert (enterprise.headcount, enterprise.address) == (500, "")
    again = untouched(response)
    assert (again["address"], again["headcount"], again["category"]) == ("北区1号", "400", ["trade_above"])
    assert second.post(edit_path(enterprise), again).status_code == 302
    enterprise.refresh_from_db()
    assert (enterprise.headcount, enterprise.address, enterprise.category) == (400, "北区1号", "trade_above")
    assert enterprise.version == 3


@pytest.mark.parametrize("seen", ["", "forged", None])
def test_a_form_that_does_not_say_what_was_seen_is_not_trusted(client, enterprise, seen):
    values = as_shown(client, edit_path(enterprise)) | {"address": "北区1号", "seen": seen or ""}
    if seen is None:
        del values["seen"]
    assert client.post(edit_path(enterprise), values).status_code == 422
    enterprise.refresh_from_db()
    assert enterprise.address == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(at_once, signed_in):
    north = factories.district(2, "北区")
    enterprise = factories.EnterpriseFactory.create(region=north)
    clients = [signed_in(factories.cadre(Role.OFFICE, region=north)) for _ in range(2)]
    forms = [as_shown(one, edit_path(enterprise)) | {"address": f"{number}号"} for number, one in enumerate(clients)]
    answers = at_once(
        *(
            lambda one=one, form=form: one.post(edit_path(enterprise), form)
            for one, form in zip(clients, forms, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    enterprise.refresh_from_db()
    assert enterprise.version == 2


def test_a_row_that_escapes_the_scope_is_not_saved(rf, office):
    """The form of a district offers no such region, so this one was filled in by the city."""
    south = factories.district(3, "南区")
    form = EnterpriseForm(_query(filled(south)), cadre=factories.cadre(Role.OFFICE))
    request = rf.post("/")
    request.user = office
    assert form.is_valid()
    assert not store(request, form)
    assert form.errors["region"] == ["所选区域不在你的管辖范围内，请重新选择。"]
    assert not Enterprise.objects.exists()


def _query(values: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def test_the_database_refuses_what_the_form_would():
    factories.EnterpriseFactory.create(credit_code=GOOD)
    with pytest.raises(IntegrityError, match="enterprise_credit_code_once"):
        factories.EnterpriseFactory.create(credit_code=GOOD.lower())
