"""Counting a bulletin: the rows of the day and of the day before, read once, and the snapshot made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from enterprises.models import Enterprise
from enterprises.rules import industries
from reports import evidence
from reports.counting import cases, lists, policies, rows
from reports.counting.lines import Lines, ranked, rule_of
from reports.counting.names import names_below
from reports.counting.rows import UNCLEAR
from reports.indicators import PowerDay, Scope, power_days
from reports.models import RiskLevel
from reports.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from cadres.models import Region
    from reports.counting.rows import Kin

__all__ = ["Taken", "take"]

UNKNOWN_INDUSTRY: Final = "未登记行业"


class Taken(NamedTuple):
    """A snapshot with the rows that it was counted from, as evidence."""

    snapshot: Snapshot
    proof: evidence.Evidence


def take(region: Region, day: date, *, cut_off: datetime, before: Scope) -> Taken:
    """Count the day as it stood at the cut-off, beside the day `before`. A bounded number of statements.

    What the largest find is fetched some at a time. The caller provides a transaction that sees one moment.
    """
    scope, sheet = Scope.of_month(region, day, cut_off), evidence.Sheet()
    power, power_before = power_days([scope, before])
    sheet.tell([_heading(scope, power)])
    base = rows.read((scope, power), (before, power_before), sheet)
    lines, names = Lines(base), names_below(region, base.now.heads)
    trades = sorted({kin.trade for kin in base.now.heads} - {""})
    risks = RiskLevel.objects.of_day(day)
    counted = cases.rows(scope, before)
    sheet.tell(map(cases.told, counted))
    case_lines = cases.lines(counted, scope, before, names)
    progress = policies.progress(scope, region.name, sheet)
    snapshot = Snapshot(
        region_code=region.code,
        region_name=region.name,
        region_kind=region.kind,
        day=day.isoformat(),
        cut_off_at=cut_off.isoformat(),
        since=before.until.isoformat(),
        total=lines.by(lambda kin: "", {"": region.name}, {"": risks.get(region.pk, "")})[0],
        places=ranked(lines.by(lambda kin: kin.place, names.places, names.risks(risks))),
        parks=lines.by(lambda kin: names.park_codes.get(kin.park, ""), names.parks, names.risks(risks)),
        groups=lines.used(lambda kin: kin.category, dict(Enterprise.Category.choices)),
        industries=lines.used(lambda kin: kin.industry, {**dict(industries.sections()), "": UNKNOWN_INDUSTRY}),
        trades=lines.used(lambda kin: kin.trade, dict(zip(trades, trades, strict=True))),
        projects=lines.used(lambda kin: kin.department, _departments(base.kins)),
        projects_total=lines.by(lambda kin: "all" if kin.department else "", {"all": "合计"})[0],
        policies=progress.items,
        policy_departments=progress.departments,
        policies_total=progress.total,
        power=rule_of(power),
        power_before=rule_of(base.then.power),
        changes=lists.changes(region, day, names.places),
        not_resumed=lists.not_resumed(base.idle, names.places, day),
        cases=cases.total(region, case_lines),
        case_places=case_lines,
        named=cases.named(scope, names),
    )
    return Taken(snapshot, sheet.end())


def _heading(scope: Scope, power: PowerDay) -> dict[str, Any]:
    """The first line of the evidence."""
    return {
        "row": "bulletin",
        "region": scope.region.code,
        "day": scope.day.isoformat(),
        "cut_off_at": scope.as_of.isoformat(),
        "power": rule_of(power),
    }


def _departments(kins: Iterable[Kin]) -> dict[str, str]:
    """Who answers for key projects, by name; what nobody answers for comes last."""
    names = sorted({kin.department for kin in kins} - {""}, key=lambda name: (name == UNCLEAR, name))
    return {name: name for name in names}
