"""`python3 dev.py bench KIND [--save]`: measure, print, and keep the result if it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

import django

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.results import Finding

KINDS: Final = ("pages", "probes", "sweep", "bulletin", "ledgers", "imports", "worker")
ASKED_FOR: Final = ("upgrade",)  # not among all: it needs a database of the previous version


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for kind in KINDS if options.kind == "all" else (options.kind,):
        _run(kind, options)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Measure the product on what its database holds.")
    parser.add_argument("kind", choices=[*KINDS, "all", *ASKED_FOR])
    parser.add_argument("--save", action="store_true", help="keep the result in benchmarks/RESULTS.md")
    parser.add_argument("--rounds", type=int, default=20, help="how often each client asks for every page")
    parser.add_argument("--clients", type=int, action="append", help="how many at once; may be repeated (1 and 4)")
    parser.add_argument("--rows", type=int, help="overdue appeals of the sweep, rows of the import, jobs of the worker")
    return parser.parse_args(arguments)


def _run(kind: str, options: argparse.Namespace) -> None:
    from django.utils import timezone

    from benchmarks import results
    from benchmarks.measuring import circumstances

    told = circumstances()
    text = results.section(kind, told, _measurements(options)[kind](), timezone.localtime())
    print(text, flush=True)
    if options.save:
        results.keep(text)


def _measurements(options: argparse.Namespace) -> dict[str, Callable[[], list[Finding]]]:
    from benchmarks import bulletin, imports, ledgers, pages, sweep, upgrade, worker

    return {
        "pages": lambda: pages.measure(options.rounds, options.clients or (1, 4)),
        "probes": lambda: pages.measure_probes(options.rounds * 5),
        "sweep": lambda: sweep.measure(options.rows or sweep.OVERDUE),
        "bulletin": bulletin.measure,
        "ledgers": ledgers.measure,
        "imports": lambda: imports.measure(options.rows or imports.ROWS),
        "upgrade": upgrade.measure,
        "worker": lambda: worker.measure(options.rows or worker.JOBS),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
