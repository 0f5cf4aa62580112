"""Lines of a bulletin: a region, park or group on the day beside the day before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from reports.counting.rows import Base, Heads, Key
from reports.indicators import Amounts, PowerDay, index_of, match, ranks
from reports.models import RiskLevel
from reports.snapshot import Line


@dataclass(frozen=True)
class Lines:
    """Lines of the day beside the day before, one per name, counted from what has its key."""

    base: Base

    def by(self, key: Key, names: dict[str, str], risks: dict[str, str] | None = None) -> list[Line]:
        now, then = self.base.now.heads_by(key), self.base.then.heads_by(key)
        added, lost = self.base.added.by(key), self.base.added.back().by(key)
        amounts, before = self.base.now.amounts_by(key), self.base.then.amounts_by(key)
        levels = risks or {}
        return [
            replace(
                _line(code, name, now.get(code, Heads()), then.get(code, Heads()), (added[code], lost[code])),
                **self._numbers(amounts.get(code, Amounts()), before.get(code, Amounts()), levels.get(code, "")),
            )
            for code, name in names.items()
        ]

    def used(self, key: Key, names: dict[str, str]) -> list[Line]:
        """Those that have a base on one of the days."""
        return [line for line in self.by(key, names) if line.base or line.base_before]

    def _numbers(self, amounts: Amounts, before: Amounts, risk: str) -> dict[str, Any]:
        index, index_before = index_of(amounts, self.base.now.power), index_of(before, self.base.then.power)
        judged = match(amounts, risk, self.base.now.power.rule)
        return {
            "amounts": _as_text(amounts),
            "amounts_before": _as_text(before),
            "power": "" if index.value is None else index.text,
            "power_change": _text(index.above(index_before)),
            "risk": risk,
            "target": _text(judged.target),
            "gap": _text(judged.gap),
            "verdict": judged.verdict,
        }


def _text(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def _as_text(amounts: Amounts) -> dict[str, str]:
    """Without needless zeros, so that the same sums are the same text."""
    return {name: f"{Decimal(value).normalize():f}" for name, value in amounts._asdict().items()}


def rule_of(power: PowerDay) -> dict[str, str]:
    """The day of the electricity, and the rule by which it was judged."""
    rule = power.rule
    columns = ("version", "energy_weight", "count_weight", "threshold", "ahead_by")
    targets = {f"target_{colour}": _text(rule.target(colour)) for colour in RiskLevel.Colour.values}
    return {
        "day": power.day.isoformat() if power.day else "",
        **{name: str(getattr(rule, name)) for name in columns},
        **targets,
    }


def _line(code: str, name: str, now: Heads, before: Heads, moves: tuple[int, int]) -> Line:
    base_before, (added, lost) = before.standings.total(), moves
    return Line(
        code=code,
        name=name,
        base=now.standings.total(),
        resumed=now.resumed,
        full=now.count(lambda standing: standing.state == "full"),
        reported=now.count(lambda standing: standing.reported),
        carried=now.count(lambda standing: standing.carried),
        silent=now.count(lambda standing: standing.silent),
        base_before=base_before,
        resumed_before=before.resumed,
        added=added if base_before else None,
        lost=lost if base_before else None,
    )


def ranked(lines: list[Line]) -> list[Line]:
    """By rate; after them what may not be ranked, in the order of codes."""
    placed = ranks(line.resumption.rate or Fraction(0) for line in lines if line.may_be_ranked)
    found = [
        replace(line, rank=placed[line.resumption.rate or Fraction(0)]) if line.may_be_ranked else line
        for line in lines
    ]
    return sorted(found, key=lambda line: (line.rank is None, line.rank or 0))
