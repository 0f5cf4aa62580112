"""五色匹配: does what a region draws go with its risk level?"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from reports.indicators.numbers import rounded
from reports.models import RiskLevel

if TYPE_CHECKING:
    from decimal import Decimal

    from reports.indicators.measures import Amounts
    from reports.models import PowerRule

BEHIND, AHEAD, MATCHING = "滞后", "超前", "匹配"

ORANGE: Final = RiskLevel.Colour.ORANGE


class Match(NamedTuple):
    """The target of a risk level in percent, how far what is drawn lies above it in 百分点, and what that means."""

    target: Decimal | None = None
    gap: Decimal | None = None
    verdict: str = ""


def match(amounts: Amounts, colour: str, rule: PowerRule) -> Match:
    """Actual = the day's kWh ÷ baseline kWh. Nothing is said without a target, or where no electricity is known."""
    target = rule.target(colour)
    if target is None or not amounts.metered or not amounts.baseline:
        return Match(target)
    gap = Fraction(amounts.drawn) / Fraction(amounts.baseline) * 100 - Fraction(target)
    if gap < 0:
        return Match(target, rounded(gap), BEHIND)
    ahead = colour == ORANGE and gap > Fraction(rule.ahead_by)
    return Match(target, rounded(gap), AHEAD if ahead else MATCHING)
