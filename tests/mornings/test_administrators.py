"""Mornings of the three administrators: an account, a role, a lock, and who did what."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.mornings.conftest import SitDown
from tests.mornings.pages import open_by_menu

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]

SECRET = re.compile(r"(\w{4}-){3}\w{4}")


def administrator(role: Role) -> Cadre:
    return factories.cadre(role, region=factories.city(), name=f"{role.label}甲")


def locked(cadre: Cadre) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", {"username": cadre.username, "password": "wrong"})


def test_a_system_administrator_adds_a_cadre_whose_password_is_shown_once(
    transactional_db: None, sit_down: SitDown
) -> None:
    factories.DepartmentFactory.create(name="市人社局")
    page = sit_down(administrator(Role.SYSADMIN))
    open_by_menu(page, "干部")
    page.get_by_role("link", name="新增干部").click()
    page.get_by_label("用户名").fill("wangxm")
    page.get_by_label("姓名").fill("王晓敏")
    page.get_by_label("单位").select_option(label="澜川市 · 市人社局")
    page.get_by_label("职务").fill("科员")
    page.locator("main").get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("这个密码只显示这一次")
    password = page.locator(".secret").inner_text()
    assert SECRET.fullmatch(password)
    assert Cadre.objects.get(username="wangxm").check_password(password)

    page.get_by_role("link", name="完成").click()
    page.get_by_role("link", name="王晓敏").click()
    expect(page.locator("h1")).to_contain_text("王晓敏")
    expect(page.locator("main")).to_contain_text("wangxm")
    assert password not in page.content()
    signed_in = Client().post("/login/", {"username": "wangxm", "password": password})
    assert signed_in.status_code == 302


def test_a_security_administrator_grants_a_role_and_lifts_a_lock(transactional_db: None, sit_down: SitDown) -> None:
    unit = factories.DepartmentFactory.create(name="市人社局")
    newcomer = factories.cadre(department=unit, name="王晓敏", username="wangxm")
    locked(newcomer)
    page = sit_down(administrator(Role.SECADMIN))
    open_by_menu(page, "角色授权")
    page.get_by_role("link", name="王晓敏").click()
    page.get_by_label("承办人", exact=True).check()
    page.locator("main").get_by_role("button", name="保存").click()
    expect(page.locator("h1")).to_have_text("角色授权")
    expect(page.get_by_role("row", name="王晓敏")).to_contain_text("承办人")
    assert Cadre.objects.get(pk=newcomer.pk).roles == {Role.HANDLER}

    open_by_menu(page, "登录锁定")
    row = page.get_by_role("row", name="wangxm")
    expect(row).to_contain_text(f"{settings.AXES_FAILURE_LIMIT} 次")
    row.get_by_role("button", name="解锁").click()
    expect(page.locator("main")).to_contain_text("没有账号被锁定")


def test_an_audit_administrator_finds_who_was_locked_out(transactional_db: None, sit_down: SitDown) -> None:
    unit = factories.DepartmentFactory.create(name="市人社局")
    locked(factories.cadre(department=unit, name="王晓敏", username="wangxm"))
    Client().post("/login/", {"username": "somebody", "password": "wrong"})
    page = sit_down(administrator(Role.AUDITADMIN))
    expect(page.get_by_role("region", name="最近审计记录")).to_contain_text("wangxm")
    open_by_menu(page, "审计记录")
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(settings.AXES_FAILURE_LIMIT + 3)
    page.get_by_label("用户名").fill("wangxm")
    page.get_by_label("用户名").blur()
    expect(page).to_have_url(re.compile("q=wangxm"))
    expect(rows).to_have_count(settings.AXES_FAILURE_LIMIT + 1)
    page.get_by_label("动作").select_option(label="登录锁定")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("登录锁定")
    expect(rows).to_contain_text("wangxm")
