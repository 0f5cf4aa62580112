"""`python -m benchmarks.chaos --faults N --seed S`: hurt the live product under load, then audit what it kept."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Final

import django
from django.core.management import call_command
from django.db import connection

from benchmarks.chaos import report
from benchmarks.chaos.browser import Scissors
from benchmarks.chaos.faults import Faults
from benchmarks.chaos.journal import Journal
from benchmarks.chaos.stage import Stage
from config.local import home, migrated, programs

# How many faults come on top of one that the product has not recovered from.
OVERLAPPING: Final = 0.5
RECOVERY_SECONDS: Final = 180


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    folder: Path = options.home
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    stage = Stage(folder)
    os.environ.update(stage.environment, DJANGO_SETTINGS_MODULE="config.settings")
    is_good = False
    try:
        is_good = _run(stage, options)
    finally:
        stage.stop()
        if is_good and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            _say(f"Kept for a look: {folder} (seed {options.seed})")
    return 0 if is_good else 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=20, help="how many (20)")
    parser.add_argument("--seed", type=int, default=1, help="what draws them, and what people do (1)")
    parser.add_argument("--minutes", type=float, default=240, help="begin no fault later than this (240)")
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="mean time between two (2)")
    parser.add_argument("--home", type=Path, default=home.ROOT / ".local" / "chaos", help="forgotten before each run")
    parser.add_argument("--keep", action="store_true", help="keep database, journal and logs even if all is well")
    return parser.parse_args(arguments)


def _run(stage: Stage, options: argparse.Namespace) -> bool:
    _say(f"{options.faults} faults, seed {options.seed}, commit {_commit()}")
    stage.start_servers()
    migrated.fill(dict(os.environ))
    django.setup()
    from benchmarks.chaos import aftermath, crowd
    from benchmarks.chaos.city import build

    logging.getLogger("mail.log").setLevel(logging.WARNING)
    programs.collect_static_files(lambda: call_command("collectstatic", "--no-input", verbosity=0))
    city = build()
    connection.close()  # it would not outlive the first fault that hits PostgreSQL
    stage.start_programs(dict(os.environ))
    if not stage.wait_until_ready():
        _say(f"The product did not start.\n{stage.tails()}")
        return False
    journal, scissors = Journal(stage.folder / "journal.jsonl"), Scissors()
    people = crowd.gather(city, stage, journal, scissors, seed=options.seed)
    faults = Faults(stage, scissors, Random(options.seed))
    began = time.monotonic()
    try:
        is_warm = crowd.wait_until_at_work(journal)
        hangs = _hurt(stage, faults, options) if is_warm else ["nobody came to work"]
    finally:
        stuck = crowd.send_home(people)
    took = time.monotonic() - began
    lines = aftermath.look(stage, journal, people, hangs=hangs, stuck=stuck)
    journal.close()
    _say(f"{len(faults.done)} faults in {took:.0f} s\n")
    for part in (
        report.of_faults(faults.done, stage),
        report.of_requests(journal),
        report.of_ends(stage.ended),
        report.of_audit(lines),
    ):
        _say("\n".join(part) + "\n")
    violations = sum(len(line.violations) for line in lines)
    _say(f"{violations} violations")
    return not violations


def _hurt(stage: Stage, faults: Faults, options: argparse.Namespace) -> list[str]:
    """All the faults, one after the other or one upon the other; what the product did not recover from in time.

    Ctrl-C ends the faults, and the audit follows.
    """
    pace = Random(f"pace of {options.seed}")
    hangs: list[str] = []
    give_up_at = time.monotonic() + 60 * options.minutes
    has_enough = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: has_enough.set())
    while len(faults.done) < options.faults and time.monotonic() < give_up_at and not has_enough.is_set():
        time.sleep(pace.uniform(0.5, 1.5) * options.every)
        fault = faults.commit()
        if len(faults.done) % 25 == 0:
            _say(f"{len(faults.done)} faults, {len(faults.stage.ended)} restarts")
        if pace.random() < OVERLAPPING and len(faults.done) < options.faults:
            continue
        if not stage.wait_until_ready(RECOVERY_SECONDS):
            hangs.append(f"not ready {RECOVERY_SECONDS} s after fault {fault.number}, {fault.kind} {fault.target}")
            _say(f"{hangs[-1]}\n{stage.tails()}")
            break
    return hangs


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=home.ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
