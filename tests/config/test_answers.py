"""What every answer has in common: a trace number, rules for the browser, error pages, the way to sign in."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pythonjsonlogger.json import JsonFormatter

from config.middleware import behind_proxy
from tests.factories import cadre

pytestmark = [pytest.mark.urls("tests.config.urls"), pytest.mark.django_db]


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the log gets, each line read as the JSON that it is."""
    console = next(
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and isinstance(handler.formatter, JsonFormatter)
    )
    written = io.StringIO()
    before = console.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    console.setStream(before)


@pytest.fixture
def visitor() -> Client:
    """A browser that gets error pages instead of exceptions."""
    return Client(raise_request_exception=False)


def shown_trace(page: str) -> str:
    found = re.search(r"追踪号\s*<b>([0-9A-Za-z-]+)</b>", page)
    assert found, page
    return found[1]


def test_a_browser_may_load_and_send_nothing_beyond_our_own_host(client):
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in client.get("/probe/public/")["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }


def test_a_page_is_kept_in_no_cache_and_never_taken_for_a_fragment(client):
    answer = client.get("/probe/public/")
    assert answer["Cache-Control"] == "no-store"
    assert "HX-Request" in answer["Vary"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_what_says_nothing_else_itself_is_kept_in_no_cache_either(client):
    assert client.get("/probe/data/")["Cache-Control"] == "no-store"
    assert client.get("/probe/kept/")["Cache-Control"] == "private, max-age=300"


def test_static_files_obey_the_same_rules_of_the_browser():
    policy = settings.MIDDLEWARE.index("csp.middleware.CSPMiddleware")
    assert policy < settings.MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware")


def test_every_answer_has_another_trace_number(client):
    first, second = (client.get("/probe/public/")["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{10}", first)
    assert first != second


def test_the_number_given_by_a_proxy_is_kept(client):
    answer = client.get("/probe/public/", headers={"X-Request-ID": "nginx-0123456789"})
    assert answer["X-Request-ID"] == "nginx-0123456789"


@pytest.mark.parametrize("given", ["short", "a" * 65, 'quote"quote', "<b>12345678</b>"])
def test_a_number_that_no_proxy_of_ours_gives_is_replaced(client, given):
    assert re.fullmatch("[0-9a-f]{10}", client.get("/probe/public/", headers={"X-Request-ID": given})["X-Request-ID"])


def test_the_log_names_the_route_and_the_trace_number_of_a_request(client, log):
    answer = client.get("/probe/public/?q=confidential")
    [line] = [line for line in log() if line["logger"] == "zhuqitong.request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "probe/public/", 200)
    assert line["trace"] == answer["X-Request-ID"]
    assert "confidential" not in json.dumps(log())


def test_the_log_tells_who_was_refused_and_where_from(visitor, log):
    who = cadre()
    visitor.force_login(who)
    assert visitor.get("/probe/refused/").status_code == 403
    [line] = [line for line in log() if line["logger"] == "zhuqitong.request"]
    assert (line["cadre"], line["address"], line["route"], line["status"]) == (
        who.pk,
        "127.0.0.1",
        "probe/refused/",
        403,
    )
    visitor.logout()
    visitor.get("/probe/public/")
    assert [line["cadre"] for line in log() if line["logger"] == "zhuqitong.request"] == [who.pk, None]


def test_being_asked_for_health_is_not_logged(client, log):
    client.get("/healthz")
    assert log() == []


@pytest.mark.parametrize(("page", "status"), [("forbidden", 403), ("missing", 404), ("broken", 500)])
def test_an_error_page_shows_the_number_by_which_the_log_finds_it(visitor, log, page, status):
    answer = visitor.get(f"/probe/{page}/")
    assert answer.status_code == status
    assert shown_trace(answer.text) == answer["X-Request-ID"]
    assert any(line["trace"] == answer["X-Request-ID"] and line.get("status") == status for line in log())


def test_the_log_of_a_broken_page_tells_where_it_broke_and_not_what_was_searched_for(visitor, log):
    answer = visitor.get("/probe/broken/?q=confidential")
    [told] = [line for line in log() if "exc_info" in line]
    assert "ZeroDivisionError" in told["exc_info"]
    assert told["trace"] == answer["X-Request-ID"]
    assert "confidential" not in json.dumps(log())


@pytest.mark.parametrize("page", ["public", "forbidden", "missing"])
def test_a_request_that_went_as_it_should_is_one_line_of_the_log(visitor, log, page):
    visitor.get(f"/probe/{page}/")
    assert len([line for line in log() if line["logger"] == "zhuqitong.request"]) == 1
    assert all(line["trace"] for line in log())


def test_who_is_refused_reads_why(visitor):
    assert "只有承办人可以签收。" in visitor.get("/probe/forbidden/").text


def test_the_page_about_an_error_asks_the_database_nothing(visitor, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = visitor.get("/probe/asks-too-much/")
    assert answer.status_code == 500
    assert "系统出错了" in answer.text


def test_a_form_that_lay_open_too_long_is_explained(db):
    answer = Client(enforce_csrf_checks=True).post("/probe/form/")
    assert answer.status_code == 403
    assert "刷新后重新提交" in answer.text


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(client):
    answer = client.get("/probe/private/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/probe/private/")


def test_a_fragment_asked_for_without_a_session_sends_the_whole_page_to_the_sign_in(client):
    """And back to the page that the person sees, not to the fragment."""
    answer = client.get(
        "/probe/private/?part=list",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/appeals/?page=2"},
    )
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/login/?next=%2Fappeals%2F%3Fpage%3D2"
    assert answer.content == b""


def test_a_foreign_page_is_never_where_a_sign_in_leads_to(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/appeals/"}
    assert client.post("/probe/private/", headers=headers)["HX-Redirect"] == "/login/?next=%2F"


def test_who_is_signed_in_sees_the_page(client):
    client.force_login(cadre())
    assert client.get("/probe/private/").text == "<p>内部</p>"


@pytest.mark.parametrize(
    ("https", "forwarded", "seen"),
    [
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what a browser claims comes first, the proxy's word last
        (True, None, "10.0.0.2"),
        (False, "203.0.113.9", "10.0.0.2"),
    ],
)
def test_the_address_of_who_asks_is_the_proxy_s_word_and_nobody_else_s(settings, https, forwarded, seen):
    settings.HTTPS = https
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.2")
    behind_proxy(lambda asked: HttpResponse(asked.META["REMOTE_ADDR"]))(request)
    assert request.META["REMOTE_ADDR"] == seen
