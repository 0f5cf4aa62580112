"""The second factor, with real codes of RFC 6238."""

import re
import time

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from cadres.models import AuditRow, SignIn
from cadres.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "Zhuqi-right-2026"


@pytest.fixture
def cadre():
    return member(Role.SPECIALIST)


def member(role: Role):
    cadre = factories.cadre(role, username="zhangsan")
    cadre.set_password(PASSWORD)
    cadre.save()
    return cadre


def code_of(cadre, *, steps: int = 0) -> str:
    """What the authenticator shows now, or `steps` half minutes later."""
    device = TOTPDevice.objects.get(user=cadre)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


def sign_in() -> Client:
    client = Client()
    assert client.post("/login/", {"username": "zhangsan", "password": PASSWORD}).status_code == 302
    return client


def switched_on(cadre) -> list[str]:
    """The recovery codes of a cadre who has just switched the second factor on."""
    client = sign_in()
    client.get("/account/second-factor/")
    page = client.post("/account/second-factor/", {"code": code_of(cadre), "password": PASSWORD}).content.decode()
    return re.findall(r"<li>([a-z2-7]+)</li>", page)


def test_switched_on_it_is_asked_for_before_any_page(cadre):
    assert len(switched_on(cadre)) == 8
    client = sign_in()
    for page in ("/", "/account/", "/account/second-factor/off/", "/account/password/"):
        answer = client.get(page)
        assert answer.status_code == 302, page
        assert answer.url.startswith("/login/code/?next=")
    answer = client.post("/login/code/", {"code": code_of(cadre, steps=1), "next": "/visits/"})
    assert (answer.status_code, answer.url) == (302, "/visits/")
    assert client.get("/visits/").status_code == 200
    assert SignIn.objects.filter(session_key=client.session.session_key).exists()


def test_a_fragment_is_sent_to_the_code_as_a_whole_page(cadre):
    switched_on(cadre)
    answer = sign_in().get("/appeals/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/login/code/")


@pytest.mark.parametrize("wrong", ["", "abc", "0000000", "𠮷"])
def test_a_wrong_code_lets_nobody_in(cadre, wrong):
    switched_on(cadre)
    client = sign_in()
    answer = client.post("/login/code/", {"code": wrong})
    assert answer.status_code == 422
    assert "验证码" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_a_wrong_code_stands_in_the_audit_log(cadre):
    switched_on(cadre)
    sign_in().post("/login/code/", {"code": "0000000"})
    row = AuditRow.objects.get(action=AuditRow.Action.SIGN_IN_FAILED)
    assert (row.cadre, row.subject, row.address) == (cadre, "验证码不对", "127.0.0.1")


def test_a_session_that_somebody_left_open_does_not_bind_another_phone(cadre):
    client = sign_in()
    client.get("/account/second-factor/")
    answer = client.post("/account/second-factor/", {"code": code_of(cadre), "password": "a guess"})
    assert answer.status_code == 422
    assert "登录密码不对" in answer.content.decode()
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_switching_it_on_or_off_signs_out_every_other_browser(cadre):
    other = sign_in()
    recovery, *_ = switched_on(cadre)
    assert other.get("/account/").url.startswith("/login/?")
    client, other = sign_in(), sign_in()
    client.post("/login/code/", {"code": recovery})
    other.post("/login/code/", {"code": code_of(cadre, steps=1)})
    assert other.get("/account/").status_code == 200
    TOTPDevice.objects.update(last_t=-1)  # as if half a minute had passed
    assert client.post("/account/second-factor/off/", {"code": code_of(cadre)}).status_code == 302
    assert other.get("/account/").url.startswith("/login/?")
    assert client.get("/account/").status_code == 200


def test_a_city_may_ask_it_of_everybody(settings, cadre):
    settings.ALLOW_DEMO, settings.SECOND_FACTOR_FOR_ALL = False, True
    assert sign_in().get("/").url.startswith("/account/second-factor/?next=")
    settings.SECOND_FACTOR_FOR_ALL = False
    assert sign_in().get("/").status_code == 200


def test_a_code_is_good_for_once(cadre):
    switched_on(cadre)
    code = code_of(cadre, steps=1)
    assert sign_in().post("/login/code/", {"code": code}).status_code == 302
    assert sign_in().post("/login/code/", {"code": code}).status_code == 422


