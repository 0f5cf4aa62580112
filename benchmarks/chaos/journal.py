"""The durable journal of what the load sent, and what the product answered.

Every line is on the disk before the request goes out, and again before anybody relies on the answer: what the product
acknowledged is known even if this machine's other half dies.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Outcome(StrEnum):
    """How a request ended. Only the first is an acknowledgement."""

    STORED = "stored"
    REFUSED = "refused"
    LOST = "lost"  # no answer, or one that says that the product is out of order


@dataclass
class Request:
    """Something that somebody sent, perhaps several times under one id.

    `act` says what kind of thing it was, `mark` is what it left in the database if it was stored, `facts` what else the
    audit needs. `tries` are the outcomes in order; the last one is what the sender believes.
    """

    number: int
    act: str
    who: str
    mark: str
    facts: dict[str, Any] = field(default_factory=dict)
    tries: list[Outcome] = field(default_factory=list)

    @property
    def is_acknowledged(self) -> bool:
        return Outcome.STORED in self.tries

    @property
    def is_refused(self) -> bool:
        """Refused at the first try: nothing of it may be there."""
        return self.tries[:1] == [Outcome.REFUSED]

    @property
    def is_open(self) -> bool:
        """Nobody ever learnt what became of it."""
        return not self.tries or self.tries[-1] is Outcome.LOST


class Journal:
    """Requests by number, kept in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: dict[int, Request] = {}
        self.answers: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def begin(self, act: str, who: str, mark: str, **facts: Any) -> Request:
        """Note what is about to be sent."""
        with self._lock:
            request = Request(len(self.requests) + 1, act, who, mark, facts)
            self.requests[request.number] = request
            self._write(number=request.number, act=act, who=who, mark=mark, facts=facts)
        return request

    def end(self, request: Request, outcome: Outcome, status: int | None, **facts: Any) -> None:
        """Note what came back: `status` is None where nothing did."""
        with self._lock:
            request.tries.append(outcome)
            request.facts |= facts
            self.answers[(request.act, str(outcome))] += 1
            self._write(number=request.number, outcome=outcome, status=status, facts=facts)

    def of(self, *acts: str) -> list[Request]:
        return [request for request in self.requests.values() if request.act in acts]

    def close(self) -> None:
        self._file.close()

    def _write(self, **line: Any) -> None:
        self._file.write(json.dumps({"at": time.time(), **line}, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
