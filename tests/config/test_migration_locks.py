"""Migrations that run while the previous version serves: all since the last release, and bad ones that are named."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models, transaction

from config.local import migration_locks
from config.management.commands import migrate
from tests.appeals.test_sweep import another_connection

pytestmark = pytest.mark.django_db


def rules(*operations: Any, **attributes: Any) -> set[str]:
    """What is found of a migration that comes after the last of the visits."""
    with migration_locks.loading() as loader:
        ((_, last),) = loader.graph.leaf_nodes("visits")
        kind = type("Migration", (migrations.Migration,), {"operations": list(operations), **attributes})
        added, key = kind("9999_more", "visits"), ("visits", "9999_more")
        loader.graph.add_node(key, added)
        loader.graph.add_dependency(added, key, ("visits", last))
        return {one.rule for one in migration_locks.findings(added, loader)}


def test_the_previous_version_can_serve_while_all_migrations_since_it_run() -> None:
    assert [str(one) for one in migration_locks.all_findings()] == []
    with migration_locks.loading() as loader:
        assert {"appeals", "cadres"} <= {one.app_label for one in migration_locks.newer(loader)}


INDEX = migrations.AddIndex("visit", models.Index(fields=["visited_on"], name="visit_on"))
BAD: dict[str, Any] = {
    "require-concurrent-index-creation": INDEX,
    "ban-drop-column": migrations.RemoveField("visit", "manner"),
    migration_locks.REQUIRED: migrations.AddField("visit", "weather", models.CharField(max_length=9, default="")),
    "renaming-column": migrations.RenameField("visit", "manner", "how"),
    "constraint-missing-not-valid": migrations.AddConstraint(
        "visit", models.CheckConstraint(condition=~models.Q(manner="x"), name="visit_not_x")
    ),
    migration_locks.DATA: migrations.RunPython(migrations.RunPython.noop),
}


@pytest.mark.parametrize("rule", BAD)
def test_what_would_hold_up_or_break_the_previous_version_is_named(rule: str) -> None:
    assert rule in rules(BAD[rule])


def test_what_somebody_has_thought_through_and_given_a_reason_for_passes() -> None:
    assert rules(INDEX, reviewed={"require-concurrent-index-creation": "ten rows"}) == set()


def test_a_column_with_its_default_in_the_database_and_a_new_table_pass() -> None:
    column = models.CharField(max_length=9, default="", db_default="")
    table = migrations.CreateModel(
        "Weather", [("id", models.BigAutoField(primary_key=True)), ("on", models.DateField())]
    )
    index = migrations.AddIndex("weather", models.Index(fields=["on"], name="weather_on"))
    assert rules(migrations.AddField("visit", "weather", column), table, index) == set()


@pytest.mark.django_db(transaction=True)
def test_migrate_lets_others_go_first_and_takes_up_where_it_was(settings: Any, monkeypatch: Any) -> None:
    settings.MIGRATION_LOCK_SECONDS = 1
    monkeypatch.setattr(migrate.migrate.Command, "handle", lambda command, **options: take_the_table())
    with closing(another_connection()) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE visits_visit IN ACCESS SHARE MODE")
        threading.Timer(2.5, other.rollback).start()
        began = time.monotonic()
        call_command("migrate")
        assert time.monotonic() - began > 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "0"


@pytest.mark.django_db(transaction=True)
def test_migrate_gives_up_in_the_end_and_says_so(settings: Any, monkeypatch: Any) -> None:
    settings.MIGRATION_LOCK_SECONDS = 1
    monkeypatch.setattr(migrate, "TRIES", 2)
    monkeypatch.setattr(migrate.migrate.Command, "handle", lambda command, **options: take_the_table())
    with closing(another_connection()) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE visits_visit IN ACCESS SHARE MODE")
        with pytest.raises(CommandError, match="一直被占用"):
            call_command("migrate")


def take_the_table() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE visits_visit IN ACCESS EXCLUSIVE MODE")
