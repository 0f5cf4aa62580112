"""The running product, started as a developer starts it, with a home and a port of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

import psutil

from config.local import migrated
from config.local.home import ROOT, SERVERS
from config.local.services import Services

START_SECONDS = 300
STOP_SECONDS = 40


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """`python3 dev.py demo` as a process of its own.

    It starts empty unless `ALLOW_DEMO="1"` is given, and never uses the test run's servers unless told to.
    """

    def __init__(self, home: Path, port: int, *, prefix: Sequence[str] = (), **environment: str) -> None:
        self.home = home
        self.port = port
        self.prefix = prefix
        self.address = f"http://127.0.0.1:{port}/"
        own = {name: value for name, value in os.environ.items() if name not in (*SERVERS, "MEDIA_ROOT", "SECRET_KEY")}
        self.environment = {**own, "ZHUQITONG_HOME": str(home), "ALLOW_DEMO": "0", **environment}
        self.process: subprocess.Popen[str] | None = None
        self.family: list[psutil.Process] = []

    def migrate(self) -> None:
        """Bring its database to where its first start would, by what is kept of migrating: a minute less of work."""
        with Services(self.home, durable=False) as servers:
            migrated.fill({**self.environment, **servers.environment})

    def start(self, *options: str) -> str:
        """Start, wait until it says that it runs, and return what it said."""
        self.process = subprocess.Popen(
            self._dev("demo", "--port", str(self.port), *options),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith("Ctrl-C stops everything"):
                self.family = psutil.Process(self.process.pid).children(recursive=True)
                return said
        self.process.wait()
        raise AssertionError(f"the demo did not start:\n{said}")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `dev.py` command beside it."""
        return subprocess.run(
            self._dev(*arguments),
            check=False,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )

    def interrupt(self, by: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does, or as kill -9 does, and return its exit code."""
        assert self.process
        assert self.process.stdout
        self.process.send_signal(by)
        code = self.process.wait(STOP_SECONDS)
        self.process.stdout.close()
        return code

    def child(self, *words: str) -> psutil.Process | None:
        """The child whose command line holds all these words, if it is alive."""
        assert self.process
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if all(any(word in argument for argument in child.cmdline()) for word in words):
                    return child
        return None

    def left_over(self, *, within: float = STOP_SECONDS) -> list[psutil.Process]:
        """What is still alive of all the processes it ever had."""
        _, alive = psutil.wait_procs(self.family, timeout=within)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def log(self, name: str) -> list[str]:
        """The lines that "web", "worker", "beat", "postgres" or "valkey" wrote so far."""
        return (self.home / "logs" / f"{name}.log").read_text().splitlines()

    def get(self, path: str) -> tuple[str, Message]:
        """The text and the headers at an address of it."""
        with urllib.request.urlopen(f"{self.address.rstrip('/')}{path}", timeout=10) as answer:
            return answer.read().decode(), answer.headers

    def is_ready(self) -> bool:
        try:
            self.get("/readyz")
        except OSError:
            return False
        return True

    def wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while not self.is_ready():
            assert time.monotonic() < give_up_at, "the product did not become ready"
            time.sleep(0.1)

    def clean_up(self) -> None:
        if self.process and self.process.poll() is None:
            self.interrupt()

    def _dev(self, *arguments: str) -> list[str]:
        return [*self.prefix, sys.executable, str(ROOT / "dev.py"), *arguments]
