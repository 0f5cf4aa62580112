"""Wrong passwords: counted by username and address, locked, said, noted, and unlocked."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cadres.models import AuditRow
from cadres.roles import Role
from cadres.safety import lockout
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "Zhuqi-right-2026"


@pytest.fixture
def cadre():
    cadre = factories.cadre(Role.SPECIALIST, username="zhangsan")
    cadre.set_password(PASSWORD)
    cadre.save()
    return cadre


def sign_in(password: str, *, username: str = "zhangsan", address: str = "10.0.0.1"):
    return Client().post("/login/", {"username": username, "password": password}, REMOTE_ADDR=address)


def lock(**where: str) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = sign_in("wrong", **where)
    assert last.status_code == 429


def test_after_five_wrong_passwords_the_right_one_is_refused_too_and_the_page_says_until_when(cadre):
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert sign_in("wrong").status_code == 200
    assert sign_in("wrong").status_code == 429
    refused = sign_in(PASSWORD)
    assert refused.status_code == 429
    page = refused.content.decode()
    assert "密码连续输错 5 次" in page
    assert "后可以再试" in page
    assert AuditRow.objects.filter(action=AuditRow.Action.LOCKED_OUT, username="zhangsan").exists()


def test_nobody_can_lock_out_somebody_else_from_afar(cadre):
    lock(address="10.0.0.66")
    assert sign_in(PASSWORD, address="10.0.0.1").status_code == 302


def test_one_wrong_username_locks_no_colleague_at_the_same_address(cadre):
    lock(username="lisi")
    assert sign_in(PASSWORD).status_code == 302


def test_a_right_password_forgets_the_wrong_ones_before_it(cadre):
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        sign_in("wrong")
    assert sign_in(PASSWORD).status_code == 302
    assert sign_in("wrong").status_code == 200


def test_the_lock_opens_by_itself(cadre):
    lock()
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME - timedelta(seconds=1))
    assert not lockout.locked(timezone.now()).exists()
    assert sign_in(PASSWORD).status_code == 302


def test_a_strange_username_is_locked_and_shown_like_any_other():
    lock(username="<b>'=𠮷")
    assert "<b>" not in sign_in("wrong", username="<b>'=𠮷").content.decode().replace("<b>驻", "")


def test_no_password_is_kept_anywhere(cadre):
    sign_in("my-secret-word")
    attempt = AccessAttempt.objects.get()
    assert "my-secret-word" not in "".join(map(str, vars(attempt).values()))


def test_the_security_administrator_unlocks_and_it_is_noted(cadre):
    lock()
    client = Client()
    client.force_login(factories.cadre(Role.SECADMIN, department=cadre.department))
    assert "zhangsan" in client.get("/admin/locks/").content.decode()
    client.post("/admin/locks/unlock/", {"username": "zhangsan"})
    assert "没有账号被锁定" in client.get("/admin/locks/").content.decode()
    assert sign_in(PASSWORD).status_code == 302
    assert AuditRow.objects.filter(action=AuditRow.Action.UNLOCK, subject="zhangsan").count() == 1


def test_a_district_s_administrator_sees_and_lifts_the_locks_of_its_own_people_alone(cadre):
    lock()
    client = Client()
    client.force_login(factories.cadre(Role.SECADMIN, region=factories.district(2)))
    assert "zhangsan" not in client.get("/admin/locks/").content.decode()
    client.post("/admin/locks/unlock/", {"username": "zhangsan"})
    assert sign_in(PASSWORD).status_code == 429
