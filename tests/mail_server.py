"""A real mail server for tests, which accepts, refuses, hangs or goes away as a test says."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.product import unused_port

# Beside everything else that a test or a fault run does, a thread may wait long for its turn.
READY_SECONDS: Final = 60.0


class MailServer:
    """Listens on a port of this machine. `received` holds what it accepted.

    `refuses_recipients` and `refuses_text` map an address to the answer with which it is refused. Between `hold()` and
    `release()` it takes a mail's text and does not answer; `is_holding` is set when somebody waits for it.
    """

    def __init__(self) -> None:
        self.port = unused_port()
        self.received: list[EmailMessage] = []
        self.refuses_recipients: dict[str, str] = {}
        self.refuses_text: dict[str, str] = {}
        self.connections = 0
        self.is_holding = threading.Event()
        self._holds = False
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=READY_SECONDS)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    def hold(self) -> None:
        self.is_holding.clear()
        self._holds = True

    def release(self) -> None:
        self._holds = False

    @property
    def addresses(self) -> list[str]:
        return [message["To"] for message in self.received]

    @property
    def subjects(self) -> list[str]:
        """As mail programs show them, without the fold of a long line."""
        return [message["Subject"].strip() for message in self.received]

    @property
    def message_ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.received]

    def text(self, number: int = -1) -> str:
        part = self.received[number].get_body(("plain",))
        assert part
        return part.get_content()

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.refuses_recipients.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._holds:
            self.is_holding.set()
        while self._holds:
            await asyncio.sleep(0.02)
        if answer := self.refuses_text.get(envelope.rcpt_tos[0]):
            return answer
        content = envelope.original_content
        assert content
        self.received.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 OK"


@contextmanager
def running(settings: Any) -> Iterator[MailServer]:
    """A server to which the product sends."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 1
    settings.PUBLIC_ADDRESS = "https://zhuqi.example.gov.cn"
    settings.DEFAULT_FROM_EMAIL = "zhuqitong@example.gov.cn"
    try:
        yield server
    finally:
        server.release()
        server.stop()
