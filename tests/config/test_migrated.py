"""The database that tests copy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.db import connection

from config.local import migrated
from config.local.home import ROOT

NAME = f"to_be_filled_{os.getpid()}"


@pytest.fixture
def empty() -> Iterator[dict[str, str]]:
    """manage.py's environment with an empty database beside the others."""
    url = urlsplit(os.environ["DATABASE_URL"])
    maintained = psycopg2.connect(urlunsplit(url._replace(path="/postgres")))
    maintained.autocommit = True
    with maintained.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {NAME}")
        yield {**os.environ, "DATABASE_URL": urlunsplit(url._replace(path=f"/{NAME}"))}
        cursor.execute(f"DROP DATABASE {NAME}")
    maintained.close()


@pytest.mark.django_db
def test_what_was_kept_of_migrating_is_a_migrated_database(empty: dict[str, str]) -> None:
    migrated.fill(empty)
    manage = [sys.executable, "manage.py", "migrate", "--check"]
    assert subprocess.run(manage, cwd=ROOT, env=empty, check=False).returncode == 0
    with (
        closing(psycopg2.connect(empty["DATABASE_URL"])) as filled,
        filled.cursor() as one,
        connection.cursor() as other,
    ):
        for everything in (
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
            "SELECT conrelid::regclass::text, conname FROM pg_constraint ORDER BY 1, 2",
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT day, kind, name FROM workflow_holiday ORDER BY 1",
            "SELECT name FROM auth_group ORDER BY 1",
        ):
            one.execute(everything)
            other.execute(everything)
            found = one.fetchall()
            assert found
            assert found == other.fetchall()
