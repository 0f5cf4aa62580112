"""The enterprises of the base on a day and on the day before, read and counted with one statement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Concat, Left

from cadres.models import Region
from enterprises.models import Assignment, Contact, Enterprise
from reports import evidence
from reports.counting import asking
from reports.indicators import (
    AMOUNTS,
    ENTERPRISES,
    STANDINGS,
    Amounts,
    PowerDay,
    Scope,
    Standing,
    place_below,
    with_amounts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

UNCLEAR: Final = "未明确责任部门"
RESUMED: Final = frozenset(standing.code for standing in STANDINGS if standing.resumed)
SILENT: Final = Standing(None, None).code
# In the order of their codes, the lowest of which is that of silence.
BY_CODE: Final = sorted(STANDINGS, key=lambda standing: standing.code)


class Kin(NamedTuple):
    """By what enterprises are put together.

    `department` answers for a key project (重点工程): its name, UNCLEAR where nobody does; "" for other enterprises.
    """

    place: str
    park: int | None
    category: str
    industry: str
    trade: str
    department: str


Key = Callable[[Kin], str]


class Idle(NamedTuple):
    """An enterprise that has not resumed, with whom to ask."""

    enterprise: int
    name: str
    credit_code: str | None
    place: str
    category: str
    standing: Standing
    phone: str
    specialists: list[str]


@dataclass
class Heads:
    """How many enterprises stand how."""

    standings: Counter[Standing] = field(default_factory=Counter)

    def count(self, counts: Callable[[Standing], bool]) -> int:
        return sum(number for standing, number in self.standings.items() if counts(standing))

    @property
    def resumed(self) -> int:
        return self.count(lambda standing: standing.resumed)


@dataclass(frozen=True)
class Day:
    """Heads of one day, and what was reported in numbers, for those that are always put together."""

    heads: dict[Kin, Heads]
    sums: dict[Kin, Amounts]
    power: PowerDay

    def heads_by(self, key: Key) -> dict[str, Heads]:
        found: defaultdict[str, Heads] = defaultdict(Heads)
        for kin, heads in self.heads.items():
            found[key(kin)].standings.update(heads.standings)
        return found

    def amounts_by(self, key: Key) -> dict[str, Amounts]:
        found: defaultdict[str, Amounts] = defaultdict(Amounts)
        for kin, amounts in self.sums.items():
            found[key(kin)] = found[key(kin)].plus(amounts)
        return found


@dataclass(frozen=True)
class Moves:
    """How many enterprises had resumed as what kin on one day and as what on the other; None: had not."""

    counts: list[tuple[Kin | None, Kin | None, int]]

    def by(self, key: Key) -> Counter[str]:
        """How many had resumed under a name on the first of the days, and had not under the same on the other."""
        found: Counter[str] = Counter()
        for here, there, count in self.counts:
            if here is not None and (there is None or key(here) != key(there)):
                found[key(here)] += count
        return found

    def back(self) -> Moves:
        """The other way round."""
        return Moves([(there, here, count) for here, there, count in self.counts])


@dataclass(frozen=True)
class Base:
    """The base on the day, `then` on the day before, what changed, and who has not resumed, by place and key."""

    now: Day
    then: Day
    added: Moves
    idle: list[Idle]

    @property
    def kins(self) -> set[Kin]:
        return self.now.heads.keys() | self.then.heads.keys()


def read(now: tuple[Scope, PowerDay], then: tuple[Scope, PowerDay], sheet: evidence.Sheet) -> Base:
    """One statement for the day and the day before, each with the day of its electricity. Lines go on the sheet."""
    (scope, power), (_, power_before) = now, then
    sources = {
        "here": _rows(*now),
        "there": _rows(*then),
        "phones": Contact.objects.main().values_list("enterprise", "phone"),
        "people": Assignment.objects.active(scope.day).specialists().values_list("pk", "enterprise", "cadre__name"),
    }
    found = asking.ask(sources, PARTS, sheet.take)
    return Base(
        _day(found["now"], power),
        _day(found["before"], power_before),
        Moves([(_kin(here), _kin(there), count) for here, there, count in found["moves"]]),
        [_idle(*columns) for columns in found["idle"]],
    )


def _rows(scope: Scope, power: PowerDay) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = (
        with_amounts(ENTERPRISES.rows(scope), scope, power)
        .annotate(
            name=F("enterprise__name"),
            credit_code=F("enterprise__credit_code"),
            path=F("region__path"),
            place=place_below(scope.region, ENTERPRISES.path),
            category=F("enterprise__category"),
            industry=Left("enterprise__industry", 1),
            trade=F("enterprise__industry_group"),
            department=_department(),
        )
        .values_list("enterprise", "name", "credit_code", "region", "path", *Kin._fields, "standing", *AMOUNTS)
    )
    return rows


def _department() -> Case:
    """With its region, where the city's other districts have departments of the same name."""
    name, region = "enterprise__responsible__name", "enterprise__responsible__region__name"
    plain = Q(enterprise__responsible__region__kind=Region.Kind.CITY) | Q((f"{name}__startswith", F(region)))
    return Case(
        When(~Q(enterprise__kind=Enterprise.Kind.PROJECT), then=Value("")),
        When(enterprise__responsible=None, then=Value(UNCLEAR)),
        When(plain, then=F(name)),
        default=Concat(region, name),
        output_field=TextField(),
    )


