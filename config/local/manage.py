"""`python3 dev.py manage COMMAND …`: a Django command against the embedded servers, started for it if need be."""

import os
import subprocess
import sys

from config.local import home
from config.local.services import ServiceError, Services


def main(arguments: list[str]) -> int:
    if "DATABASE_URL" in os.environ:
        return _run(arguments, {})
    claim = home.Claim()
    if not claim.take():
        note = home.wait_until_running()
        if note:
            with home.in_use():
                return _run(arguments, home.servers_of(note))
        if not claim.take():
            sys.exit("The embedded servers are starting for too long; see .local/logs.")
    try:
        with Services(home.HOME) as services:
            claim.write(services.environment)
            code = _run(arguments, services.environment)
            home.wait_until_unused()
            return code
    except ServiceError as error:
        sys.exit(str(error))
    finally:
        claim.release()


def _run(arguments: list[str], servers: dict[str, str]) -> int:
    environment = {**home.development(), **servers, **os.environ} if servers else None
    try:
        return subprocess.run([sys.executable, home.ROOT / "manage.py", *arguments], env=environment).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
