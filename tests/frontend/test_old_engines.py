"""What a browser of 2021 (Chromium 92, as many offices have it) does not know is used nowhere in our own files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

STATIC: Final = Path(settings.BASE_DIR) / "static"
NEWER_CSS: Final = (
    *(
        r":has\(",
        r":dir\(",
        r":user-(in)?valid",
        r"::?popover",
        r"@layer",
        r"@container",
        r"@scope",
        r"@starting-style",
    ),
    *(r"color-mix\(", r"light-dark\(", r"oklch\(", r"oklab\(", r"lch\(", r"hwb\(", r"\d[sdl]v[hw]\b", r"\dcq\w\b"),
    *(r"accent-color", r"scrollbar-gutter", r"text-wrap", r"field-sizing", r"\b(width|height)\s*[<>]"),
    *(r"(?m)^\s*(translate|rotate|scale):", r"(?m)^\s*&"),
)
NEWER_JS: Final = (
    *(r"Object\.hasOwn", r"Object\.groupBy", r"structuredClone", r"\.findLast", r"\.toSorted", r"\.toReversed"),
    *(
        r"withResolvers",
        r"AbortSignal\.",
        r"\.inert\b",
        r"showPopover",
        r"\bcause:",
        r"static \{",
        r"startViewTransition",
    ),
    *(r"\.showPicker\(", r"checkVisibility", r":has\("),
)


@pytest.mark.parametrize(("pattern", "newer"), [("css/*.css", NEWER_CSS), ("js/*.js", NEWER_JS)], ids=["css", "js"])
def test_an_old_browser_understands_our_own_files(pattern: str, newer: tuple[str, ...]) -> None:
    files = sorted(STATIC.glob(pattern))
    assert files
    found = [(file.name, word) for file in files for word in newer if re.search(word, _bare(file.read_text("utf-8")))]
    assert found == []


def _bare(text: str) -> str:
    """Without comments."""
    return re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", text, flags=re.DOTALL)
