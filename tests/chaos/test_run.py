"""Twenty faults on the live product under load: kill -9, SIGSTOP and torn connections, then the audit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.local.home import ROOT, SERVERS

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("e2e")]

FAULTS = 20
MINUTES = 15  # two on an idle machine
ENOUGH = 15  # requests that were acknowledged, without which the audit would prove nothing


def test_twenty_faults_leave_no_trace(tmp_path: Path) -> None:
    folder = tmp_path / "chaos"
    command = [sys.executable, "-m", "benchmarks.chaos", "--faults", str(FAULTS), "--seed", "20261129"]
    own = {name: value for name, value in os.environ.items() if name not in (*SERVERS, "MEDIA_ROOT", "SECRET_KEY")}
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [*command, "--home", str(folder)],
        cwd=ROOT,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=MINUTES * 60,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(rf"^all +{FAULTS} ", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.rstrip().endswith("0 violations")
    stored = re.search(r"^all +\d+ +(\d+) +\d+ +\d+ +\d+$", done.stdout, re.MULTILINE)
    assert stored, done.stdout
    assert int(stored[1]) >= ENOUGH, done.stdout
    assert not folder.exists()
