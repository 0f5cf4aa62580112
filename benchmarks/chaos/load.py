"""People at work over HTTP: each a thread that signs in, reads pages, and sends until it has an answer."""

from __future__ import annotations

import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from benchmarks.chaos.browser import OUT_OF_ORDER, Answer, Browser, LostAnswerError, Values
from benchmarks.chaos.journal import Journal, Outcome, Request

if TYPE_CHECKING:
    from benchmarks.chaos.browser import Form

THINK: Final = (0.1, 1.0)
WAIT_BEFORE_RETRY: Final = (0.3, 1.5)
CALM_SECONDS: Final = 120  # once nothing is hurt any more, everybody has an answer within this time

Files = dict[str, tuple[str, bytes]]


class NotNowError(Exception):
    """There is nothing of this kind to do at the moment."""


class Person:
    """Somebody at work. `acts` are what they do, each with its weight; NotNowError makes them do something else."""

    def __init__(self, username: str, password: str, browser: Browser, journal: Journal, random: Random) -> None:
        self.username, self.password = username, password
        self.browser, self.journal, self.random = browser, journal, random
        self.acts: list[tuple[int, Callable[[Person], Request | None]]] = []
        self.trouble: list[str] = []
        self.pages_lost = 0
        self.pages = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name=username)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way: from here on a request is only repeated, none is begun."""
        self._is_over.set()

    def join(self) -> bool:
        self._thread.join(CALM_SECONDS)
        return not self._thread.is_alive()

    def page(self, path: str) -> str:
        """Read a page; who is signed out signs in again. NotNowError where there is none to be had."""
        self.pages += 1
        answer = self._once(lambda: self.browser.get(path))
        if answer.is_redirect and answer.address.startswith("/login/"):
            self._sign_in()
            answer = self._once(lambda: self.browser.get(path))
        if answer.status != 200:
            raise NotNowError
        return answer.text

    def ask(self, path: str, values: Values, *, follow: bool = False) -> str:
        """Send a form that stores nothing, and read the page that comes of it."""
        answer = self._once(lambda: self.browser.post(path, values))
        if follow:
            answer = self._once(lambda: self.browser.follow(answer))
        if answer.status != 200:
            raise NotNowError
        return answer.text

    def download(self, path: str) -> bytes:
        answer = self._once(lambda: self.browser.get(path))
        if answer.status != 200:
            raise NotNowError
        return answer.content

    def send(
        self,
        act: str,
        path: str,
        values: Values,
        *,
        mark: str,
        leads_to: str = "",
        says: str = "",
        files: Files | None = None,
        **facts: Any,
    ) -> Request:
        """Send a form until there is an answer.

        It is stored where the answer leads to an address that fits `leads_to`, or to a page with words that fit `says`.
        """
        request = self.journal.begin(act, self.username, mark, **facts)
        began = time.monotonic()
        while True:
            outcome, answer = self._try(path, values, files, leads_to, says)
            found = {"address": answer.address} if answer and outcome is Outcome.STORED else {}
            self.journal.end(request, outcome, answer.status if answer else None, **found)
            if outcome is not Outcome.LOST:
                return request
            if self._is_over.is_set() and time.monotonic() - began > CALM_SECONDS:
                return request
            time.sleep(self.random.uniform(*WAIT_BEFORE_RETRY))

    def choose(self, form: Form, name: str) -> str:
        return form.choose(name, self.random)

    def pick(self, found: list[Any]) -> Any:
        """One of what was found."""
        if not found:
            raise NotNowError
        return self.random.choice(found)

    def _try(
        self, path: str, values: Values, files: Files | None, leads_to: str, says: str
    ) -> tuple[Outcome, Answer | None]:
        try:
            answer = self.browser.post(path, values, files)
            if answer.status >= OUT_OF_ORDER:
                return Outcome.LOST, answer
            if answer.is_redirect and answer.address.startswith("/login/"):
                self._sign_in()
                return Outcome.LOST, answer
            if says:
                page = self.browser.follow(answer)
                if page.status >= OUT_OF_ORDER:
                    return Outcome.LOST, page
                return (Outcome.STORED if re.search(says, page.text) else Outcome.REFUSED), answer
            leads = answer.is_redirect and re.fullmatch(leads_to, answer.address)
        except (LostAnswerError, NotNowError):
            return Outcome.LOST, None
        return (Outcome.STORED if leads else Outcome.REFUSED), answer

    def _once(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except LostAnswerError as error:
            self.pages_lost += 1
            raise NotNowError from error

    def _sign_in(self) -> None:
        try:
            if not self.browser.sign_in(self.username, self.password):
                raise NotNowError
        except LostAnswerError as error:
            raise NotNowError from error

    def _work(self) -> None:
        while not self._is_over.is_set():
            act = self.random.choices([act for _, act in self.acts], [weight for weight, _ in self.acts])[0]
            try:
                act(self)
            except NotNowError:
                pass
            except Exception:  # noqa: BLE001 -- a fault of the load itself is told in the report
                self.trouble.append(traceback.format_exc())
                print(self.trouble[-1], file=sys.stderr, flush=True)
            time.sleep(self.random.uniform(*THINK))


def new_mark() -> str:
    """A word that nothing else in the database holds."""
    return f"记号{uuid4().hex}"
