"""The name under which an upload is shown and handed out again."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from cadres.uploads.formats import ENDINGS

if TYPE_CHECKING:
    from cadres.uploads.formats import Format

LONGEST: Final = 120
UNNAMED: Final = "未命名"


def shown_name(name: str, form: Format) -> str:
    """The person's own name for the file, without folders and invisible characters, ending as the content demands."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(" " if unicodedata.category(one) in ("Zs", "Cc") else one for one in last if _is_shown(one))
    stem, dot, ending = " ".join(visible.split()).rstrip(". ").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    if ending.lower() not in form.endings:
        stem = stem if ending.lower() in ENDINGS else f"{stem}.{ending}".strip(".")
        ending = form.endings[0]
    return f"{stem[: LONGEST - len(ending) - 1].rstrip() or UNNAMED}.{ending}"


def _is_shown(character: str) -> bool:
    """Not what turns the reading direction around (exe.gpj would read as a picture), half characters and the like."""
    return unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn", "Zl", "Zp")
