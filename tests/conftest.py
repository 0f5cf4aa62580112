"""What all tests share. PostgreSQL and Valkey come from `config.local.pytest_services`."""

import os

import pytest
from django.conf import settings

# Playwright's own event loop would otherwise keep Django's ORM from running in the same thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_configure(config: pytest.Config) -> None:
    """Two settings that differ from production: hashing a password takes no time, and static files need no manifest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
