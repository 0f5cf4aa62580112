"""The product's web process with the settings of the measurements, and clients that sign in to it."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

from benchmarks.serving import COUNT, MILLISECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
START_SECONDS: Final = 120
QUIET_SECONDS: Final = 1.0
REDIRECTED: Final = range(300, 400)
TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Answer(NamedTuple):
    status: int
    text: str
    seconds: float
    statements: int
    sql_seconds: float


class Client:
    """One browser: a kept connection and cookies. Not for two threads at once."""

    def __init__(self, address: str) -> None:
        self.host = address.removeprefix("http://").rstrip("/")
        self.cookies: dict[str, str] = {}
        self.token = ""
        self._connection = http.client.HTTPConnection(self.host, timeout=120)
        self._asked_at = 0.0

    def sign_in(self, username: str, password: str) -> None:
        self.get("/login/")
        answer = self.post("/login/", {"username": username, "password": password})
        if answer.status not in REDIRECTED:
            raise RuntimeError(f"{username} can't sign in: {answer.status}")

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        return self._ask("POST", path, {**fields, "csrfmiddlewaretoken": self.token})

    def _ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self._refresh(begun)
        self._connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self._asked_at = time.perf_counter()
        seconds = self._asked_at - begun
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if found := TOKEN.search(text):
            self.token = found[1]
        count, milliseconds = answer.headers.get(COUNT, "0"), answer.headers.get(MILLISECONDS, "0")
        return Answer(answer.status, text, seconds, int(count), float(milliseconds) / 1000)

    def _refresh(self, now: float) -> None:
        """gunicorn lets go of a connection that was quiet for two seconds; the next request opens a new one."""
        if now - self._asked_at > QUIET_SECONDS:
            self._connection.close()


@contextmanager
def serving(root: Path = ROOT, settings: str = "benchmarks.settings") -> Iterator[str]:
    """gunicorn as production runs it, and its address; `root` holds another version of the product."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(root)}
    if not (root / "staticfiles" / "staticfiles.json").exists():
        command: list[str | Path] = [sys.executable, root / "manage.py", "collectstatic", "--no-input", "-v0"]
        subprocess.run(command, check=True, env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings"})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    with tempfile.TemporaryFile("w+") as log:
        gunicorn = ("-m", "gunicorn", "--config", "python:config.gunicorn", "--bind", bind, "config.wsgi")
        web = subprocess.Popen(
            [sys.executable, *gunicorn], cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"http://{bind}", web)
            yield f"http://{bind}"
        finally:
            web.terminate()
            web.wait()


def _wait_for(address: str, web: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            Client(address).get("/healthz")
        except OSError:
            if web.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError("the web process did not start") from None
            time.sleep(0.2)
        else:
            return
