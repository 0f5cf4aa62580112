"""Personal data as everybody may see it: enough to recognise, too little to use."""

from __future__ import annotations

from typing import Final

STARS: Final = "****"
SHORTEST_SHOWN: Final = 8  # shorter numbers would be given away by their ends


def masked_phone(number: str) -> str:
    """138****1234."""
    if len(number) < SHORTEST_SHOWN:
        return STARS if number else ""
    return number[:3] + STARS + number[-4:]


def masked_name(name: str) -> str:
    """张*."""
    return f"{name[0]}*" if name else ""
