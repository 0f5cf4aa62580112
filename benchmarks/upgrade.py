"""An upgrade rehearsed: the previous version serves officials while the database migrates under it, then the new one.

The previous version is the one that `config/local/released.json` names, taken from git. The database that DATABASE_URL
names is brought to its migrations first, or is there already; afterwards it is at the new ones.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from benchmarks.measuring import middle
from benchmarks.results import Finding
from benchmarks.web import ROOT, Client, serving
from config.local.migration_locks import RELEASED

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_SEE: Final = ("/", "/appeals/", "/enterprises/", "/fulfilments/", "/inbox/")
PAGES: Final = {
    "office": (*ALL_SEE, "/visits/", "/assignments/", "/briefings/"),
    "supervisor": (*ALL_SEE, "/appeals/escalations/", "/appeals/orders/"),
    "specialist": (*ALL_SEE, "/visits/", "/visits/new/"),
    "handler": ALL_SEE,
}
LONGEST_SECONDS: Final = 10.0
SERVED_BEFORE: Final = 5.0  # seconds of undisturbed work, to compare with


@dataclass
class Work:
    """What officials saw: how long each page took, and everything that was no page."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def go_on(self, address: str, username: str) -> None:
        try:
            client = Client(address)
            client.sign_in(username, settings.DEMO_PASSWORD)
            while not self.stopped.is_set():
                for path in PAGES[username]:
                    answer = client.get(path)
                    self.seconds.append(answer.seconds)
                    if answer.status >= 400:
                        self.failures.append(f"{username} {path}: {answer.status}")
        except Exception as error:  # noqa: BLE001 - whatever an official runs into is a failure of the upgrade
            self.failures.append(f"{username}: {error!r}")


def measure() -> list[Finding]:
    """Raises RuntimeError where the database is newer than the previous version."""
    with tempfile.TemporaryDirectory() as directory:
        old = Path(directory)
        _take_out(old)
        _refuse_newer()
        _manage(old, "migrate", "-v0")
        connection.close()
        before, during = Work(), Work()
        with serving(old, "config.settings") as address:
            _serve(address, before, lambda: time.sleep(SERVED_BEFORE))
            took = _serve(address, during, lambda: _manage(ROOT, "migrate", "-v0"))
    after = Work()
    with serving() as address:
        _serve(address, after, lambda: time.sleep(SERVED_BEFORE))
    for failure in (*before.failures, *during.failures, *after.failures):
        print(failure, file=sys.stderr)
    return [
        _finding("pages of the previous version, before", before),
        _finding(f"the same while `migrate` runs ({took:.0f} s)", during, "no failure, ≤ 10 s"),
        _finding("pages of the new version, after", after, "no failure"),
    ]


def _finding(what: str, work: Work, reach: str = "") -> Finding:
    longest = max(work.seconds, default=0.0)
    met = not work.failures and bool(work.seconds) and longest <= LONGEST_SECONDS if reach else None
    name = f"{what}: {len(work.seconds)} pages, {len(work.failures)} failures"
    return Finding(name, middle(work.seconds or [0.0]) * 1000, longest * 1000, reach=reach, met=met)


def _serve(address: str, work: Work, meanwhile: Callable[[], None]) -> float:
    """Let officials work as long as something else takes, and say how long that was."""
    threads = [threading.Thread(target=work.go_on, args=(address, username)) for username in PAGES]
    for thread in threads:
        thread.start()
    begun = time.monotonic()
    try:
        meanwhile()
    finally:
        took = time.monotonic() - begun
        work.stopped.set()
        for thread in threads:
            thread.join()
    return took


def _released() -> dict[str, object]:
    return dict(json.loads(RELEASED.read_text()))


def _take_out(directory: Path) -> None:
    commit = str(_released()["commit"])
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(directory, filter="data")


def _refuse_newer() -> None:
    released: dict[str, str] = _released()["migrations"]  # type: ignore[assignment]
    applied = MigrationRecorder(connection).applied_migrations()
    newer = [f"{app}.{name}" for app, name in applied if name > released.get(app, name)]
    if newer:
        raise RuntimeError(f"the database is newer than the previous version: {', '.join(newer)}")


def _manage(root: Path, *arguments: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, root / "manage.py", *arguments], cwd=root, env=environment, check=True)