def test_a_recovery_code_is_good_for_once_instead(cadre):
    first, *_ = switched_on(cadre)
    assert sign_in().post("/login/code/", {"code": first}).status_code == 302
    assert sign_in().post("/login/code/", {"code": first}).status_code == 422
    assert StaticToken.objects.count() == 7


def test_guessing_is_slowed_down(cadre):
    switched_on(cadre)
    client = sign_in()
    for guess in range(4):
        client.post("/login/code/", {"code": f"{guess:06d}"})
    assert client.post("/login/code/", {"code": code_of(cadre, steps=1)}).status_code == 422


def test_it_is_switched_on_only_by_a_right_code(cadre):
    client = sign_in()
    first, again = (client.get("/account/second-factor/").content.decode() for _ in range(2))
    key = re.compile(r'class="num">([A-Z2-7 ]+)<')
    assert key.search(first)[1] == key.search(again)[1]
    assert client.post("/account/second-factor/", {"code": "000000", "password": PASSWORD}).status_code == 422
    assert not TOTPDevice.objects.filter(confirmed=True).exists()
    assert sign_in().get("/account/").status_code == 200


def test_it_is_switched_off_with_a_code_and_noted(cadre):
    recovery, *_ = switched_on(cadre)
    client = sign_in()
    client.post("/login/code/", {"code": recovery})
    assert client.post("/account/second-factor/off/", {"code": "000000"}).status_code == 422
    assert TOTPDevice.objects.exists()
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert client.post("/account/second-factor/off/", {"code": code_of(cadre, steps=1)}).status_code == 302
    assert not TOTPDevice.objects.exists()
    rows = AuditRow.objects.filter(action=AuditRow.Action.SECOND_FACTOR, cadre=cadre).order_by("pk")
    assert [row.subject for row in rows] == ["启用", "验证通过", "验证通过", "停用：zhangsan"]
    assert sign_in().get("/account/").status_code == 200


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.SECADMIN, Role.AUDITADMIN])
def test_an_administrator_sets_it_up_before_anything_else_and_can_not_switch_it_off(settings, role):
    settings.ALLOW_DEMO = False
    cadre = member(role)
    client = sign_in()
    assert client.get("/").url.startswith("/account/second-factor/?next=")
    client.get("/account/second-factor/")
    client.post("/account/second-factor/", {"code": code_of(cadre), "password": PASSWORD})
    assert client.get("/account/").status_code == 200
    client.post("/account/second-factor/off/", {"code": code_of(cadre, steps=1)})
    assert TOTPDevice.objects.filter(confirmed=True).exists()
    assert sign_in().get("/").url.startswith("/login/code/")


def test_a_session_that_becomes_an_administrator_s_owes_the_code_at_once(settings, cadre):
    settings.ALLOW_DEMO = False
    client = sign_in()
    assert client.get("/account/").status_code == 200
    cadre.groups.set([Group.objects.get(name=Role.SYSADMIN)])
    assert client.get("/account/").url.startswith("/account/second-factor/")


def test_demo_administrators_sign_in_without(settings):
    settings.ALLOW_DEMO = True
    member(Role.SYSADMIN)
    assert sign_in().get("/").status_code == 200


def test_the_operator_resets_it_for_who_has_lost_the_phone(cadre, capsys):
    switched_on(cadre)
    call_command("reset_second_factor", cadre.username)
    call_command("reset_second_factor", cadre.username)
    assert capsys.readouterr().out == "已重置第二因素。\n这个账号没有启用第二因素，无需重置。\n"
    assert sign_in().get("/account/").status_code == 200
    with pytest.raises(CommandError, match="没有用户名为“nobody”的账号"):
        call_command("reset_second_factor", "nobody")


def test_the_security_administrator_resets_it_but_not_one_s_own(cadre):
    switched_on(cadre)
    administrator = factories.cadre(Role.SECADMIN, department=cadre.department)
    client = Client()
    client.force_login(administrator)
    assert "重置第二因素" in client.get(f"/admin/roles/{cadre.pk}/").content.decode()
    assert "立即作废" in client.get(f"/admin/roles/{cadre.pk}/second-factor/").content.decode()
    client.post(f"/admin/roles/{cadre.pk}/second-factor/")
    assert sign_in().get("/account/").status_code == 200
    assert client.post(f"/admin/roles/{administrator.pk}/second-factor/").status_code == 403
