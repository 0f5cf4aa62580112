"""What a measurement found, as it is printed and as RESULTS.md keeps it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
TITLE: Final = (
    "# Results\n\nMeasured by hand with `python3 dev.py bench KIND --save`; README.md says what is measured.\n"
)
HEAD: Final = ("what", "p50 ms", "p95 ms", "statements", "SQL ms", "MB", "ratio", "reach", "met")


@dataclass(frozen=True)
class Finding:
    """One line of a measurement. What was not measured is None; `met` is None where nothing was to be reached."""

    what: str
    p50: float | None = None
    p95: float | None = None
    statements: float | None = None
    sql: float | None = None
    megabytes: float | None = None
    ratio: float | None = None
    reach: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        figures = (self.p50, self.p95, self.statements, self.sql, self.megabytes, self.ratio)
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return (self.what, *map(_figure, figures), self.reach, met)


def table(findings: Sequence[Finding]) -> str:
    rows = [HEAD, ("---", *["---:"] * 6, "---", "---"), *(finding.cells() for finding in findings)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def section(kind: str, circumstances: Sequence[str], findings: Sequence[Finding], at: datetime) -> str:
    told = "\n".join(f"- {line}" for line in circumstances)
    return f"## {kind}\n\n{at:%Y-%m-%d %H:%M}\n\n{told}\n\n{table(findings)}\n"


def keep(text: str, path: Path = RESULTS) -> None:
    """Put a section into the file, in the place of the one of the same kind."""
    before = path.read_text() if path.exists() else TITLE
    heading = text.partition("\n")[0]
    sections = [each for each in re.split(r"(?m)^(?=## )", before) if each.partition("\n")[0] != heading]
    first, others = sections[0], sorted([*sections[1:], text])
    path.write_text("\n".join(each.strip() + "\n" for each in [first, *others]))


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
