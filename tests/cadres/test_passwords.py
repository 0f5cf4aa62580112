"""What a password must be, and the first one that must be changed."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from cadres.models import AuditRow, SignIn
from cadres.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db

OLD, NEW = "Meadow-old-2026", "Meadow-new-2027"


@pytest.fixture
def cadre():
    cadre = factories.cadre(Role.SPECIALIST, username="zhangsan", name="张三")
    cadre.set_password(OLD)
    cadre.save()
    return cadre


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Short-1", "10"),
        ("onlysmallletters", "至少 3 种"),
        ("small-and-dash", "至少 3 种"),
        ("1234567890", "数字"),
        ("Zhangsan-1", "用户名"),
        (OLD, "新密码不能与原密码相同"),
        ("Zhuqitong@2026", "容易猜到"),
        ("P@ssw0rd-2026", "容易猜到"),
        ("Asdf-2026-xyz", "容易猜到"),
        ("驻企通Aa2026年", "容易猜到"),
        ("Sunshine12345!", "容易猜到"),
    ],
)
def test_a_bad_password_is_refused_with_what_to_do(cadre, password, said):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, cadre)
    assert said in "".join(refused.value.messages)


@pytest.mark.parametrize("password", [NEW, "大写ABC小写abc12", "correct Horse battery"])
def test_a_good_password_is_taken(cadre, password):
    validate_password(password, cadre)


@pytest.mark.parametrize("password", ["Meadow-7 " * 16, "  blanks At-both ends 7  ", "Ünïcode-密码-𠮷-42"])
def test_a_password_counts_to_its_last_character_as_it_was_typed(client, cadre, password):
    client.force_login(cadre)
    sent = {"old_password": OLD, "new_password1": password, "new_password2": password}
    assert client.post("/account/password/", sent).status_code == 302
    for typed, status in ((password[:-1], 200), (password.swapcase(), 200), (password, 302)):
        assert Client().post("/login/", {"username": "zhangsan", "password": typed}).status_code == status


def test_the_first_password_must_be_changed_before_anything_else(client, cadre):
    cadre.must_change_password = True
    cadre.save()
    client.force_login(cadre)
    for page in ("/", "/appeals/", "/account/"):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer.url.startswith("/account/password/?next=")
    assert "这是初始密码" in client.get("/account/password/?next=/appeals/").content.decode()
    assert client.get("/watermark.css")["Content-Type"].startswith("text/css")
    answer = client.post(
        "/account/password/",
        {"old_password": OLD, "new_password1": NEW, "new_password2": NEW, "next": "/appeals/"},
    )
    assert (answer.status_code, answer.url) == (302, "/appeals/")
    assert client.get("/appeals/").status_code == 200
    cadre.refresh_from_db()
    assert cadre.check_password(NEW)
    assert AuditRow.objects.filter(action=AuditRow.Action.PASSWORD, cadre=cadre).count() == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}, "原密码不对"),
        ({"old_password": OLD, "new_password1": NEW, "new_password2": NEW + "x"}, "两次输入的新密码不一样"),
        ({"old_password": OLD, "new_password1": OLD, "new_password2": OLD}, "新密码不能与原密码相同"),
        ({}, "请输入原密码"),
    ],
)
def test_a_refused_change_says_why_and_changes_nothing(client, cadre, sent, said):
    client.force_login(cadre)
    answer = client.post("/account/password/", sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    cadre.refresh_from_db()
    assert cadre.check_password(OLD)


def test_a_changed_password_signs_out_everywhere_else(client, cadre):
    other = Client()
    client.force_login(cadre)
    other.force_login(cadre)
    client.post("/account/password/", {"old_password": OLD, "new_password1": NEW, "new_password2": NEW})
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert [row.session_key for row in SignIn.objects.filter(cadre=cadre)] == [client.session.session_key]


def test_where_to_go_next_is_never_somewhere_else(client, cadre):
    client.force_login(cadre)
    sent = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW, "next": "https://evil.example/"}
    assert client.post("/account/password/", sent).url == "/"
