"""The snapshot of a bulletin: everything that its page and its workbook show, as it was at one moment.

It is stored as JSON and read back by `Snapshot.from_json`. The fields are a schema: one that changes its meaning gets a
new `SCHEMA` number, and what was stored before is shown as it was: the first schema knew no people, capacity,
electricity, industries and risk levels, the second neither key projects by department nor policies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from reports.indicators import Amounts, Figure, may_be_ranked

SCHEMA: Final = 3
SILENT: Final = "未报"

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A region, park or group on the day and on the day before. `added` and `lost` account for the difference.

    Both are None where the day before has no base to compare with. What was reported in numbers are `amounts` and
    `amounts_before`, as text; `power` is the index of electricity and `power_change` its difference, by the rules of
    their days, "" where there is none; `target`, `gap` and `verdict` judge it by the risk level.
    """

    code: str
    name: str
    base: int = 0
    resumed: int = 0
    full: int = 0
    reported: int = 0
    carried: int = 0
    silent: int = 0
    base_before: int = 0
    resumed_before: int = 0
    added: int | None = None
    lost: int | None = None
    rank: int | None = None
    amounts: dict[str, str] = field(default_factory=dict)
    amounts_before: dict[str, str] = field(default_factory=dict)
    power: str = ""
    power_change: str = ""
    risk: str = ""
    target: str = ""
    gap: str = ""
    verdict: str = ""

    @property
    def sums(self) -> Amounts:
        return Amounts(**{name: Decimal(value) for name, value in self.amounts.items()})

    @property
    def resumption(self) -> Figure:
        return Figure(self.resumed, self.base)

    @property
    def resumption_before(self) -> Figure:
        return Figure(self.resumed_before, self.base_before)

    @property
    def reporting(self) -> Figure:
        return Figure(self.reported, self.base)

    @property
    def points(self) -> Decimal | None:
        """较前一日, in 百分点."""
        return self.resumption.points_above(self.resumption_before)

    @property
    def may_be_ranked(self) -> bool:
        return may_be_ranked(self.reporting)


@dataclass(frozen=True)
class CaseLine:
    """The appeals of a region: what came and was settled since the bulletin before, what is overdue, and the month."""

    code: str
    name: str
    new: int = 0
    settled: int = 0
    overdue: int = 0
    month_in_time: int = 0
    month_due: int = 0

    @property
    def timeliness(self) -> Figure:
        return Figure(self.month_in_time, self.month_due)


@dataclass(frozen=True)
class PolicyLine:
    """How far an item, a department or all of them have come with what enterprises are entitled to.

    `enterprises` are entitled to any of it, `served` of them have received any; the next four count rows of the ledger.
    The amounts are in 元, as text, "" where there is none.
    """

    code: str
    name: str
    department: str = ""
    items: int = 0
    enterprises: int = 0
    served: int = 0
    entitled: int = 0
    declared: int = 0
    granted: int = 0
    outstanding: int = 0
    due: str = ""
    approved: str = ""
    paid: str = ""

    @property
    def coverage(self) -> Figure:
        return Figure(self.served, self.enterprises)

    @property
    def payout(self) -> Figure:
        return Figure(Decimal(self.paid or 0), Decimal(self.approved or 0))


@dataclass(frozen=True)
class NotResumed:
    """An enterprise of the base that has not resumed, or of which nothing is known (未报)."""

    name: str
    credit_code: str
    place: str
    category: str
    state: str
    on: str
    specialist: str
    phone: str


@dataclass(frozen=True)
class NamedCase:
    """A case that the bulletin names: overdue so long that the ladder has reached its highest level."""

    number: str
    title: str
    enterprise: str
    place: str
    lead: str
    due_at: str
    days_overdue: int


@dataclass(frozen=True)
class ListChange:
    """An enterprise that joined the base list or left it on the day."""

    name: str
    credit_code: str
    place: str
    joined: bool
    because: str


@dataclass(frozen=True)
class Snapshot:
    region_code: str
    region_name: str
    region_kind: str
    day: str
    cut_off_at: str
    since: str
    total: Line
    places: list[Line]
    parks: list[Line]
    groups: list[Line]
    changes: list[ListChange]
    not_resumed: list[NotResumed]
    cases: CaseLine
    case_places: list[CaseLine]
    named: list[NamedCase]
    industries: list[Line] = field(default_factory=list)
    trades: list[Line] = field(default_factory=list)
    projects: list[Line] = field(default_factory=list)
    projects_total: Line = field(default_factory=lambda: Line("", ""))
    policies: list[PolicyLine] = field(default_factory=list)
    policy_departments: list[PolicyLine] = field(default_factory=list)
    policies_total: PolicyLine = field(default_factory=lambda: PolicyLine("", ""))
    power: dict[str, str] = field(default_factory=dict)
    power_before: dict[str, str] = field(default_factory=dict)
    schema: int = field(default=SCHEMA)

    @classmethod
    def from_json(cls, stored: Json) -> Snapshot:
        parts = {name: [kind(**one) for one in stored.get(name, ())] for name, kind in LISTS.items()}
        sums = {name: kind(**stored[name]) for name, kind in SUMS.items() if name in stored}
        return cls(**stored | parts | sums)

    def to_json(self) -> Json:
        """As asdict() would, which copies every value of tens of thousands of rows one by one."""
        lists = {name: [vars(one) for one in getattr(self, name)] for name in LISTS}
        return vars(self) | lists | {name: vars(getattr(self, name)) for name in SUMS}

    @property
    def of_day(self) -> date:
        return date.fromisoformat(self.day)

    @property
    def as_of(self) -> datetime:
        return timezone.localtime(datetime.fromisoformat(self.cut_off_at))

    @property
    def as_of_before(self) -> datetime:
        """The cut-off of the bulletin before; appeals are counted from there."""
        return timezone.localtime(datetime.fromisoformat(self.since))

    @property
    def ranked(self) -> list[Line]:
        return [line for line in self.places if line.rank is not None]

    @property
    def unranked(self) -> list[Line]:
        """Regions that have a base and report too little to be ranked."""
        return [line for line in self.places if line.rank is None and line.base]

    @property
    def idle(self) -> list[NotResumed]:
        """Known not to have resumed."""
        return [one for one in self.not_resumed if one.state != SILENT]

    @property
    def silent(self) -> list[NotResumed]:
        return [one for one in self.not_resumed if one.state == SILENT]

    @property
    def power_day(self) -> date | None:
        """Of which day the electricity is; None where there is none."""
        return date.fromisoformat(self.power["day"]) if self.power.get("day") else None


LISTS: Final[dict[str, type[Any]]] = {
    "places": Line,
    "parks": Line,
    "groups": Line,
    "industries": Line,
    "trades": Line,
    "projects": Line,
    "policies": PolicyLine,
    "policy_departments": PolicyLine,
    "changes": ListChange,
    "not_resumed": NotResumed,
    "case_places": CaseLine,
    "named": NamedCase,
}
SUMS: Final[dict[str, type[Any]]] = {
    "total": Line,
    "cases": CaseLine,
    "projects_total": Line,
    "policies_total": PolicyLine,
}
