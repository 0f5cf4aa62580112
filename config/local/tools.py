"""Programs that the tests drive and that no wheel brings: a browser and a spreadsheet."""

import os
import shutil
import subprocess
from typing import Final, NamedTuple


class Tool(NamedTuple):
    """A program: the variable that may name it, what it is called, and Debian's packages that bring it."""

    variable: str
    names: tuple[str, ...]
    packages: tuple[str, ...]

    def find(self) -> str | None:
        return os.environ.get(self.variable) or next(filter(None, map(shutil.which, self.names)), None)


# Without a Chinese font every character is the same empty box, and a page's widths mean nothing.
CHROMIUM: Final = Tool("CHROMIUM", ("chromium", "chromium-browser", "google-chrome"), ("chromium", "fonts-noto-cjk"))
SOFFICE: Final = Tool("SOFFICE", ("soffice", "libreoffice"), ("libreoffice-calc", "fonts-noto-cjk"))


def install_missing() -> None:
    """On Debian as root; elsewhere the tests that need a missing program say so."""
    packages = sorted({package for tool in (CHROMIUM, SOFFICE) if not tool.find() for package in tool.packages})
    if not packages or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {' '.join(packages)} …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)
