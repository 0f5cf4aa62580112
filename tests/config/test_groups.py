"""Tests of a group run one after another in one process: they share a dear fixture, or would be in each other's way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_the_group(number):
    pass
"""


def test_two_processes_leave_a_group_to_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:django", "--numprocesses=2", "--dist=loadgroup"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told = subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True, text=True).stdout
    workers = re.findall(r"^\[(gw\d)\].* PASSED ", told, re.MULTILINE)
    assert len(workers) == 8
    assert len(set(workers)) == 1
