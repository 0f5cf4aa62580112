"""Ledgers of everything the office sees, beside fetching the rows and writing the cells alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from benchmarks.measuring import in_a_child, middle, seconds_of, slowest_twentieth
from benchmarks.results import Finding
from cadres.listing import ordered
from cadres.models import Cadre
from reports.ledgers import asking, book, making
from reports.ledgers.columns import cells, heads
from reports.ledgers.kinds import kind_named
from reports.ledgers.reader import Reader
from reports.models import Ledger

KINDS: Final = ("appeals", "fulfilments", "visits")
TIMES: Final = 3
RATIO: Final = 1.3
MEGABYTES: Final = 250


def measure(kinds: tuple[str, ...] = KINDS) -> list[Finding]:
    return [finding for kind in kinds for finding in _measure(kind)]


def _measure(kind: str) -> list[Finding]:
    """Each in a process of its own, as in a worker, and by turns with its floor, whose time differs as much."""
    made, floors, memory = [], [], []
    for _ in range(TIMES):
        (seconds, rows), megabytes = in_a_child(make, kind)
        made.append(seconds)
        memory.append(megabytes)
        floors.append(in_a_child(floor, kind)[0])
    fetched, written = (middle([*part]) for part in zip(*floors, strict=True))
    ratio = middle(made) / middle([sum(parts) for parts in floors])
    return [
        Finding(f"{kind}: fetching {rows:,} rows", fetched * 1000),
        Finding(f"{kind}: writing the cells of {rows:,} rows", written * 1000),
        Finding(
            f"{kind}: ledger of {rows:,} rows",
            middle(made) * 1000,
            slowest_twentieth([seconds * 1000 for seconds in made]),
            megabytes=max(memory),
            ratio=ratio,
            reach=f"≤ {RATIO} × (fetching + writing), ≤ {MEGABYTES} MB",
            met=ratio <= RATIO and max(memory) <= MEGABYTES,
        ),
    ]


def make(kind: str) -> tuple[float, int]:
    """How long the product takes, and for how many rows."""
    office = Cadre.objects.get(username="office")
    with tempfile.TemporaryDirectory() as directory, transaction.atomic():
        rows = 0

        def work() -> None:
            nonlocal rows
            rows = making.make(kind, "", Path(directory) / "ledger.xlsx", by=office, now=timezone.now()).rows

        return seconds_of(work), rows


def floor(kind: str) -> tuple[float, float]:
    """Fetching the very rows, and writing one row's cells as often as there are rows."""
    office, now = Cadre.objects.get(username="office"), timezone.now()
    found, reader = kind_named(kind), Reader(office, now)
    form = asking.form_of(kind, "", office, now)
    columns = found.columns(reader)
    queryset = ordered(form.narrow(found.rows(form, now), form.cleaned_data), found.default_sort, found.sorts)
    rows: list[list[object]] = []
    total = 0

    def fetch() -> None:
        nonlocal total
        for row in cells(queryset, columns):
            total += 1
            rows[:] = [row]

    with tempfile.TemporaryDirectory() as directory, transaction.atomic():
        fetched = seconds_of(fetch)
        heading = book.Heading(str(Ledger.Kind(kind).label), str(office), "", now, asking.in_words(form), total)
        path = Path(directory) / "cells.xlsx"
        repeated = (rows[0] for _ in range(total))
        return fetched, seconds_of(lambda: book.write(path, heading, heads(columns), repeated))
