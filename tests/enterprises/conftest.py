"""Somebody signed in, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from cadres.models import Cadre

AsSomebody = Callable[[Cadre], Client]


@pytest.fixture
def signed_in() -> AsSomebody:
    """signed_in(cadre) is that cadre's browser."""

    def browser(cadre: Cadre) -> Client:
        client = Client()
        client.force_login(cadre)
        return client

    return browser


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """at_once(first, second) calls both in threads of their own; what each answered or raised, in order."""

    def run(*acts: Callable[[], Any]) -> list[Any]:
        together = Barrier(len(acts))
        answers: list[Any] = [None] * len(acts)

        def call(place: int) -> None:
            try:
                together.wait(timeout=10)
                answers[place] = acts[place]()
            except Exception as error:  # noqa: BLE001 -- the test looks at it
                answers[place] = error
            finally:
                connection.close()

        threads = [Thread(target=call, args=(place,)) for place in range(len(acts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        return answers

    return run
