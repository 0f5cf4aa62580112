"""The product's own processes beside the servers: what they need, how they start, and how they start again."""

import fcntl
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from config.local import home, processes

STOP_SECONDS: Final = 15
CELERY: Final = ("celery", "--quiet", "--app", "config.celery:app")


class Watched(Protocol):
    """A child that is started again when it ends by itself."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...


class Program:
    """One of the product's own processes."""

    def __init__(self, name: str, command: Sequence[str], *, environment: Mapping[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [sys.executable, "-m", *command]
        self._environment = environment

    def start(self) -> None:
        """Orphaned, it is killed: asked to stop, a worker would wait for ever for the broker that has gone too."""
        self.process = processes.start(
            self._command, log=self.log, on_orphaned=signal.SIGKILL, env=self._environment, cwd=home.ROOT
        )

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, signal.SIGTERM, within=STOP_SECONDS)


def of_product(
    port: int, *, environment: Mapping[str, str], logs: Path, workers: int = 1, beats: int = 1
) -> list[Program]:
    """Web, worker and beat as production runs them, none of them started yet."""
    bind = f"127.0.0.1:{port}"
    commands: dict[str, tuple[str, ...]] = {
        "web": ("gunicorn", "--config", "python:config.gunicorn", "--bind", bind, "config.wsgi")
    }
    for name in _numbered("worker", workers):
        options = ("--concurrency", "2", "--without-gossip", "--without-mingle", "--hostname", f"{name}@%h")
        commands[name] = (*CELERY, "worker", *options)
    for name in _numbered("beat", beats):
        commands[name] = (*CELERY, "beat", "--pidfile=")
    return [Program(name, command, environment=environment, logs=logs) for name, command in commands.items()]


def collect_static_files(collect: Callable[[], object]) -> None:
    """Only when a file has changed since; two who start the product from one work tree take turns."""
    collected = home.ROOT / "staticfiles" / "staticfiles.json"
    with (home.ROOT / "manage.py").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        sources = [path for path in (home.ROOT / "static").rglob("*") if path.is_file()]
        if not collected.exists() or any(path.stat().st_mtime > collected.stat().st_mtime for path in sources):
            collect()


def start_again(children: Iterable[Watched]) -> list[tuple[Watched, int]]:
    """Start again what has ended by itself; each with its exit code."""
    ended = []
    for child in children:
        if child.process is not None and (code := child.process.poll()) is not None:
            ended.append((child, code))
            child.start()
    return ended


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
