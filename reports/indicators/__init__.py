"""The indicators: what each of them means, and every figure together with the rows it was counted from.

Whoever shows a figure asks here.
"""

from reports.indicators.asking import figure_of
from reports.indicators.cases import NAMED_LEVEL, Ending, Openness, cases, named_cases
from reports.indicators.definitions import (
    ATTENDANCE,
    BASE,
    BENEFICIARIES,
    CASES,
    COVERAGE,
    ENTERPRISES,
    FULFILMENTS,
    INDICATORS,
    MEASURED,
    NEW_APPEALS,
    OPEN_CASES,
    OUTSTANDING_ROWS,
    PAYOUT,
    POLICY_COVERAGE,
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
from reports.indicators.electricity import PowerDay, PowerIndex, index, power_day, power_days
from reports.indicators.fulfilments import ADDS, DECLARED, ENTITLED, GRANTED_ROWS, OUTSTANDING, fulfilments, paid_out
from reports.indicators.keeping import keep_days, keep_moments
from reports.indicators.kept import Day, Known, attendance_of, days_of, moments_of
from reports.indicators.matching import Match, match
from reports.indicators.measures import AMOUNTS, Amounts, Measures, index_of, measure, with_amounts
from reports.indicators.numbers import DASH, RANKED_FROM, Figure, may_be_ranked, ranks, rounded
from reports.indicators.places import place_below
from reports.indicators.scopes import Scope, midnight
from reports.indicators.standings import STANDINGS, Standing
from reports.indicators.tallying import Cell, Tally, carried, tallies, tally
from reports.models.days import FRESH_DAYS

__all__ = [
    "ADDS",
    "AMOUNTS",
    "ATTENDANCE",
    "BASE",
    "BENEFICIARIES",
    "CASES",
    "COVERAGE",
    "DASH",
    "DECLARED",
    "ENTERPRISES",
    "ENTITLED",
    "FRESH_DAYS",
    "FULFILMENTS",
    "GRANTED_ROWS",
    "INDICATORS",
    "MEASURED",
    "NAMED_LEVEL",
    "NEW_APPEALS",
    "OPEN_CASES",
    "OUTSTANDING",
    "OUTSTANDING_ROWS",
    "PAYOUT",
    "POLICY_COVERAGE",
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
    "Day",
    "Ending",
    "Figure",
    "Indicator",
    "Known",
    "Match",
    "Meaning",
    "Measures",
    "Openness",
    "Population",
    "PowerDay",
    "PowerIndex",
    "Scope",
    "Standing",
    "Tally",
    "Weighed",
    "attendance_of",
    "carried",
    "cases",
    "days_of",
    "figure_of",
    "fulfilments",
    "index",
    "index_of",
    "keep_days",
    "keep_moments",
    "match",
    "may_be_ranked",
    "measure",
    "midnight",
    "moments_of",
    "named_cases",
    "paid_out",
    "place_below",
    "power_day",
    "power_days",
    "ranks",
    "rounded",
    "tallies",
    "tally",
    "with_amounts",
]
