"""`python3 dev.py test`: every check, each reported, then the tests; fails if any of them does."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from config.local import home, tools
from config.local.services import DATABASE, ServiceError, Services

CORES: Final = 2
BIN: Final = Path(sys.executable).parent

SETTINGS: Final = {"SECRET_KEY": "only-for-checks-" + "x" * 50, "ALLOWED_HOSTS": "localhost"}
PRODUCTION: Final = {
    "SECRET_KEY": "Kq3vRz8mWn1xYt6bHc4dJf7gLp0sEu2aOi5-only-to-see-whether-a-long-key-passes",
    "ALLOWED_HOSTS": "zhuqi.example.gov.cn",
    "CSRF_TRUSTED_ORIGINS": "https://zhuqi.example.gov.cn",
    "DEBUG": "0",
}


class Check(NamedTuple):
    name: str
    command: tuple[str | Path, ...]
    environment: dict[str, str] = SETTINGS


class Outcome(NamedTuple):
    check: Check
    passed: bool
    output: str
    seconds: float


CHECKS: Final = (
    Check("types", (sys.executable, "-m", "config.local.type_check")),
    Check("lint", (BIN / "ruff", "check", ".")),
    Check("format", (BIN / "ruff", "format", "--check", ".")),
    Check("imports", (BIN / "lint-imports", "--no-logo")),
    Check("templates", (BIN / "djlint", "templates", "--lint", "--quiet")),
    Check("migrations", (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")),
    Check("deployment", (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
)
# Not on a database that somebody gave: it may hold something.
DATABASE_CHECK: Final = Check("database", (sys.executable, "-m", "config.local.migrated"))


def main(arguments: list[str]) -> int:
    tools.install_missing()
    try:
        with tempfile.TemporaryDirectory(prefix="zhuqitong-test-") as directory:
            Path(directory).chmod(0o755)
            with Services(Path(directory), durable=False, without=home.given()) as services:
                servers = {**services.environment, **home.given()}
                is_own = "DATABASE_URL" not in home.given()
                all_pass = _report(_run_checks((*CHECKS, DATABASE_CHECK) if is_own else CHECKS, servers))
                template = {"TEST_TEMPLATE": DATABASE} if is_own else {}
                failed = _run_tests(arguments, {**servers, **template, "MEDIA_ROOT": f"{directory}/media"})
                return failed or (0 if all_pass else 1)
    except ServiceError as error:
        sys.exit(str(error))


def _run_checks(checks: Iterable[Check], servers: dict[str, str]) -> Iterable[Outcome]:
    with ThreadPoolExecutor(CORES) as pool:
        yield from pool.map(lambda check: _run(check, servers), checks)


def _run(check: Check, servers: dict[str, str]) -> Outcome:
    started = time.monotonic()
    environment = {**os.environ, **servers, **check.environment}
    done = subprocess.run(
        check.command,
        check=False,
        cwd=home.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(check, done.returncode == 0, done.stdout, time.monotonic() - started)


def _report(outcomes: Iterable[Outcome]) -> bool:
    all_pass = True
    for outcome in outcomes:
        all_pass &= outcome.passed
        verdict = "ok" if outcome.passed else "FAILED"
        print(f"{outcome.check.name:<12}{verdict:<7}{outcome.seconds:5.1f} s", flush=True)
        if not outcome.passed:
            print(outcome.output, flush=True)
    return all_pass


def _run_tests(arguments: list[str], environment: dict[str, str]) -> int:
    """Pytest prints last, so that its closing line is the last of all; before it, what took longest."""
    command = [sys.executable, "-m", "pytest", "-q", "--durations=30", "--durations-min=10"]
    command += [f"--numprocesses={CORES}", "--dist=loadgroup", *arguments]
    return subprocess.run(command, check=False, cwd=home.ROOT, env={**os.environ, **environment}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
