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
HOME: Final = Path(os.environ.get("ZHUQITONG_HOME", ROOT / ".local"))
START_SECONDS: Final = 60


class Claim:
    """The right to run a home's servers: a file lock, which dies with its holder, around a note of what runs."""

    def __init__(self, home: Path = HOME) -> None:
        self.home = home
        self._held: IO[str] | None = None

    def take(self) -> bool:
        """Try to become the one who runs the servers; false if somebody else is."""
        self.home.mkdir(parents=True, exist_ok=True)
        note = (self.home / "running.json").open("a+")
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note.close()
            return False
        self._held = note
        self.write({})
        return True

    def write(self, note: dict[str, str]) -> None:
        """Tell the others what runs here; an empty note says that it is still starting."""
        assert self._held
        self._held.seek(0)
        self._held.truncate()
        json.dump(note, self._held)
        self._held.flush()

    def release(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


def running(home: Path = HOME) -> dict[str, str] | None:
    """The note of whoever runs the servers of this home, or None if nobody does."""
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


def wait_until_running(home: Path = HOME) -> dict[str, str] | None:
    """Like `running`, but waits for servers that are still starting."""
    give_up_at = time.monotonic() + START_SECONDS
    while (note := running(home)) == {} and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return note


@contextlib.contextmanager
def in_use(home: Path = HOME) -> Iterator[None]:
    """While a command uses servers that another command started, these are not stopped under it."""
    with (home / "users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def wait_until_unused(home: Path = HOME) -> None:
    with (home / "users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def secret_key(home: Path = HOME) -> str:
    """The demo's own SECRET_KEY, made once, so that sessions survive a restart."""
    path = home / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def development(home: Path = HOME) -> dict[str, str]:
    """What the settings need besides the two servers, on a developer's machine."""
    return {
        "SECRET_KEY": secret_key(home),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "ALLOW_DEMO": "1",
        "MEDIA_ROOT": str(home / "media"),
    }


def use_running_servers(environment: MutableMapping[str, str]) -> None:
    """Complete the environment for manage.py; with DATABASE_URL set it is taken as it is."""
    if "DATABASE_URL" in environment:
        return
    note = wait_until_running()
    if not note:
        sys.exit("No DATABASE_URL is set and the embedded servers are not running: use `python3 dev.py manage COMMAND …`.")
    for name, value in {**development(), **servers_of(note)}.items():
        environment.setdefault(name, value)


def servers_of(note: dict[str, str]) -> dict[str, str]:
    return {name: note[name] for name in ("DATABASE_URL", "REDIS_URL")}
