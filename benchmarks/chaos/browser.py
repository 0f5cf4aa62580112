"""A browser as the load needs it: cookies, forms, redirects, and connections that can be torn."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from random import Random
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

PATIENCE_SECONDS: Final = 90
AT_ONCE: Final = 4  # requests under way; more of them only make each other wait
OUT_OF_ORDER: Final = 500
RESET: Final = struct.pack("ii", 1, 0)  # close by RST, so that the other side learns of it in the middle

_UNDER_WAY: Final = threading.Semaphore(AT_ONCE)

Values = dict[str, str | list[str]]


class LostAnswerError(Exception):
    """Nobody knows what became of the request."""


@dataclass
class Answer:
    status: int
    address: str
    text: str
    content: bytes

    @property
    def is_redirect(self) -> bool:
        return self.status in (302, 303)


class Scissors:
    """Orders of the faults to cut connections, which whoever sends next obeys."""

    def __init__(self) -> None:
        self._orders: list[str] = []
        self._lock = threading.Lock()
        self.cuts = 0

    def order(self, when: str) -> None:
        """`when` is "sending" (half of the body is sent) or "waiting" (the answer is not read)."""
        with self._lock:
            self._orders.append(when)

    def take(self) -> str:
        with self._lock:
            self.cuts += bool(self._orders)
            return self._orders.pop() if self._orders else ""


class Browser:
    """One person's browser. Every request has a connection of its own, as behind the proxy of production."""

    def __init__(self, port: int, scissors: Scissors | None = None) -> None:
        self.port = port
        self.scissors = scissors or Scissors()
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, values: Values, files: dict[str, tuple[str, bytes]] | None = None) -> Answer:
        """Send a form. Raises LostAnswerError where no whole answer came back."""
        if files is None:
            body, kind = urlencode(values, doseq=True).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = _multipart(values, files)
        headers = {"Content-Type": kind, "X-CSRFToken": self.cookies.get("csrftoken", "")}
        return self._ask("POST", path, body, headers)

    def follow(self, answer: Answer) -> Answer:
        """The page that a redirect leads to."""
        return self.get(answer.address) if answer.is_redirect else answer

    def sign_in(self, username: str, password: str) -> bool:
        self.cookies.clear()
        self.get("/login/")
        return self.post("/login/", {"username": username, "password": password}).is_redirect

    def _ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        with _UNDER_WAY:
            return self._ask_now(method, path, body, headers)

    def _ask_now(self, method: str, path: str, body: bytes, headers: dict[str, str] | None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **(headers or {})}
        try:
            connection.connect()
            if method == "POST" and (when := self.scissors.take()):
                self._tear(connection, path, body, sent, when)
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise LostAnswerError(repr(error)) from error
        finally:
            connection.close()
        self._keep_cookies(response)
        address = _path(response.getheader("Location") or path)
        return Answer(response.status, address, content.decode("utf-8", "replace"), content)

    def _tear(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str], when: str
    ) -> None:
        """Send half of the request, or all of it without waiting for the answer, and let the connection break."""
        connection.putrequest("POST", path)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body if when == "waiting" else body[: len(body) // 2])
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        raise ConnectionResetError(f"torn while {when}")

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for header in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.coded_value


@dataclass
class Form:
    """A form of a page: what a browser would send, and what can be chosen."""

    action: str = ""
    values: Values = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def check(self, name: str, value: str) -> None:
        """Of several boxes of one name that are ticked, all are sent."""
        known = self.values.get(name)
        self.values[name] = value if known is None else [*([known] if isinstance(known, str) else known), value]

    def choose(self, name: str, random: Random) -> str:
        return random.choice([choice for choice in self.choices[name] if choice])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(self._form, name, given)
        elif tag == "select":
            self._select = name
            self._form.choices[name] = []
        elif tag == "option" and self._select:
            self._form.choices[self._select].append(given.get("value", ""))
            if "selected" in given:
                self._form.values[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self._form.values[name] = ""

    def _input(self, form: Form, name: str, given: dict[str, str]) -> None:
        if given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.check(name, given.get("value", "on"))
        elif given.get("type") != "file":
            form.values[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area and self._form:
            self._form.values[self._area] = f"{self._form.values[self._area]}{data}".lstrip("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def forms_of(page: str) -> list[Form]:
    parser = _Forms()
    parser.feed(page)
    return parser.forms


def form_with(page: str, *names: str) -> Form | None:
    """The form of a page that has all these fields."""
    return next((form for form in forms_of(page) if {*names} <= {*form.values, *form.choices}), None)


def links(page: str, pattern: str) -> list[str]:
    """What the group of the pattern finds in the addresses of a page, each once, in order."""
    return list(dict.fromkeys(re.findall(f'href="{pattern}"', page)))


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _multipart(values: Values, files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    boundary = uuid4().hex
    parts = []
    for name, value in values.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(f"{head}{value}\r\n".encode())
    for name, (filename, content) in files.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        parts.append(f"--{boundary}\r\n{disposition}\r\nContent-Type: text/csv\r\n\r\n".encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
