"""Child processes that do not outlive whoever started them, and that need no rights of root."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

NOBODY: Final = 65534

AS_NOBODY: Final = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
# All that nobody keeps of root's rights is reading, for binaries and data that lie below root's home.
READING_ANYWHERE: Final = (
    "--bounding-set=-all,+dac_read_search",
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
    "--securebits=+no_setuid_fixup",
)
CAP_DAC_READ_SEARCH: Final = 1 << 2
CAP_SETPCAP: Final = 1 << 8

Argument = str | Path


def server_uid() -> int:
    """The user that servers run as: PostgreSQL refuses to run as root."""
    return NOBODY if os.geteuid() == 0 else os.geteuid()


def unprivileged(command: Sequence[Argument]) -> list[str]:
    """The command as `server_uid()` would run it."""
    return [*_setpriv(_dropped_rights()), *map(str, command)]


def start(
    command: Sequence[Argument],
    *,
    log: Path,
    on_orphaned: signal.Signals,
    drop_rights: bool = False,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that a Ctrl-C reaches only the supervisor.

    On Linux the kernel sends it `on_orphaned` when the supervisor dies, even by kill -9.
    """
    options = [f"--pdeathsig={on_orphaned.name.removeprefix('SIG')}", *(_dropped_rights() if drop_rights else ())]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*_setpriv(options), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
            cwd=cwd,
        )


def stop(child: subprocess.Popen[bytes], by: signal.Signals, *, within: float) -> None:
    """Ask a child to end, and end it if it has not after `within` seconds."""
    if child.poll() is None:
        child.send_signal(by)
    try:
        child.wait(within)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def tail(log: Path, *, lines: int = 20) -> str:
    """The last lines of a log, for a message."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _dropped_rights() -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    needed = CAP_DAC_READ_SEARCH | CAP_SETPCAP
    return (*AS_NOBODY, *READING_ANYWHERE) if _capabilities() & needed == needed else AS_NOBODY


def _capabilities() -> int:
    """What root may do here; in a container that is less than everything."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)


def _setpriv(options: Sequence[str]) -> list[str]:
    if not options or not sys.platform.startswith("linux") or not shutil.which("setpriv"):
        return []
    return ["setpriv", *options]
