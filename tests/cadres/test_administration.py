"""The pages of the three administrators: regions, departments, cadres, roles; what each may do and what nobody may."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from cadres import menu
from cadres.changes import of_row
from cadres.models import AuditRow, Cadre, Department, Region
from cadres.roles import ADMINISTRATORS, Role
from enterprises.models import Enterprise
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def sysadmin() -> Cadre:
    return factories.cadre(Role.SYSADMIN, region=factories.city(), username="sys", name="系管")


@pytest.fixture
def secadmin() -> Cadre:
    return factories.cadre(Role.SECADMIN, region=factories.city(), username="sec", name="安管")


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def typed(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """What a browser posts of the form as it is shown, with these changes."""
    form = client.get(url).context["form"]
    values: dict[str, Any] = {}
    for bound in form:
        shown = bound.value()
        if bound.name == "seen":
            shown = form["seen"].value()
        if shown is True:
            values[bound.name] = "on"
        elif shown is not None and shown is not False:
            values[bound.name] = shown
    return {name: value for name, value in (values | changes).items() if value is not None}


def sentences(response: Any) -> str:
    return response.content.decode()


# Regions


def test_a_region_is_added_renamed_and_its_history_shown(sysadmin: Cadre) -> None:
    client, city = signed_in(sysadmin), factories.city()
    client.post(
        reverse("cadres:new_region"), {"parent": city.pk, "kind": "district", "code": "990107000000", "name": "东<区>"}
    )
    region = Region.objects.get(code="990107000000")
    assert region.path == "990100000000/990107000000/"
    url = reverse("cadres:region", args=(region.pk,))
    assert client.post(url, typed(client, url, name="东𠮷='区")).status_code == 302
    page = sentences(client.get(url))
    assert "东&lt;区&gt;" in page
    assert "东𠮷=&#x27;区" in page
    assert [change.who for change in of_row(region)] == ["系管", "系管"]
    assert AuditRow.objects.filter(action="configure", cadre=sysadmin).count() == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"code": "12345"}, "区划代码应为 12 位数字。"),
        ({"code": "880107000000"}, "澜川市下级的代码应以 9901 开头。"),
        ({"kind": "village"}, "村社的上级应为镇街。"),
        ({"kind": "city"}, "“city”不是可选的值"),
    ],
)
def test_a_region_that_does_not_fit_the_tree_is_refused(sysadmin: Cadre, values: dict[str, str], sentence: str) -> None:
    posted = {"parent": factories.city().pk, "kind": "district", "code": "990107000000", "name": "东区"} | values
    response = signed_in(sysadmin).post(reverse("cadres:new_region"), posted)
    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors), response.context["form"].errors


def test_a_region_in_use_is_not_switched_off(sysadmin: Cadre) -> None:
    district = factories.district(4, "西区")
    unit = factories.DepartmentFactory.create(region=district, name="西区人社局")
    client, url = signed_in(sysadmin), reverse("cadres:region", args=(district.pk,))
    response = client.post(url, typed(client, url, active=None))
    assert "还有启用中的西区人社局" in sentences(response)
    Department.objects.filter(pk=unit.pk).update(valid_until=date(2026, 1, 1))
    assert client.post(url, typed(client, url, active=None)).status_code == 302
    assert not Region.objects.get(pk=district.pk).active


# Departments


def test_two_administrators_at_one_department_the_second_is_told(sysadmin: Cadre) -> None:
    other = factories.cadre(Role.SYSADMIN, region=factories.city(), name="另一位")
    unit = factories.DepartmentFactory.create(name="市人社局", region=factories.city())
    url = reverse("cadres:department", args=(unit.pk,))
    first, second = signed_in(sysadmin), signed_in(other)
    mine, theirs = typed(first, url, name="市人社厅"), typed(second, url, duty_phone="0990-1")
    assert first.post(url, mine).status_code == 302
    refused = second.post(url, theirs)
    assert refused.status_code == 422
    assert "“名称”已由他人改为“市人社厅”，已替你更新。" in sentences(refused)
    assert second.post(url, typed_again(refused)).status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.duty_phone) == ("市人社厅", "0990-1")


def typed_again(refused: Any) -> dict[str, Any]:
    data = refused.context["form"].data
    return {name: data[name] for name in data}


def test_a_department_that_ends_names_another_as_successor(sysadmin: Cadre) -> None:
    old = factories.DepartmentFactory.create(name="市经信委", region=factories.city())
    new = factories.DepartmentFactory.create(name="市工信局", region=factories.city())
    client, url = signed_in(sysadmin), reverse("cadres:department", args=(old.pk,))
    refused = client.post(url, typed(client, url, successor=new.pk))
    assert "填写了职能承接单位，请同时填写停用日期。" in sentences(refused)
    assert client.post(url, typed(client, url, successor=new.pk, valid_until="2026-01-01")).status_code == 302
    assert old not in Department.objects.current()
    itself = client.post(url, typed(client, url, successor=old.pk))
    assert itself.status_code == 422


def test_a_department_counts_until_the_day_it_ends() -> None:
    ends_later = factories.DepartmentFactory.create(valid_until=date(2099, 1, 1))
    begins_later = factories.DepartmentFactory.create(valid_from=date(2099, 1, 1))
    assert ends_later in Department.objects.current()
    assert begins_later not in Department.objects.current()


def test_the_same_name_twice_in_a_region_is_refused(sysadmin: Cadre) -> None:
    unit = factories.DepartmentFactory.create(name="市人社局", region=factories.city())
    posted = {"region": unit.region_id, "name": "市人社局"}
    response = signed_in(sysadmin).post(reverse("cadres:new_department"), posted)
    assert response.status_code == 422
    assert "该区域已有同名单位。" in sentences(response)


# Cadres


def test_a_new_cadre_gets_a_password_that_is_shown_once_and_works(sysadmin: Cadre) -> None:
    unit = factories.DepartmentFactory.create(region=factories.city())
    posted = {"username": "wang", "name": "王芳", "department": unit.pk}
    response = signed_in(sysadmin).post(reverse("cadres:new_cadre"), posted)
    password = response.context["password"]
    assert password in sentences(response)
    made = Cadre.objects.get(username="wang")
    assert made.check_password(password)
    assert made.roles == frozenset()
    assert not AuditRow.objects.filter(detail__icontains=password).exists()
    assert Client().post("/login/", {"username": "wang", "password": password}).status_code == 302


def test_a_reset_password_signs_the_cadre_out(sysadmin: Cadre) -> None:
    person = factories.cadre(Role.HANDLER)
    theirs = signed_in(person)
    url = reverse("cadres:reset_password", args=(person.pk,))
    client = signed_in(sysadmin)
    assert "原密码立即失效" in sentences(client.get(url))
    assert client.post(url).context["password"]
    assert theirs.get("/inbox/").status_code == 302
    assert AuditRow.objects.get(action="password").subject == f"{person.name}（{person.username}）"


def test_no_administrators_password_is_reset_here(sysadmin: Cadre, secadmin: Cadre) -> None:
    for other in (secadmin, sysadmin):
        assert signed_in(sysadmin).post(reverse("cadres:reset_password", args=(other.pk,))).status_code == 403


def test_a_cadre_who_moves_loses_the_old_departments_enterprises_at_once_and_keeps_their_own(sysadmin: Cadre) -> None:
    old, new = factories.DepartmentFactory.create(), factories.DepartmentFactory.create()
    person = factories.cadre(Role.HANDLER, Role.SPECIALIST, department=old)
    assigned, led = factories.EnterpriseFactory.create(), factories.EnterpriseFactory.create()
    factories.assign(person, assigned)
    led_access(led, old)
    assert set(Enterprise.objects.visible_to(person)) == {assigned, led}
    client, url = signed_in(sysadmin), reverse("cadres:cadre", args=(person.pk,))
    assert client.post(url, typed(client, url, department=new.pk)).status_code == 302
    moved = Cadre.objects.get(pk=person.pk)
    assert set(Enterprise.objects.visible_to(moved)) == {assigned}
    assert of_row(moved)[0].lines == [("单位", old.name, new.name)]


def led_access(enterprise: Enterprise, department: Department) -> None:
    from enterprises.models import Access

    Access.objects.create(enterprise=enterprise, department=department, reason="appeal:1")


def test_nobody_switches_off_themselves_or_the_last_of_a_kind(sysadmin: Cadre, secadmin: Cadre) -> None:
    client = signed_in(sysadmin)
    for person, sentence in ((sysadmin, "不能停用自己的账号。"), (secadmin, "这是最后一个启用的安全管理员")):
        url = reverse("cadres:cadre", args=(person.pk,))
        response = client.post(url, typed(client, url, is_active=None))
        assert sentence in sentences(response)
    factories.cadre(Role.SECADMIN, region=factories.city())
    url = reverse("cadres:cadre", args=(secadmin.pk,))
    assert client.post(url, typed(client, url, is_active=None)).status_code == 302


def test_the_database_itself_keeps_the_last_administrator(sysadmin: Cadre) -> None:
    for act in (
        lambda: Cadre.objects.filter(pk=sysadmin.pk).update(is_active=False),
        sysadmin.groups.clear,
    ):
        with pytest.raises(IntegrityError, match="last active administrator"), transaction.atomic():
            act()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_switched_off_cadre_is_out(sysadmin: Cadre) -> None:
    person = factories.cadre(Role.HANDLER)
    theirs, client = signed_in(person), signed_in(sysadmin)
    url = reverse("cadres:cadre", args=(person.pk,))
    client.post(url, typed(client, url, is_active=None))
    assert theirs.get("/inbox/").status_code == 302


# Roles


def test_roles_are_granted_and_revoked_at_once(secadmin: Cadre) -> None:
    person = factories.cadre(Role.HANDLER)
    client, url = signed_in(secadmin), reverse("cadres:grant", args=(person.pk,))
    assert client.post(url, typed(client, url, roles=["head", "specialist"])).status_code == 302
    assert Cadre.objects.get(pk=person.pk).roles == {Role.HEAD, Role.SPECIALIST}
    row = AuditRow.objects.get(action="grant")
    assert row.detail == {"授予": "驻企特派专员、部门负责人", "收回": "承办人"}
    assert ("角色", "承办人", "空") in {
        line for change in of_row(person) if change.who == "安管" for line in change.lines
    }


@pytest.mark.parametrize("roles", [["handler", "sysadmin"], ["sysadmin", "auditadmin"]])
def test_an_administrators_role_stands_alone(secadmin: Cadre, roles: list[str]) -> None:
    person = factories.cadre(Role.HANDLER)
    client, url = signed_in(secadmin), reverse("cadres:grant", args=(person.pk,))
    response = client.post(url, typed(client, url, roles=roles))
    assert response.status_code == 422
    assert "互相排斥" in sentences(response)
    assert Cadre.objects.get(pk=person.pk).roles == {Role.HANDLER}


def test_the_database_itself_keeps_the_roles_apart() -> None:
    with pytest.raises(IntegrityError, match="beside another"), transaction.atomic():
        factories.cadre(Role.HANDLER, Role.AUDITADMIN)


def test_nobody_edits_their_own_roles(secadmin: Cadre) -> None:
    url = reverse("cadres:grant", args=(secadmin.pk,))
    assert signed_in(secadmin).post(url, {"roles": ["secadmin"]}).status_code == 403


def test_the_last_security_administrator_keeps_the_role(sysadmin: Cadre, secadmin: Cadre) -> None:
    client, url = signed_in(secadmin), reverse("cadres:grant", args=(sysadmin.pk,))
    response = client.post(url, typed(client, url, roles=["handler"]))
    assert "这是最后一个启用的系统管理员，不能收回" in sentences(response)


def test_two_security_administrators_at_one_cadre_the_second_is_told(secadmin: Cadre) -> None:
    other = factories.cadre(Role.SECADMIN, region=factories.city())
    person = factories.cadre(Role.HANDLER)
    url = reverse("cadres:grant", args=(person.pk,))
    first, second = signed_in(secadmin), signed_in(other)
    late = typed(second, url, roles=["handler", "specialist"])
    first.post(url, typed(first, url, roles=["head"]))
    refused = second.post(url, late)
    assert refused.status_code == 422
    assert "“角色”已由他人改为“部门负责人”，你填的是“承办人、驻企特派专员”，请核对。" in sentences(refused)


def test_what_each_role_may_do_is_shown_in_words(secadmin: Cadre) -> None:
    page = sentences(signed_in(secadmin).get(reverse("cadres:rights")))
    assert "受理转办" in page
    assert "查看企业" in page
    assert "Can " not in page


# Who comes where


def test_the_menu_shows_each_administrator_their_own_pages() -> None:
    found = {role: {i.entry.label for i in menu.items_for(factories.cadre(role))} for role in ADMINISTRATORS}
    assert {"干部", "单位", "区域"} <= found[Role.SYSADMIN]
    assert {"角色授权", "角色权限"} <= found[Role.SECADMIN]
    assert "审计记录" in found[Role.AUDITADMIN]
    assert not found[Role.SYSADMIN] & found[Role.SECADMIN] - {"我的工作台", "消息"}


@pytest.mark.parametrize(
    ("role", "where"),
    [(Role.SYSADMIN, "/admin/cadres/"), (Role.SECADMIN, "/admin/roles/"), (Role.AUDITADMIN, "/audit/")],
)
def test_the_front_page_leads_each_to_their_own(role: Role, where: str) -> None:
    assert signed_in(factories.cadre(role)).get("/admin/")["Location"] == where


def test_a_districts_administrator_keeps_to_the_district() -> None:
    north, south = factories.district(2), factories.district(3)
    admin = factories.cadre(Role.SYSADMIN, region=north)
    theirs = factories.cadre(Role.HANDLER, region=south)
    client = signed_in(admin)
    assert client.get(reverse("cadres:cadre", args=(theirs.pk,))).status_code == 404
    assert theirs.username not in sentences(client.get(reverse("cadres:cadres")))
    posted = {"parent": factories.city().pk, "kind": "district", "code": "990109000000", "name": "新区"}
    assert client.post(reverse("cadres:new_region"), posted).status_code == 422


def test_the_first_administrator_of_an_empty_database_sees_empty_lists() -> None:
    first = factories.CadreFactory.create(department=None, roles=(Role.SYSADMIN,))
    for name in ("cadres:regions", "cadres:departments", "cadres:cadres"):
        assert signed_in(first).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["cadres:regions", "cadres:departments", "cadres:cadres"])
def test_lists_take_as_many_queries_for_two_rows_as_for_twenty(
    sysadmin: Cadre, name: str, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(sysadmin)
    counts = []
    for made in (2, 18):
        for _ in range(made):
            factories.cadre(Role.HANDLER, region=factories.district(10 + Region.objects.count()))
        with django_assert_max_num_queries(40) as queries:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