def _day(rows: Iterable[list[Any]], power: PowerDay) -> Day:
    heads: defaultdict[Kin, Heads] = defaultdict(Heads)
    sums: defaultdict[Kin, Amounts] = defaultdict(Amounts)
    for kin, standing, count, amounts in rows:
        key = Kin._make(kin)
        heads[key].standings[Standing.of(standing)] += count
        sums[key] = sums[key].plus(Amounts._make(None if one is None else Decimal(one) for one in amounts))
    return Day(dict(heads), dict(sums), power)


def _kin(columns: list[Any] | None) -> Kin | None:
    return None if columns is None else Kin._make(columns)


def _idle(enterprise: int, name: str, code: str | None, place: str, category: str, *others: Any) -> Idle:
    standing, phone, specialists = others
    return Idle(
        enterprise, name, code, place, category, Standing.of(standing), phone or "", list(dict.fromkeys(specialists))
    )


# --- SQL of what is taken from them: `here` are the rows of the day, `there` those of the day before ---------------

IS_RESUMED: Final = f"standing IN ({', '.join(map(str, sorted(RESUMED)))})"
KIN: Final = ", ".join(Kin._fields)


def _tally_part(source: str) -> str:
    sums = ", ".join(f"SUM({name})" for name in AMOUNTS)
    told = f"json_build_array(json_build_array({KIN}), standing, COUNT(*), json_build_array({sums}))::text"
    return f"SELECT {told} FROM {source} GROUP BY {KIN}, standing"  # noqa: S608 - our own names


def _moves_part() -> str:
    """What differs between those that had resumed on the one day and on the other."""
    ours, theirs = ([f"{side}.{name}" for name in Kin._fields] for side in "ab")
    # No place is NULL but that of a row which is not there.
    kins = (f"CASE WHEN {kin[0]} IS NOT NULL THEN json_build_array({', '.join(kin)}) END" for kin in (ours, theirs))
    both = (
        f"(SELECT enterprise, {KIN} FROM here WHERE {IS_RESUMED}) AS a"  # noqa: S608 - our own names
        f" FULL JOIN (SELECT enterprise, {KIN} FROM there WHERE {IS_RESUMED}) AS b USING (enterprise)"
    )
    differ = f"({', '.join(ours)}) IS DISTINCT FROM ({', '.join(theirs)})"
    return (
        f"SELECT json_build_array({', '.join(kins)}, COUNT(*))::text FROM {both} WHERE {differ}"  # noqa: S608
        f" GROUP BY {', '.join([*ours, *theirs])}"
    )


def _idle_part() -> str:
    """Known ones before silent ones, and whom to ask of each."""
    idle = f"(SELECT * FROM here WHERE NOT {IS_RESUMED}) AS idle"  # noqa: S608 - our own names
    names = f"SELECT enterprise, json_agg(cadre__name ORDER BY pk) AS names FROM people JOIN {idle} USING (enterprise)"  # noqa: S608
    columns = "enterprise, name, credit_code, place, category, standing, phone, COALESCE(names, '[]'::json)"
    told = f"string_agg(json_build_array({columns})::text, ',' ORDER BY standing = {SILENT}, path, enterprise)"
    return (
        f"SELECT {told} FROM {idle} LEFT JOIN phones USING (enterprise)"  # noqa: S608
        f" LEFT JOIN ({names} GROUP BY enterprise) AS people USING (enterprise)"
    )


def _line() -> str:
    """A line of evidence."""
    texts = {name: evidence.text(name) for name in ("name", "category", "industry", "trade")}
    place = f"standing + {1 - SILENT}"
    return evidence.line(
        "enterprise",
        texts
        | {
            "id": "enterprise",
            "place": evidence.plain("place"),
            "credit_code": evidence.or_null(evidence.text("credit_code")),
            "park": evidence.or_null("park::text"),
            "department": evidence.text("NULLIF(department, '')"),
            "state": evidence.one_of((standing.state for standing in BY_CODE), place),
            "days_old": evidence.one_of((standing.age for standing in BY_CODE), place),
        }
        | {name: evidence.exact(name) for name in AMOUNTS},
    )


PARTS: Final = {
    "now": _tally_part("here"),
    "before": _tally_part("there"),
    "moves": _moves_part(),
    "idle": _idle_part(),
    asking.LINES: f"SELECT {evidence.lines(_line(), 'enterprise')} FROM here GROUP BY region ORDER BY min(path)",  # noqa: S608
}
