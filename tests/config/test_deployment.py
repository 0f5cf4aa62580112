"""docker-compose.yml, Dockerfile and nginx.conf agree with each other and with the settings; nothing is run."""

import re
import shlex
from typing import Any

import pytest
import yaml
from django.conf import settings

from cadres.uploads import serving
from config.gunicorn import timeout
from config.local.home import ROOT
from tests.config.test_settings import named_in_the_example

ONLY_FOR_DEMOS = {"ALLOW_DEMO", "DEMO_PASSWORD"}
OURS = ("migrate", "web", "worker", "beat")

NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_services_are_those_that_the_product_is_made_of(compose):
    images = {name: service["image"] for name, service in compose["services"].items()}
    assert images == {
        "postgres": "postgres:18-bookworm",
        "valkey": "valkey/valkey:9-bookworm",
        **dict.fromkeys(OURS, "zhuqitong"),
        "proxy": "zhuqitong-proxy",
    }


@pytest.mark.parametrize("name", OURS)
def test_each_of_ours_gets_every_name_that_the_settings_read(compose, name):
    given = compose["services"][name]["environment"]
    assert set(given) == named_in_the_example() - ONLY_FOR_DEMOS


def test_no_secret_has_a_default(compose):
    given = compose["services"]["web"]["environment"]
    for name in ("SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
        assert re.match(rf"\${{{name}:\?}}", given[name]), name
    assert "POSTGRES_PASSWORD" not in compose["services"]["postgres"]["environment"]


def test_everything_that_runs_on_is_asked_for_its_health_and_started_again(compose):
    lasting = {name: service for name, service in compose["services"].items() if name != "migrate"}
    for name, service in lasting.items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
    assert compose["services"]["migrate"]["restart"] == "no"


def test_nothing_of_ours_starts_on_a_database_that_is_not_migrated(compose):
    for name in ("web", "worker", "beat"):
        assert compose["services"][name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_two_beats_run_so_that_one_can_fall(compose):
    assert compose["services"]["beat"]["deploy"]["replicas"] == 2


def test_ours_run_as_nobody_in_particular_and_may_write_files_alone(compose):
    assert DOCKERFILE.index("USER zhuqitong") > DOCKERFILE.index("collectstatic")
    for name in OURS:
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert {volume.split(":")[1] for volume in service["volumes"]} == {"/var/lib/zhuqitong/media", "/backups"}


def test_only_the_proxy_is_reached_from_outside(compose):
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert {port.split(":")[1] for port in compose["services"]["proxy"]["ports"]} == {"8080", "8443"}


def test_the_proxy_reaches_the_web_process_alone(compose):
    beside = {name for name, service in compose["services"].items() if "outside" in service["networks"]}
    assert beside == {"proxy", "web"}
    assert compose["services"]["proxy"]["networks"] == ["outside"]
    assert set(compose["networks"]) == {"inside", "outside"}


def test_volumes_are_declared(compose):
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert {name for name in used if not name.startswith(".")} == set(compose["volumes"])


def test_commands_name_what_there_is(compose):
    for name in ("worker", "beat"):
        assert compose["services"][name]["command"][:3] == ["celery", "--app", "config.celery:app"]
    (started,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert shlex.split(started.strip("[]").replace(",", ""))[-1] == "config.wsgi:application"
    assert settings.WSGI_APPLICATION == "config.wsgi.application"


def test_the_image_holds_every_app(compose):
    kept = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    ours = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert kept == ours | {"deploy", "static", "templates"}


def test_the_proxy_serves_uploads_only_when_the_product_says_so():
    (block,) = re.findall(rf"location {serving.PROTECTED} {{(.*?)}}", NGINX, re.DOTALL)
    assert "internal;" in block
    assert "alias /srv/media/;" in block
    assert "add_header X-Content-Type-Options nosniff always;" in block
    assert f'add_header Content-Security-Policy "{serving.POLICY}" always;' in block
    assert "proxy_set_header X-Accel on;" in NGINX


@pytest.mark.parametrize("place", ["/static/", serving.PROTECTED])
def test_what_the_proxy_hands_out_itself_obeys_the_rules_of_the_browser_too(place):
    (block,) = re.findall(rf"location {place} {{(.*?)\n    }}", NGINX, re.DOTALL)
    headers = dict(re.findall(r'add_header (\S+) "?(.*?)"? always;', block))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "default-src 'none'; base-uri 'none'; frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_proxy_replaces_every_header_that_the_product_believes_it():
    (block,) = re.findall(r"location / {\n        limit_req(.*?)\n    }", NGINX, re.DOTALL)
    said = dict(re.findall(r"proxy_set_header (\S+) (.*?);", block))
    assert said["X-Forwarded-For"] == "$remote_addr"
    assert said["X-Forwarded-Proto"] == "https"
    assert said["X-Accel"] == "on"
    assert said["X-Request-ID"] == '""'


@pytest.mark.parametrize(("path", "is_limited"), [("/login/", True), ("/login/code/", True), ("/e/x/", True),
                                                  ("/enterprises/", False), ("/", False)])  # fmt: skip
def test_addresses_where_something_can_be_guessed_are_limited_by_the_proxy(path, is_limited):
    (pattern,) = re.findall(r'"~(\S+)" \$binary_remote_addr;', NGINX)
    assert bool(re.match(pattern, path)) is is_limited
    assert "limit_req zone=guessing" in NGINX
    assert "limit_req_status 429;" in NGINX


def test_the_proxy_speaks_tls_of_today_alone_and_sends_everybody_there():
    assert re.findall(r"ssl_protocols (.*?);", NGINX) == ["TLSv1.2 TLSv1.3"]
    assert re.findall(r"ssl_ciphers (.*?);", NGINX) == ["ECDHE+AESGCM:ECDHE+CHACHA20"]
    (plain,) = re.findall(r"listen 8080;(.*?)listen 8443 ssl;", NGINX, re.DOTALL)
    assert "return 308 https://$host$request_uri;" in plain
    assert "proxy_pass" not in plain


def test_the_proxy_waits_longer_than_a_request_may_take():
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    assert int(seconds) > timeout


def test_no_token_of_a_signed_link_and_no_search_stands_in_the_proxy_s_log():
    (pattern,) = re.findall(r'"~(\S+)"\s+"/e/\*\*\*";', NGINX)
    (path,) = re.findall(r'"~\^\(\?<path>(\S+)\)"\s+\$path;', NGINX)
    assert re.match(path, "/enterprises/?q=13800001234")[0] == "/enterprises/"
    assert re.match(pattern, "/e/abcDEF-123/confirm/")
    assert not re.match(pattern, "/enterprises/1/")
    assert "$request_uri" not in re.findall(r"log_format.*?;", NGINX, re.DOTALL)[0]
