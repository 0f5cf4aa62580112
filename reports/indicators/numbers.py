"""Numbers that people sign: rates from counts, their differences, ranks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

DASH: Final = "—"
RANKED_FROM: Final = Fraction(9, 10)  # a region that reports less is shown and not ranked (暂不排名)


class Figure(NamedTuple):
    """So many out of so many, rows or sums over rows. A zero denominator is no rate at all, never 0 % or 100 %."""

    numerator: int | Decimal
    denominator: int | Decimal

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.numerator) / Fraction(self.denominator) if self.denominator else None

    @property
    def text(self) -> str:
        """92.7%, or a dash."""
        return DASH if self.rate is None else f"{rounded(self.rate * 100)}%"

    def points_above(self, before: Figure) -> Decimal | None:
        """The difference of two rates in 百分点, from the counts and not from what was rounded."""
        if self.rate is None or before.rate is None:
            return None
        return rounded((self.rate - before.rate) * 100)


def rounded(value: Fraction, places: int = 1) -> Decimal:
    """To so many decimals, halves away from zero, as people and spreadsheets do."""
    units = floor(abs(value) * 10**places + Fraction(1, 2))
    return Decimal(units if value >= 0 else -units).scaleb(-places)


def may_be_ranked(reporting: Figure) -> bool:
    """A region that reports too little is shown and not ranked."""
    return reporting.rate is not None and reporting.rate >= RANKED_FROM


def ranks(rates: Iterable[Fraction]) -> dict[Fraction, int]:
    """The rank of each rate, the highest first; equal rates share one, and the next rank counts all before it."""
    placed: dict[Fraction, int] = {}
    for place, rate in enumerate(sorted(rates, reverse=True), start=1):
        placed.setdefault(rate, place)
    return placed
