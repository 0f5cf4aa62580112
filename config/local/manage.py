"""`python3 dev.py manage COMMAND …`: a Django command against the embedded servers, started for it if need be.

`main` runs other programs against them as well, as `python3 dev.py bench` does.
"""

import os
import subprocess
import sys
from typing import Final

from config.local import home
from config.local.services import ServiceError, Services

PROGRAM: Final = (str(home.ROOT / "manage.py"),)


def main(arguments: list[str], program: tuple[str, ...] = PROGRAM) -> int:
    """`program` is what Python is to run: a file, or `-m` and a module."""
    command = [*program, *arguments]
    if len(home.given()) == len(home.SERVERS):
        return _run(command, {})
    while True:
        with home.in_use():
            if note := home.wait_until_running():
                return _run(command, {name: note[name] for name in home.SERVERS})
        claim = home.Claim()
        if claim.take():
            return _run_with_own_servers(command, claim)


def _run_with_own_servers(command: list[str], claim: home.Claim) -> int:
    try:
        with Services(home.HOME, without=home.given()) as services:
            claim.announce({**services.environment, **home.given()})
            code = _run(command, services.environment)
            with home.unused():
                services.stop()
            return code
    except ServiceError as error:
        sys.exit(str(error))
    finally:
        claim.release()


def _run(command: list[str], servers: dict[str, str]) -> int:
    environment = {**home.development(), **servers, **os.environ}
    try:
        return subprocess.run([sys.executable, *command], check=False, env=environment).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
