"""What all tests share. PostgreSQL and Valkey come from `config.local.pytest_services`."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import override_settings, setup_databases, teardown_databases
from playwright.sync_api import Browser, sync_playwright

from config.local import tools
from tests import broker, cleaning
from tests.product import unused_port
from workflow import worktime

# Playwright's own event loop would otherwise keep Django's ORM from running in the same thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM_OPTIONS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=zh-CN"]


def pytest_configure(config: pytest.Config) -> None:
    """Two settings that differ from production: hashing a password takes no time, and static files need no manifest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    if template := os.environ.get("TEST_TEMPLATE"):
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A file's bytes are named by where they stand: they may hold the time, and every worker has to find the same."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """The database, also for tests that are marked with nothing; those that commit leave it as they found it."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
        cleaning.remember_seeds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: cleaning.take_back())
        yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium, without a page yet."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=_require(tools.CHROMIUM), args=CHROMIUM_OPTIONS)
        yield found
        found.close()
        connections.close_all()  # which are others than those of this thread while no event loop runs


@pytest.fixture(scope="session")
def soffice() -> str:
    """The path of LibreOffice."""
    return _require(tools.SOFFICE)


@pytest.fixture
def free_port() -> int:
    return unused_port()


@pytest.fixture(scope="module")
def calendar_stays() -> Iterator[None]:
    """For who counts statements: however long that takes, the calendar is not read again meanwhile."""
    with override_settings(CALENDAR_SECONDS=24 * 60 * 60):
        worktime.forget()
        yield
    worktime.forget()


@pytest.fixture
def broker_is_down(tmp_path: Path) -> Iterator[None]:
    """While this holds, nobody listens where this process sends its messages."""
    with broker.is_down(tmp_path):
        yield


def _require(tool: tools.Tool) -> str:
    """The program's path. Without it a test fails in CI and is listed as not run elsewhere."""
    if path := tool.find():
        return path
    message = f"{tool.names[0]} is not installed"
    if re.fullmatch(r"1|true", os.environ.get("CI", "")):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
