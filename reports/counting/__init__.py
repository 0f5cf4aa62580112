"""Counting a bulletin: the rows of the day and of the day before, read once, and the snapshot made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from enterprises.models import Enterprise
from enterprises.rules import industries
from reports.counting import cases, lists, policies
from reports.counting.cases import CaseRow
from reports.counting.lines import Lines, ranked, rule_of
from reports.counting.names import names_below
from reports.counting.policies import PolicyRow
from reports.counting.rows import UNCLEAR, Kin, Row, of_day
from reports.indicators import Scope
from reports.models import RiskLevel
from reports.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import date, datetime

    from cadres.models import Region

__all__ = ["CaseRow", "PolicyRow", "Row", "Taken", "take"]

UNKNOWN_INDUSTRY: Final = "未登记行业"


@dataclass(frozen=True)
class Taken:
    """A snapshot with the rows that it was counted from."""

    snapshot: Snapshot
    rows: list[Row]
    cases: list[CaseRow]
    policies: list[PolicyRow]


def take(region: Region, day: date, *, cut_off: datetime, before: Scope) -> Taken:
    """Count the day as it stood at the cut-off, beside the day `before`. A bounded number of statements.

    The caller provides a transaction that sees one moment.
    """
    scope = Scope.of_month(region, day, cut_off)
    now, then = of_day(scope), of_day(before)
    rows, lines = now.rows, Lines(now, then)
    names = names_below(region, rows)
    trades = sorted({kin.trade for kin in now.heads} - {""})
    risks = RiskLevel.objects.of_day(day)
    case_lines = cases.lines(scope, before, names)
    policy_rows = policies.rows(scope)
    progress = policies.progress(policy_rows, region.name)
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
        projects=lines.used(lambda kin: kin.department, _departments([*now.heads, *then.heads])),
        projects_total=lines.by(lambda kin: "all" if kin.department else "", {"all": "合计"})[0],
        policies=progress.items,
        policy_departments=progress.departments,
        policies_total=progress.total,
        power=rule_of(now.power),
        power_before=rule_of(then.power),
        changes=lists.changes(region, day, names.places),
        not_resumed=lists.not_resumed(rows, names.places, day),
        cases=cases.total(region, case_lines),
        case_places=case_lines,
        named=cases.named(scope, names),
    )
    return Taken(snapshot, rows, cases.rows(scope, before), policy_rows)


def _departments(kins: list[Kin]) -> dict[str, str]:
    """Who answers for key projects, by name; what nobody answers for comes last."""
    names = sorted({kin.department for kin in kins} - {""}, key=lambda name: (name == UNCLEAR, name))
    return {name: name for name in names}
