"""`python3 dev.py manage COMMAND …`: a Django command against the embedded servers, started for it if need be."""

import os
import subprocess
import sys
from pathlib import Path

from config.local import home
from config.local.services import ServiceError, Services


def main(arguments: list[str]) -> int:
    if len(home.given()) == len(home.SERVERS):
        return _run(arguments, {})
    while True:
        with home.in_use():
            if note := home.wait_until_running():
                return _run(arguments, {name: note[name] for name in home.SERVERS})
        claim = home.Claim()
        if claim.take():
            return _run_with_own_servers(arguments, claim)


def _run_with_own_servers(arguments: list[str], claim: home.Claim) -> int:
    try:
        with Services(home.HOME, without=home.given()) as services:
            claim.announce({**services.environment, **home.given()})
            code = _run(arguments, services.environment)
            with home.unused():
                services.stop()
            return code
    except ServiceError as error:
        sys.exit(str(error))
    finally:
        claim.release()


def _run(arguments: list[str], servers: dict[str, str]) -> int:
    environment = {**home.development(), **servers, **os.environ}
    try:
        command: list[str | Path] = [sys.executable, home.ROOT / "manage.py", *arguments]
        return subprocess.run(command, check=False, env=environment).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
