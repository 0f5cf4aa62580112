"""One figure of one scope, whatever kind it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.indicators.definitions import ATTENDANCE, PAYOUT, UTILISATION, Indicator, Weighed
from reports.indicators.fulfilments import paid_out
from reports.indicators.measures import Measures, measure
from reports.indicators.tallying import tally

if TYPE_CHECKING:
    from reports.indicators.electricity import PowerIndex
    from reports.indicators.numbers import Figure
    from reports.indicators.scopes import Scope


def figure_of(indicator: Indicator | Weighed, scope: Scope) -> Figure | PowerIndex:
    if indicator is PAYOUT:
        return paid_out(scope)
    if isinstance(indicator, Weighed):
        return weighed(indicator, measure(scope))
    return tally(indicator.population, scope).figure(indicator)


def weighed(indicator: Weighed, measures: Measures) -> Figure | PowerIndex:
    if indicator is ATTENDANCE:
        return measures.amounts().attendance
    return measures.amounts().utilisation if indicator is UTILISATION else measures.index()
