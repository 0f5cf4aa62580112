"""The live product as production runs it, on servers and ports of its own, and whoever starts again what ends."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from config.local import home, processes, programs
from config.local.services import Services
from tests.mail_server import MailServer
from tests.product import unused_port

WORKERS: Final = 2
BEATS: Final = 2
READY_SECONDS: Final = 120
LOOK_EVERY_SECONDS: Final = 0.2
PROBE_EVERY_SECONDS: Final = 0.5
PROBE_SECONDS: Final = 10
# How long after a fault an end belongs to it: PostgreSQL starts again only when its last orphan is gone.
AFTERMATH_SECONDS: Final = 60


class Ended(NamedTuple):
    """A process that ended: by a fault, or of itself."""

    at: float
    name: str
    code: int
    by_fault: bool


@dataclass
class Probe:
    began: float
    ended: float
    ready: bool


class Stage:
    """`servers` and `programs` by name, each in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, unused_port()
        self.services = Services(folder, durable=True)
        self.mail = MailServer()
        self.environment = {
            **home.development(folder),
            **self.services.environment,
            "SWEEP_SECONDS": "10",
            "BRIEFING_TIME": "00:01",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
        }
        self.programs: list[programs.Program] = []
        self.ended: list[Ended] = []
        self.probes: list[Probe] = []
        self._hurt: dict[str, float] = {}
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def children(self) -> dict[str, programs.Watched]:
        children: list[programs.Watched] = [*self.services.servers, *self.programs]
        return {child.name: child for child in children}

    def start_servers(self) -> None:
        self.services.start()
        self.mail.start()

    def start_programs(self, environment: dict[str, str]) -> None:
        logs = self.folder / "logs"
        self.programs = programs.of_product(self.port, environment=environment, logs=logs, workers=WORKERS, beats=BEATS)
        for program in self.programs:
            program.start()
        self._threads = [threading.Thread(target=self._supervise), threading.Thread(target=self._probe)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        for program in self.programs:
            program.ask_to_stop()
        for program in self.programs:
            program.stop()
        self.mail.stop()
        self.services.stop()

    def expect_end(self, name: str) -> None:
        """Said by a fault before it kills."""
        self._hurt[name] = time.monotonic()

    def is_ready(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/readyz"
            with urllib.request.urlopen(address, timeout=PROBE_SECONDS) as answer:
                return bool(answer.status == 200)
        except (OSError, http.client.HTTPException):
            return False

    def wait_until_ready(self, within: float = READY_SECONDS) -> bool:
        """As asked from now on."""
        now = time.monotonic()
        while self.recovery(now) is None:
            if time.monotonic() > now + within:
                return False
            time.sleep(LOOK_EVERY_SECONDS)
        return True

    def recovery(self, since: float) -> float | None:
        """How long it took from an instant until the product said that it was ready; None where it never did."""
        after = bisect_left(self.probes, since, key=lambda probe: probe.began)
        return next((probe.ended - since for probe in self.probes[after:] if probe.ready), None)

    def tails(self) -> str:
        return "\n".join(f"--- {child.log}\n{processes.tail(child.log)}" for child in self.children.values())

    def _supervise(self) -> None:
        """As Docker's restart policy does."""
        while not self._is_over.wait(LOOK_EVERY_SECONDS):
            for child, code in programs.start_again(self.children.values()):
                now = time.monotonic()
                by_fault = now - self._hurt.get(child.name, -AFTERMATH_SECONDS) < AFTERMATH_SECONDS
                self.ended.append(Ended(now, child.name, code, by_fault))

    def _probe(self) -> None:
        while not self._is_over.wait(PROBE_EVERY_SECONDS):
            began = time.monotonic()
            ready = self.is_ready()
            self.probes.append(Probe(began, time.monotonic(), ready))
