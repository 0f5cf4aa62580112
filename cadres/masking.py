"""Personal data as everybody may see it: enough to recognise, too little to use."""

from __future__ import annotations

from typing import Final

STARS: Final = "****"
STAR: Final = "*"
SHORTEST_SHOWN: Final = 8  # shorter numbers would be given away by their ends


def masked_phone(number: str) -> str:
    """138****1234."""
    if len(number) < SHORTEST_SHOWN:
        return STARS if number else ""
    return number[:3] + STARS + number[-4:]


def masked_name(name: str) -> str:
    """张*."""
    return name[0] + STAR if name else ""


def unmasked(typed: str, stored: str, masked: str) -> str:
    """What is meant where somebody hands in personal data: the mask itself means what is stored.

    Raises ValueError, with a Chinese sentence, for another mask, which would take the place of what it hides.
    """
    if typed == masked and stored:
        return stored
    if STAR in typed:
        raise ValueError("不能带星号，请填写完整内容；不修改请保持原样")
    return typed
