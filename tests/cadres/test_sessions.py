"""Idle sessions end and lose nothing; one's own are listed and can be ended elsewhere."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from cadres import tasks
from cadres.models import AuditRow, SignIn
from cadres.roles import Role
from cadres.safety import sessions
from tests import factories

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0"


@pytest.fixture
def cadre():
    return factories.cadre(Role.SPECIALIST)


@pytest.fixture
def client(cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def lie_idle(client: Client, settings, *, more: int = 1) -> None:
    session = client.session
    session[sessions.SEEN] = timezone.now().timestamp() - settings.IDLE_SECONDS - more
    session.save()


def test_an_idle_session_ends_and_leads_back_to_where_one_was(client, settings):
    lie_idle(client, settings)
    answer = client.get("/visits/?q=九鼎")
    assert answer.status_code == 302
    assert answer.url.startswith("/login/?next=%2Fvisits%2F")
    page = client.get(answer.url).content.decode()
    assert "长时间未操作，已自动退出" in page
    assert client.get("/").status_code == 302
    assert not SignIn.objects.exists()


def test_a_form_sent_too_late_leads_back_to_its_page_and_not_to_where_it_was_sent(client, settings):
    lie_idle(client, settings)
    answer = client.post("/inbox/read/", HTTP_REFERER="http://testserver/inbox/?page=2")
    assert answer.url == "/login/?next=%2Finbox%2F%3Fpage%3D2"
    lie = client.post("/inbox/read/", HTTP_REFERER="http://evil.example/")
    assert "evil" not in lie.url


def test_a_fragment_is_sent_to_the_sign_in_as_a_whole_page(client, settings):
    lie_idle(client, settings)
    answer = client.get("/visits/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/login/")


def test_a_used_session_lives_on(client, settings):
    lie_idle(client, settings, more=-60)
    assert client.get("/visits/").status_code == 200
    assert sessions.seconds_left(client.session, timezone.now()) > settings.IDLE_SECONDS - 5


def test_a_session_ends_twelve_hours_after_the_sign_in_however_much_it_is_used(client, settings):
    ends = Session.objects.get().expire_date
    assert 0 <= (ends - timezone.now()).total_seconds() <= settings.SESSION_COOKIE_AGE
    lie_idle(client, settings, more=-90)  # so that the next page writes the session
    assert client.get("/visits/").status_code == 200
    assert Session.objects.get().expire_date == ends
    session = client.session
    session.set_expiry(timezone.now() + timedelta(seconds=100))
    session.save()
    assert 80 < client.get("/session/").json()["seconds"] <= 100
    Session.objects.update(expire_date=timezone.now())
    assert client.get("/visits/").url.startswith("/login/")


def test_a_sign_in_begins_a_session_of_its_own(cadre):
    cadre.set_password("Right-word-2026")
    cadre.save()
    browser = Client()
    browser.get("/visits/")
    planted = browser.session
    planted["planted"] = True
    planted.save()
    browser.cookies["sessionid"] = str(planted.session_key)
    browser.post("/login/", {"username": cadre.username, "password": "Right-word-2026"})
    assert browser.get("/account/").status_code == 200
    assert browser.cookies["sessionid"].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_asking_how_long_it_lasts_does_not_prolong_it(client, settings):
    lie_idle(client, settings, more=-90)
    assert 80 < client.get("/session/").json()["seconds"] <= 90
    assert 80 < client.get("/session/").json()["seconds"] <= 90
    assert client.post("/session/stay/").json()["seconds"] > settings.IDLE_SECONDS - 5


def test_using_it_writes_at_most_once_a_minute(client, django_assert_num_queries):
    client.get("/session/")
    with django_assert_num_queries(2):  # the session, the cadre
        client.post("/session/stay/")


@pytest.mark.parametrize(
    ("description", "device"),
    [
        (PHONE, "Android · 微信"),
        ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 Chrome/109.0 Safari/537.36", "Windows · Chrome"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "iPhone · Safari"),
        ("", "未知设备"),
        ("<script>" * 100, "未知设备"),
    ],
)
def test_a_device_is_named_so_that_its_owner_knows_it(description, device):
    assert sessions.device_of(description) == device


def test_one_s_devices_are_listed_and_one_of_them_can_be_signed_out(client, cadre):
    other = Client(headers={"User-Agent": PHONE})
    other.force_login(cadre)
    page = client.get("/account/").content.decode()
    assert "本机" in page
    sign_in = SignIn.objects.get(session_key=other.session.session_key)
    assert client.post(f"/account/sessions/{sign_in.pk}/end/").status_code == 302
    assert other.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    assert AuditRow.objects.filter(action=AuditRow.Action.SESSION_ENDED, cadre=cadre).count() == 1


def test_all_others_can_be_signed_out_at_once(client, cadre):
    others = [Client(), Client()]
    for other in others:
        other.force_login(cadre)
    client.post("/account/sessions/end/")
    assert [other.get("/account/").status_code for other in others] == [302, 302]
    assert client.get("/account/").status_code == 200


def test_nobody_ends_somebody_else_s_session(client):
    stranger = factories.cadre(Role.OFFICE)
    other = Client()
    other.force_login(stranger)
    sign_in = SignIn.objects.get(cadre=stranger)
    assert client.post(f"/account/sessions/{sign_in.pk}/end/").status_code == 404
    assert other.get("/account/").status_code == 200


def test_signing_out_forgets_the_device(client):
    client.post("/logout/")
    assert not SignIn.objects.exists()


def test_what_no_browser_can_use_any_more_is_taken_away(client, settings):
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now())
    SignIn.objects.update(seen_at=timezone.now() - timedelta(seconds=settings.IDLE_SECONDS + 1))
    tasks.forget_sessions()
    assert not Session.objects.filter(session_key="old").exists()
    assert not SignIn.objects.exists()


def test_somebody_else_at_the_same_browser_has_a_session_of_their_own(client, cadre):
    other = factories.cadre(Role.OFFICE)
    client.force_login(other)
    assert SignIn.objects.get(cadre=other).session_key == client.session.session_key
