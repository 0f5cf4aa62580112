"""`python -m config.local.migrated`: fill the database of DATABASE_URL, which is empty, so that tests copy it.

Migrating would take most of a short test run, so what it led to is kept in .local/ until something changes that it
comes from.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from config.local.home import HOME, ROOT
from config.local.services import postgres_binaries

KEPT: Final = HOME / "migrated"
SOURCES: Final = (
    *("*/migrations/*.py", "*/seeding.py", "cadres/roles.py", "workflow/calendar_seed.py"),
    *("cadres/search.py", "config/settings.py", "requirements.txt"),
)


def fill(environment: dict[str, str]) -> None:
    """`environment` is what manage.py needs; its database is empty."""
    kept = KEPT / f"{_digest()}.sql"
    if kept.exists():
        _client("psql", environment, "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null",
                f"--file={kept}")  # fmt: skip
        return
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    _keep(kept, environment)


def _keep(kept: Path, environment: dict[str, str]) -> None:
    """Put the database there as a whole, and away what no longer holds. Others may do the same at this moment."""
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}")
    _client("pg_dump", environment, f"--file={unfinished}")
    for outdated in KEPT.glob("*.sql"):
        outdated.unlink(missing_ok=True)
    unfinished.replace(kept)


def _client(tool: str, environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([postgres_binaries() / tool, *arguments, environment["DATABASE_URL"]], env=environment, check=True)


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    fill(dict(os.environ))
