"""Error pages and signing in: what they say and where they lead."""

import contextlib

import psycopg2
import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, connection
from django.template import loader
from django.test import Client

from cadres.roles import Role
from tests.factories import cadre, city
from tests.frontend import pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sample_pages")]


def test_403_says_what_is_missing_and_whom_to_ask(client, somebody):
    client.force_login(somebody)
    response = client.get("/forbidden/")
    text = response.content.decode()
    assert response.status_code == 403
    assert "只有承办人可以签收这件诉求。" in text
    assert "你现在的角色是：驻企特派专员、办公室、督查" in text
    assert response["X-Request-ID"] in text


def test_404_offers_the_workbench(client, somebody):
    client.force_login(somebody)
    response = client.get("/appeals/999/")
    assert response.status_code == 404
    assert "回到工作台" in response.content.decode()
    assert response["X-Request-ID"] in response.content.decode()


def test_404_of_a_case_offers_its_list(client, somebody):
    client.force_login(somebody)
    assert '<a class="btn btn-default" href="/appeals/">诉求清单</a>' in client.get("/appeals/2/").content.decode()


def test_500_gives_a_number_to_read_out(client, somebody):
    client.force_login(somebody)
    client.raise_request_exception = False
    response = client.get("/broken/")
    assert response.status_code == 500
    assert f"追踪号 <b>{response['X-Request-ID']}</b>" in response.content.decode()


@pytest.mark.parametrize("name", ["400.html", "500.html", "503.html"])
def test_the_pages_of_a_broken_system_ask_no_database(django_assert_num_queries, name):
    with django_assert_num_queries(0):
        text = loader.get_template(name).render({"trace": "abc123"})
    assert "abc123" in text


@contextlib.contextmanager
def another_connection(**changed):
    """To the same database, or to one that is not there."""
    other = connection.copy()
    other.settings_dict = {**other.settings_dict, **changed}
    try:
        yield other
    finally:
        other.close()


def break_connection():
    with another_connection() as other, other.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")


def ask_where_nobody_listens():
    with another_connection(HOST="/nowhere") as other, other.cursor():
        pass


def use_what_is_closed():
    with another_connection() as other, other.cursor() as cursor:
        other.connection.close()
        cursor.execute("select 1")


def break_off_between_two_packets():
    """What psycopg2 raises where the server is killed while it answers, which no test can bring about each time."""
    raise DatabaseError from psycopg2.DatabaseError("server closed the connection unexpectedly")


def save_what_is_gone():
    raise DatabaseError("Save with update_fields did not affect any rows.")


def run_into_a_lock():
    """The database is there and says no."""
    with another_connection() as holder, another_connection() as other:
        holder.cursor().execute("select pg_advisory_lock(7)")
        other.cursor().execute("set lock_timeout = 1; select pg_advisory_lock(7)")


AWAY = [break_connection, ask_where_nobody_listens, use_what_is_closed, break_off_between_two_packets]


@pytest.mark.parametrize("fails", AWAY)
def test_503_says_that_the_database_is_away_and_that_nothing_is_lost(client, somebody, monkeypatch, fails):
    monkeypatch.setattr(pages, "FAILS", fails)
    client.force_login(somebody)
    client.raise_request_exception = False
    response = client.get("/broken/")
    text = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "已经显示办理成功的内容都已保存，没有丢失" in text
    assert "填写的文字留在这台设备的草稿里" in text
    assert f"追踪号 <b>{response['X-Request-ID']}</b>" in text


def cut_off_the_page():
    """Another connection ends the page's own, which it does not notice before it asks again."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        [pid] = cursor.fetchone()
    with another_connection() as other, other.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.django_db(transaction=True)
def test_503_also_where_only_the_session_could_not_be_stored(client, somebody, monkeypatch):
    """Django takes that for a session that somebody deleted, and the request for a bad one."""
    monkeypatch.setattr(pages, "FAILS", cut_off_the_page)
    client.force_login(somebody)
    client.raise_request_exception = False
    response = client.get("/broken/")
    connection.close()
    assert response.status_code == 503
    assert "系统正在恢复" in response.content.decode()


def test_400_says_that_one_has_signed_out_elsewhere(client, somebody, monkeypatch):
    monkeypatch.setattr(pages, "FAILS", Session.objects.all().delete)
    client.force_login(somebody)
    client.raise_request_exception = False
    response = client.get("/broken/")
    assert response.status_code == 400
    assert "登录已在别处退出" in response.content.decode()


def test_400_of_a_request_that_makes_no_sense(client, monkeypatch):
    def suspect():
        raise SuspiciousOperation("no such thing")

    monkeypatch.setattr(pages, "FAILS", suspect)
    client.force_login(cadre())
    response = client.get("/broken/")
    text = response.content.decode()
    assert response.status_code == 400
    assert "请求有误" in text
    assert response["X-Request-ID"] in text
    assert "no such thing" not in text


@pytest.mark.parametrize("fails", [run_into_a_lock, save_what_is_gone])
def test_an_error_of_a_database_that_is_there_is_a_500(client, somebody, monkeypatch, fails):
    monkeypatch.setattr(pages, "FAILS", fails)
    client.force_login(somebody)
    client.raise_request_exception = False
    assert client.get("/broken/").status_code == 500


def test_a_form_that_lay_open_too_long_is_told_so(somebody):
    client = Client(enforce_csrf_checks=True)
    client.force_login(somebody)
    response = client.post("/visits/new/")
    assert response.status_code == 403
    assert "此页面打开过久" in response.content.decode()


def test_signing_in_leads_to_where_one_wanted_to_go(client):
    person = cadre(Role.SPECIALIST)
    person.set_password("Zhuqi-demo-2026")
    person.save()
    response = client.post("/login/", {"username": person.username, "password": "Zhuqi-demo-2026", "next": "/visits/"})
    assert response["Location"] == "/visits/"


def test_signing_in_never_leads_elsewhere(client):
    person = cadre(Role.SPECIALIST)
    person.set_password("Zhuqi-demo-2026")
    person.save()
    data = {"username": person.username, "password": "Zhuqi-demo-2026", "next": "https://example.com/"}
    assert client.post("/login/", data)["Location"] == "/"


def test_a_wrong_password_is_said_in_chinese(client):
    city()
    text = client.post("/login/", {"username": "nobody", "password": "x"}).content.decode()
    assert "用户名或密码不对，请检查后重新输入。" in text
    assert "澜川市驻企通" in text


def test_somebody_who_is_signed_in_need_not_do_it_again(client, somebody):
    client.force_login(somebody)
    assert client.get("/login/")["Location"] == "/"


def test_signing_out_takes_a_post(client, somebody):
    client.force_login(somebody)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/visits/").status_code == 302
