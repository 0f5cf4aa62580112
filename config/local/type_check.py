"""`python -m config.local.type_check [PACKAGE …]`: mypy, with what its Django plugin needs to load the settings."""

import os
import subprocess
import sys
from typing import Final

PACKAGES: Final = (
    *("config", "cadres", "workflow", "enterprises", "policies", "appeals", "visits", "reports"),
    *("benchmarks", "tests"),
)
# The plugin loads the settings and the models, and opens no connection.
UNUSED_SERVERS: Final = {
    "SECRET_KEY": "only-for-the-type-checker",
    "DATABASE_URL": "postgres://nobody@nowhere/nothing",
    "REDIS_URL": "redis://nowhere/0",
}


def main(packages: list[str]) -> int:
    command = [sys.executable, "-m", "mypy", *(packages or PACKAGES)]
    return subprocess.run(command, check=False, env={**UNUSED_SERVERS, **os.environ}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
