"""How large what is how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Size:
    """How many there are to be, those of the small city counted in. `towns` are those of one district."""

    districts: int
    towns: int
    enterprises: int
    cadres: int
    appeals: int
    visits: int
    fulfilments: int
    statuses: int


CITY: Final = Size(
    districts=12,
    towns=12,
    enterprises=100_000,
    cadres=5_000,
    appeals=200_000,
    visits=300_000,
    fulfilments=400_000,
    statuses=2_400_000,
)
METRO: Final = Size(
    districts=30,
    towns=24,
    enterprises=1_000_000,
    cadres=50_000,
    appeals=2_000_000,
    visits=3_000_000,
    fulfilments=4_000_000,
    statuses=24_000_000,
)
SIZES: Final = {"city": CITY, "metro": METRO}
