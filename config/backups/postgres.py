"""PostgreSQL's own pg_dump and pg_restore, on the database that the settings name."""

import os
import subprocess
from pathlib import Path
from typing import Final

from django.db import connection

from config.backups.manifest import BackupError
from config.local.services import postgres_binaries

# By the environment, so that no password stands in the list of processes.
VARIABLES: Final = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def dump(into: Path, snapshot: str) -> None:
    """Write the database as it is in an exported snapshot."""
    _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", f"--file={into}")


def load(dumped: Path) -> None:
    """All or nothing."""
    _run(
        "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
        f"--dbname={connection.get_connection_params()['dbname']}", str(dumped),
    )  # fmt: skip


def _run(tool: str, *arguments: str) -> None:
    parameters = connection.get_connection_params()
    address = {name: str(parameters[key]) for key, name in VARIABLES.items() if parameters.get(key)}
    command = [str(postgres_binaries() / tool), *arguments]
    done = subprocess.run(  # noqa: S603 (our own binary, no shell)
        command, check=False, env={**os.environ, **address}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise BackupError(f"{tool} 未成功：{done.stderr.strip() or done.returncode}")
