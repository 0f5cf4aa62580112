"""Which days are off: the announced years, and what the law alone says of years that are not announced yet."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from borax.calendars.lunardate import LunarDate, TermUtils
from chinese_calendar.constants import Holiday as Festival
from chinese_calendar.constants import holidays, workdays

if TYPE_CHECKING:
    from collections.abc import Container

FESTIVALS: Final[dict[str, str]] = {
    Festival.new_years_day.value: "元旦",
    Festival.spring_festival.value: "春节",
    Festival.tomb_sweeping_day.value: "清明节",
    Festival.labour_day.value: "劳动节",
    Festival.dragon_boat_festival.value: "端午节",
    Festival.mid_autumn_festival.value: "中秋节",
    Festival.national_day.value: "国庆节",
    Festival.anti_fascist_70th_day.value: "抗战胜利纪念日",
}

LUNAR_YEARS: Final = range(1901, 2100)
"""The years whose lunar dates and solar terms borax knows."""

QINGMING: Final = 6
"""The place of 清明 among the 24 solar terms, counted from 小寒 as 0."""


class SeedRow(NamedTuple):
    """A row of the holiday table; the fields are those of `workflow.models.Holiday`."""

    day: date
    kind: str
    name: str


def seed_rows(years: Container[int] | None = None) -> list[SeedRow]:
    """The announced days off and shifted working days of these years (all known ones if None), in order of date."""
    rows = [SeedRow(day, kind, FESTIVALS[name]) for kind, days in _announced() for day, name in days.items()]
    return sorted(row for row in rows if years is None or row.day.year in years)


def _announced() -> tuple[tuple[str, dict[date, str]], ...]:
    return ("rest", holidays), ("work", workdays)


def proves_announced(day: date) -> bool:
    """Every announcement of the State Council names National Day, so a table that holds it holds that year.

    A single row would not do: the announcement of one year reaches into the last days of the year before, and a
    special day off may be decreed long before the rest is known.
    """
    return (day.month, day.day) == (10, 1)


@lru_cache(maxsize=256)
def statutory_holidays(year: int) -> frozenset[date]:
    """The 13 days of 全国年节及纪念日放假办法 (as of 2025), before anything that an announcement shifts.

    Outside LUNAR_YEARS only the days with a fixed date.
    """
    fixed = {date(year, 1, 1), date(year, 5, 1), date(year, 5, 2)} | {date(year, 10, day) for day in (1, 2, 3)}
    return frozenset(fixed | _lunar_holidays(year)) if year in LUNAR_YEARS else frozenset(fixed)


def _lunar_holidays(year: int) -> set[date]:
    """New Year's Eve to the third day of the first month, Qingming, Dragon Boat and Mid-Autumn Festival."""
    spring = _lunar_date(year, 1, 1)
    return {
        *(spring + timedelta(days=offset) for offset in range(-1, 3)),
        TermUtils.nth_term_day(year, QINGMING),
        _lunar_date(year, 5, 5),
        _lunar_date(year, 8, 15),
    }


def _lunar_date(year: int, month: int, day: int) -> date:
    solar: date = LunarDate(year, month, day).to_solar_date()
    return solar
