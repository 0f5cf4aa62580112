"""Whether the previous version can go on serving while the migrations since then run.

What every migration since the version in `released.json` sends is put before squawk, which knows which statement locks
what for how long, and before two rules of our own. `docs/migrations.md` tells how to write one that passes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader

from config.local.services import OLDEST_POSTGRES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.migrations import Migration

RELEASED: Final = Path(__file__).with_name("released.json")
# Not about locks: how types are chosen, names repeated and transactions begun is Django's; `migrate` sets the timeouts.
NOT_ASKED: Final = (
    *("prefer-text-field", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity"),
    *("prefer-robust-stmts", "prefer-timestamp-tz", "require-lock-timeout", "require-statement-timeout"),
)
CREATES: Final = re.compile(r'CREATE TABLE "(\w+)"')
# How Django adds a column whose default is its own: with it, and at once without it.
DROPS_DEFAULT: Final = re.compile(r'ALTER COLUMN "\w+" DROP DEFAULT')
REQUIRED: Final = "default-not-in-database"
DATA: Final = "run-python-in-transaction"


class Finding(NamedTuple):
    """Why a migration would hold up the old code, or break it."""

    migration: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.migration}: {self.rule}: {self.message}"


def all_findings() -> list[Finding]:
    """Of all migrations since the last release; the database of this connection is migrated."""
    with loading() as loader:
        return [one for migration in newer(loader) for one in findings(migration, loader)]


@contextmanager
def loading() -> Iterator[MigrationLoader]:
    """By a connection of its own, for what may be in no transaction is refused in one even if only asked for."""
    own = connection.copy()
    try:
        yield MigrationLoader(own, replace_migrations=False)
    finally:
        own.close()


def newer(loader: MigrationLoader) -> list[Migration]:
    """Ours since the last release, in their order."""
    released: dict[str, str] = json.loads(RELEASED.read_text())["migrations"]
    keys = [key for key in loader.graph.nodes if key[0] in released and key[1] > released[key[0]]]
    return [loader.graph.nodes[key] for key in sorted(keys)]


def findings(migration: Migration, loader: MigrationLoader) -> list[Finding]:
    """What somebody has thought through stands in the migration: `reviewed = {rule: why the old code can serve}`."""
    reviewed: dict[str, str] = getattr(migration, "reviewed", {})
    statements = _of_tables_in_use(loader.collect_sql([_Step(migration, backwards=False)]))
    found = squawk("\n".join(statements), in_transaction=migration.atomic)
    if any(DROPS_DEFAULT.search(one) for one in statements):
        found.append((REQUIRED, "old code leaves the new column empty, which is refused; give it a db_default"))
    if migration.atomic and any(isinstance(operation, RunPython) for operation in migration.operations):
        found.append((DATA, "holds its locks until all rows are done; set atomic = False and write in batches"))
    name = f"{migration.app_label}.{migration.name}"
    return [Finding(name, rule, message) for rule, message in found if rule not in reviewed]


def _of_tables_in_use(statements: list[str]) -> list[str]:
    """Without what is done to tables that the migration itself creates: nobody uses them yet."""
    created = "|".join(match[1] for one in statements if (match := CREATES.match(one)))
    about_new = re.compile(rf'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX "\w+" ON) "(?:{created})" ')
    return [one for one in statements if not (created and about_new.match(one))]


class _Step(NamedTuple):
    """One step of a plan, as the loader wants it."""

    migration: Migration
    backwards: bool


def squawk(sql: str, *, in_transaction: bool) -> list[tuple[str, str]]:
    """What squawk says of these statements: (rule, message)."""
    options = [f"--exclude={','.join(NOT_ASKED)}", "--reporter=json", f"--pg-version={OLDEST_POSTGRES}.0"]
    if in_transaction:
        options.append("--assume-in-transaction")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "migration.sql"
        file.write_text(sql)
        program = Path(sys.executable).with_name("squawk")
        done = subprocess.run([program, *options, file], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"squawk failed: {done.stderr}")
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return [(one["rule_name"], one["message"]) for one in found]
