"""The environment as the settings read it, each time in a process of its own."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from config.celery import broker_url
from config.local.home import ROOT
from config.settings import env

NEEDED = {
    "SECRET_KEY": "k" * 50,
    "DATABASE_URL": "postgres://zhuqi:secret-word@db.example:5433/city",
    "REDIS_URL": "redis://broker.example:6379/2",
}


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        capture_output=True,
        text=True,
    )


def read(expression: str, **environment: str) -> Any:
    """The value of an expression about `settings`."""
    code = f"import json; from config import settings; print(json.dumps({expression}, default=str))"
    done = run(code, **{**NEEDED, **environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def named_in_the_example() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_the_example_names_exactly_what_the_settings_read():
    assert named_in_the_example() == set(env.dump())


def test_the_example_says_what_each_name_means():
    lines = (ROOT / ".env.example").read_text().splitlines()
    unexplained = [line for before, line in pairwise(lines) if "=" in line[:24] and before[:1] != "#"]
    assert unexplained == []


def test_the_mail_server_comes_from_its_address_and_none_is_guessed():
    names = ("HOST", "PORT", "USE_TLS", "TIMEOUT", "BACKEND")
    asked = ", ".join(f"settings.EMAIL_{name}" for name in names)
    given = read(f"[{asked}]", EMAIL_URL="submission://user:p%40ss@mail.example:2587")
    assert given == ["mail.example", 2587, True, 10, "django.core.mail.backends.smtp.EmailBackend"]
    assert read("settings.EMAIL_BACKEND") == "django.core.mail.backends.dummy.EmailBackend"
    done = run("import config.settings", **NEEDED, EMAIL_URL="smtp+tls://mail.example:587")
    assert done.returncode != 0
    assert "EMAIL_URL begins with" in done.stderr


def test_links_in_mails_lead_where_browsers_reach_the_product():
    origins = "https://*.example.gov.cn,https://zhuqi.example.gov.cn"
    assert read("settings.PUBLIC_ADDRESS", CSRF_TRUSTED_ORIGINS=origins) == "https://zhuqi.example.gov.cn"
    assert read("settings.DEFAULT_FROM_EMAIL", CSRF_TRUSTED_ORIGINS=origins) == "zhuqitong@zhuqi.example.gov.cn"
    assert read("settings.PUBLIC_ADDRESS", ALLOWED_HOSTS="zhuqi.local") == "http://zhuqi.local"


@pytest.mark.parametrize("name", NEEDED)
def test_what_has_no_default_is_asked_for_by_name(name):
    done = run("import config.settings", **{key: value for key, value in NEEDED.items() if key != name})
    assert done.returncode != 0
    assert f'"{name}" not set' in done.stderr


def test_a_value_of_the_wrong_type_is_refused():
    assert "SWEEP_SECONDS" in run("import config.settings", **NEEDED, SWEEP_SECONDS="often").stderr


def test_a_database_is_reached_by_network_and_by_unix_socket():
    keys = "[settings.DATABASES['default'][key] for key in ('HOST', 'PORT', 'USER', 'PASSWORD', 'NAME')]"
    assert read(keys) == ["db.example", 5433, "zhuqi", "secret-word", "city"]
    assert read(keys, DATABASE_URL="postgres://me@%2Frun%2FPostgres/city") == ["/run/Postgres", "", "me", "", "city"]


@pytest.mark.parametrize(
    ("redis_url", "for_celery"),
    [
        ("redis://broker.example:6379/2", "redis://broker.example:6379/2"),
        ("rediss://:word@broker.example/0", "rediss://:word@broker.example/0"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock"),
    ],
)
def test_a_broker_is_reached_by_network_and_by_unix_socket(redis_url, for_celery):
    assert broker_url(redis_url) == for_celery


def test_times_and_numbers_are_read_as_such():
    told = read(
        "[settings.BRIEFING_TIME.minute, settings.SWEEP_SECONDS, settings.TIME_ZONE, settings.ALLOWED_HOSTS]",
        BRIEFING_TIME="08:30",
        SWEEP_SECONDS="5",
        TIME_ZONE="Asia/Urumqi",
        ALLOWED_HOSTS="one.example,two.example",
    )
    assert told == [30, 5, "Asia/Urumqi", ["one.example", "two.example"]]


def test_a_city_that_sets_only_what_it_must_gets_the_stated_defaults():
    told = read("[settings.BRIEFING_TIME, settings.SWEEP_SECONDS, settings.TIME_ZONE, settings.DEBUG]")
    assert told == ["17:00:00", 300, "Asia/Shanghai", False]
    assert read("[settings.ALLOW_DEMO, settings.ALLOWED_HOSTS, settings.LANGUAGE_CODE]") == [False, [], "zh-hans"]


def test_cookies_go_by_https_only_where_the_city_is_reached_by_it():
    secure = "[getattr(settings, name, False) for name in ('SESSION_COOKIE_SECURE', 'SECURE_SSL_REDIRECT')]"
    assert read(secure, CSRF_TRUSTED_ORIGINS="https://zhuqi.example.gov.cn") == [True, True]
    assert read(secure, CSRF_TRUSTED_ORIGINS="http://10.1.2.3:8000") == [False, False]
    assert read(secure) == [False, False]
    lasting = "[settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS]"
    assert read(lasting, CSRF_TRUSTED_ORIGINS="https://zhuqi.example.gov.cn") == [31_536_000, True]


def test_every_cookie_bears_the_prefix_that_binds_it_to_our_host_alone():
    code = """
import django
django.setup()
from config.cookies import MessageCookie
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
answer = CsrfViewMiddleware(lambda request: HttpResponse(get_token(request)))(HttpRequest())
made = answer.cookies["__Host-csrftoken"]
print(settings.SESSION_COOKIE_NAME, MessageCookie.cookie_name, settings.MESSAGE_STORAGE)
print(made["path"], repr(made["domain"]), made["secure"], made["httponly"], made["samesite"])
"""
    done = run(code, **NEEDED, CSRF_TRUSTED_ORIGINS="https://zhuqi.example.gov.cn")
    names, flags = done.stdout.splitlines()
    assert names == "__Host-sessionid __Host-messages config.cookies.Messages", done.stderr
    assert flags == "/ '' True True Lax"
    assert read("settings.SESSION_COOKIE_NAME") == "sessionid"


def test_a_database_that_is_gone_is_told_without_its_address_or_password():
    code = """
import django
django.setup()
from django.test import Client
answer = Client().get("/readyz", headers={"host": "localhost"})
print(answer.status_code, answer.text)
"""
    gone = {
        "DATABASE_URL": "postgres://zhuqi:secret-word@127.0.0.1:1/city",
        "REDIS_URL": "redis://:secret-word@127.0.0.1:1/0",
    }
    done = run(code, **{**NEEDED, **gone}, ALLOWED_HOSTS="localhost")
    assert done.stdout.startswith("503"), done.stderr
    assert json.loads(done.stdout[4:]) == dict.fromkeys(("status", "database", "broker", "beat"), "down")
    assert "secret-word" not in done.stdout + done.stderr


@pytest.mark.django_db
def test_the_session_cookie_is_kept_from_scripts_and_from_other_sites(settings):
    answer = Client().get("/login/")
    assert answer.status_code == 200
    assert answer.cookies["csrftoken"]["httponly"]
    assert (settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE) == (True, "Lax")
