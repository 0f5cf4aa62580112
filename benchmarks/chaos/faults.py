"""Faults: kill -9, SIGSTOP, torn connections; which one comes next is drawn by seed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import psutil
import psycopg2
import redis

if TYPE_CHECKING:
    from benchmarks.chaos.browser import Scissors
    from benchmarks.chaos.stage import Stage

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 4.0
MOST_BACKENDS: Final = 4


@dataclass
class Fault:
    """What was done, to what, and when. `ended` differs from `began` for what lasts."""

    number: int
    kind: str
    target: str
    began: float
    ended: float = 0.0


class Faults:
    """Draws faults and commits them."""

    def __init__(self, stage: Stage, scissors: Scissors, random: Random) -> None:
        self.stage, self.scissors, self.random = stage, scissors, random
        self.done: list[Fault] = []
        # Weight, kind, target, what is done: a process dies more often than a whole service, and comes back sooner.
        # The order is part of what a seed means.
        self._offers: list[tuple[int, str, str, Callable[[], bool]]] = [
            (2, "kill", "web", lambda: self._kill("web")),
            (6, "kill", "web process", lambda: self._kill_child("web")),
            (2, "kill", "worker", lambda: self._kill(self._one_of("worker"))),
            (8, "kill", "worker process", lambda: self._kill_child(self._one_of("worker"))),
            (2, "kill", "beat", lambda: self._kill(self._one_of("beat"))),
            (6, "kill", "PostgreSQL", lambda: self._kill("PostgreSQL")),
            (3, "kill", "postmaster alone", lambda: self._kill("PostgreSQL", alone=True)),
            (4, "kill", "PostgreSQL backend", self._kill_backend),
            (7, "kill", "Valkey", lambda: self._kill("Valkey")),
            (1, "pause", "web", lambda: self._pause("web")),
            (1, "pause", "worker", lambda: self._pause(self._one_of("worker"))),
            (1, "pause", "beat", lambda: self._pause(self._one_of("beat"))),
            (1, "pause", "PostgreSQL", lambda: self._pause("PostgreSQL")),
            (1, "pause", "Valkey", lambda: self._pause("Valkey")),
            (4, "cut", "PostgreSQL backends", self._cut_backends),
            (4, "cut", "Valkey clients", self._cut_clients),
            (3, "cut", "HTTP request being sent", lambda: self._cut_request("sending")),
            (3, "cut", "HTTP answer awaited", lambda: self._cut_request("waiting")),
            (2, "stop", "mail server", self._stop_mail),
        ]

    def commit(self) -> Fault:
        """Commit one fault; what finds no victim is drawn again."""
        while True:
            _, kind, target, act = self.random.choices(self._offers, [offer[0] for offer in self._offers])[0]
            fault = Fault(len(self.done) + 1, kind, target, time.monotonic())
            try:
                has_happened = act()
            except (psycopg2.Error, redis.RedisError, psutil.Error, ProcessLookupError):
                has_happened = False  # the victim is down already
            if has_happened:
                fault.ended = time.monotonic()
                self.done.append(fault)
                return fault

    def _one_of(self, name: str) -> str:
        return self.random.choice([each for each in self.stage.children if each.startswith(f"{name}-")])

    def _family(self, name: str) -> list[psutil.Process]:
        """The process with all that it started, itself first; empty while it is down."""
        child = self.stage.children[name].process
        if child is None or child.poll() is not None:
            return []
        first = psutil.Process(child.pid)
        return [first, *first.children(recursive=True)]

    def _kill(self, name: str, *, alone: bool = False) -> bool:
        family = self._family(name)
        self.stage.expect_end(name)
        for process in family[:1] if alone else family:
            _send(process, signal.SIGKILL)
        return bool(family)

    def _kill_child(self, name: str) -> bool:
        children = self._family(name)[1:]
        if children:
            _send(self.random.choice(children), signal.SIGKILL)
        return bool(children)

    def _kill_backend(self) -> bool:
        """PostgreSQL answers by ending all others and recovering."""
        with self._database() as cursor:
            pids = _backends(cursor)
        if pids:
            os.kill(self.random.choice(pids), signal.SIGKILL)
        return bool(pids)

    def _pause(self, name: str) -> bool:
        family = self._family(name)
        if not family:
            return False
        for process in family:
            _send(process, signal.SIGSTOP)
        time.sleep(self.random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))
        for process in family:
            _send(process, signal.SIGCONT)
        return True

    def _cut_backends(self) -> bool:
        with self._database() as cursor:
            pids = _backends(cursor)
            chosen = self.random.sample(pids, min(len(pids), MOST_BACKENDS))
            cursor.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) as pid", [chosen])
        return bool(chosen)

    def _cut_clients(self) -> bool:
        with contextlib.closing(redis.Redis.from_url(self.stage.environment["REDIS_URL"], socket_timeout=2)) as client:
            kind = self.random.choice(["normal", "normal", "pubsub"])
            return bool(client.client_kill_filter(_type=kind, skipme=True))

    def _cut_request(self, when: str) -> bool:
        self.scissors.order(when)
        return True

    def _stop_mail(self) -> bool:
        self.stage.mail.stop()
        time.sleep(self.random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))
        self.stage.mail.start()
        return True

    @contextlib.contextmanager
    def _database(self):  # type: ignore[no-untyped-def]
        connection = psycopg2.connect(self.stage.environment["DATABASE_URL"], connect_timeout=2)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            yield cursor


def _backends(cursor: psycopg2.extensions.cursor) -> list[int]:
    """Those that serve the product."""
    cursor.execute(
        "select pid from pg_stat_activity"
        " where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid"
    )
    return [pid for (pid,) in cursor.fetchall()]


def _send(process: psutil.Process, what: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(what)
