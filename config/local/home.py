"""`.local/`: where the embedded servers and the demo keep their state, and who is running them."""

import contextlib
import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = Path(os.environ.get("ZHUQITONG_HOME", ROOT / ".local")).resolve()
SERVERS: Final = ("DATABASE_URL", "REDIS_URL")
START_SECONDS: Final = 60

# What runs, for others to read: the servers' variables, "pid", and the demo's "address".
Note = dict[str, str]


class Claim:
    """The right to run a home's servers: a file lock, which dies with its holder, around a note of what runs."""

    def __init__(self, home: Path = HOME) -> None:
        self.home = home
        self._held: IO[str] | None = None

    def take(self) -> bool:
        """Try to become the one who runs the servers; false if somebody else is."""
        self.home.mkdir(parents=True, exist_ok=True)
        held = (self.home / "running.json").open("a+")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            return False
        self._held = held
        self._write({})
        return True

    def announce(self, servers: dict[str, str], **more: str) -> None:
        """Tell others that the servers are up and where."""
        self._write({**servers, **more, "pid": str(os.getpid())})

    def release(self) -> None:
        if self._held:
            self._held.close()
            self._held = None

    def _write(self, note: Note) -> None:
        assert self._held
        self._held.seek(0)
        self._held.truncate()
        json.dump(note, self._held)
        self._held.flush()


def running(home: Path = HOME) -> Note | None:
    """The note of whoever runs the servers: None if nobody does, empty while they are starting."""
    path = home / "running.json"
    if not path.exists():
        return None
    with path.open() as note:
        try:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(json.JSONDecodeError):
                return dict(json.load(note))
            return {}
    return None


def wait_until_running(home: Path = HOME) -> Note | None:
    """Like `running`, but waits for servers that are still starting."""
    give_up_at = time.monotonic() + START_SECONDS
    while (note := running(home)) == {} and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return note


@contextlib.contextmanager
def in_use(home: Path = HOME) -> Iterator[None]:
    """While this holds, the servers that another command started are not stopped."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def unused(home: Path = HOME) -> Iterator[None]:
    """Wait until no other command uses the servers, and let none begin while this holds."""
    with (home / "users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def given() -> dict[str, str]:
    """The servers that the environment names; they override the embedded ones."""
    return {name: os.environ[name] for name in SERVERS if os.environ.get(name)}


def development(home: Path = HOME) -> dict[str, str]:
    """What the settings need besides the servers, on a developer's machine."""
    return {
        "SECRET_KEY": _secret_key(home),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "ALLOW_DEMO": "1",
        "MEDIA_ROOT": str(home / "media"),
    }


def use_running_servers(environment: MutableMapping[str, str]) -> None:
    """Complete manage.py's environment; with DATABASE_URL set it is taken as it is."""
    if environment.get("DATABASE_URL"):
        return
    note = wait_until_running()
    if not note:
        sys.exit("DATABASE_URL is not set and no embedded servers run. Start them: python3 dev.py manage COMMAND …")
    for name, value in {**development(), **{name: note[name] for name in SERVERS}}.items():
        environment.setdefault(name, value)


def _secret_key(home: Path) -> str:
    """Made once, so that sessions survive a restart."""
    path = home / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
