"""The indicators: what each of them means, and every figure together with the rows it was counted from.

Whoever shows a figure asks here.
"""

from reports.indicators.asking import figure_of
from reports.indicators.cases import NAMED_LEVEL, Ending, cases, named_cases
from reports.indicators.definitions import (
    ATTENDANCE,
    BASE,
    CASES,
    COVERAGE,
    ENTERPRISES,
    INDICATORS,
    MEASURED,
    NEW_APPEALS,
    POWER,
    REPORTING,
    RESUMPTION,
    TIMELINESS,
    TO_BE_COVERED,
    UTILISATION,
    VISITED_RATE,
    Indicator,
    Meaning,
    Population,
    Weighed,
)
from reports.indicators.electricity import PowerDay, PowerIndex, index, power_day
from reports.indicators.matching import Match, match
from reports.indicators.measures import AMOUNTS, Amounts, Measures, index_of, measure, with_amounts
from reports.indicators.numbers import DASH, RANKED_FROM, Figure, may_be_ranked, ranks, rounded
from reports.indicators.places import place_below
from reports.indicators.scopes import Scope, midnight
from reports.indicators.standings import FRESH_DAYS, STANDINGS, Standing
from reports.indicators.tallying import Cell, Tally, carried, tally

__all__ = [
    "AMOUNTS",
    "ATTENDANCE",
    "BASE",
    "CASES",
    "COVERAGE",
    "DASH",
    "ENTERPRISES",
    "FRESH_DAYS",
    "INDICATORS",
    "MEASURED",
    "NAMED_LEVEL",
    "NEW_APPEALS",
    "POWER",
    "RANKED_FROM",
    "REPORTING",
    "RESUMPTION",
    "STANDINGS",
    "TIMELINESS",
    "TO_BE_COVERED",
    "UTILISATION",
    "VISITED_RATE",
    "Amounts",
    "Cell",
    "Ending",
    "Figure",
    "Indicator",
    "Match",
    "Meaning",
    "Measures",
    "Population",
    "PowerDay",
    "PowerIndex",
    "Scope",
    "Standing",
    "Tally",
    "Weighed",
    "carried",
    "cases",
    "figure_of",
    "index",
    "index_of",
    "match",
    "may_be_ranked",
    "measure",
    "midnight",
    "named_cases",
    "place_below",
    "power_day",
    "ranks",
    "rounded",
    "tally",
    "with_amounts",
]
