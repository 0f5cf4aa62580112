"""How far the policies have come: what enterprises are entitled to, what of it they have, item by item."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from policies.models import Item
from policies.workflow import Status
from reports import evidence
from reports.counting import asking
from reports.indicators import ADDS, DECLARED, ENTITLED, GRANTED_ROWS, OUTSTANDING, fulfilments
from reports.snapshot import PolicyLine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from reports.indicators import Scope


class Progress(NamedTuple):
    """All of it, by item, and by responsible department."""

    total: PolicyLine
    items: list[PolicyLine]
    departments: list[PolicyLine]


def progress(scope: Scope, name: str, sheet: evidence.Sheet) -> Progress:
    """What most is outstanding of comes first; a line of each entitlement goes on the sheet.

    An entitlement is that of one enterprise to one item in one period. Two statements, of which one is for the names.
    """
    items = {one.pk: one for one in Item.objects.select_related("policy", "department__region").order_by("pk")}
    source = fulfilments(scope).filter(standing__in=ENTITLED)
    columns = ("pk", "enterprise", "item", "standing", *(amount for _, amount in ADDS.values()))
    found = asking.ask({"entitled": source.values_list(*columns)}, _parts(items), sheet.take)
    counts = {item: Counts(*columns) for item, *columns in found["items"]}
    holdings = Holdings.of(items, found["each"])
    by_department: defaultdict[int, list[int]] = defaultdict(list)
    for key in counts:
        by_department[items[key].department_id].append(key)
    return Progress(
        _line("", name, counts.values(), holdings.among(counts)),
        _ordered(
            _line(str(key), _name(items[key]), [counts[key]], holdings.among([key]), items[key].department.name)
            for key in counts
        ),
        _ordered(
            _line(str(key), items[some[0]].department.name, [counts[one] for one in some], holdings.among(some))
            for key, some in by_department.items()
        ),
    )


class Counts(NamedTuple):
    """Rows of an item, and sums of money in 元, None where nothing has an amount."""

    entitled: int
    declared: int
    granted: int
    outstanding: int
    due: str | None
    approved: str | None
    paid: str | None


class Holdings(NamedTuple):
    """How many enterprises are entitled to which items, and how many have received any of which.

    Items are a bit each, the first of them the highest.
    """

    items: list[int]
    owed: list[tuple[int, int]]
    served: list[tuple[int, int]]

    @classmethod
    def of(cls, items: Iterable[int], found: list[tuple[str | None, str | None, int]]) -> Self:
        """`found` has either of the two at a time."""
        owed = [(int(bits, 2), enterprises) for bits, _, enterprises in found if bits is not None]
        served = [(int(bits, 2), enterprises) for _, bits, enterprises in found if bits is not None]
        return cls(list(items), owed, served)

    def among(self, some: Collection[int]) -> tuple[int, int]:
        """How many enterprises are entitled to any of these items, and how many of them have received any."""
        chosen = int("".join("01"[item in some] for item in self.items) or "0", 2)
        owed, served = (sum([n for bits, n in counts if bits & chosen]) for counts in (self.owed, self.served))
        return owed, served


def _name(item: Item) -> str:
    return item.name if item.name == item.policy.title else f"{item.policy.title}：{item.name}"


def _ordered(lines: Iterable[PolicyLine]) -> list[PolicyLine]:
    return sorted(lines, key=lambda line: (-line.outstanding, line.name, line.code))


def _line(
    code: str, name: str, counts: Collection[Counts], holders: tuple[int, int], department: str = ""
) -> PolicyLine:
    columns = zip(*counts, strict=True) if counts else ((),) * len(Counts._fields)
    entitled, declared, granted, outstanding, *sums = map(list, columns)
    due, approved, paid = (_sum(amounts) for amounts in sums)
    return PolicyLine(
        code=code,
        name=name,
        department=department,
        items=len(counts),
        enterprises=holders[0],
        served=holders[1],
        entitled=sum(entitled),
        declared=sum(declared),
        granted=sum(granted),
        outstanding=sum(outstanding),
        due=due,
        approved=approved,
        paid=paid,
    )


def _sum(amounts: Iterable[str | None]) -> str:
    """As text; "" where nothing has an amount."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return str(sum(known)) if known else ""


# --- SQL of what is taken from the entitled rows -------------------------------------------------------------------


def _listed(codes: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(codes)))


def _among(codes: frozenset[int]) -> str:
    return f"FILTER (WHERE standing IN ({_listed(codes)}))"


SUMS: Final = {
    name: f"CASE WHEN standing IN ({_listed(codes)}) THEN {amount} END" for name, (codes, amount) in ADDS.items()
}
ITEMS: Final = (
    "SELECT json_build_array(item, COUNT(*),"  # noqa: S608 - our own names
    f" {', '.join(f'COUNT(*) {_among(codes)}' for codes in (DECLARED, GRANTED_ROWS, OUTSTANDING))},"
    f" {', '.join(f'SUM({sql})::text' for sql in SUMS.values())})::text FROM entitled GROUP BY item"
)
AT_ONCE: Final = "pk / 4096"
LINE: Final = evidence.line(
    "entitlement",
    {
        "id": "pk",
        "enterprise": "enterprise",
        "item": "item",
        "status": evidence.one_of(Status, "standing + 1"),
        **{name: evidence.plain(f"({sql})") for name, sql in SUMS.items()},
    },
)


def _parts(items: Collection[int]) -> dict[str, str]:
    """Each enterprise's items as bits in this order, so that it is counted once however items are put together.

    Bits are grouped by as texts, which PostgreSQL can hash.
    """
    nothing = f"0::bit({len(items) or 1})"
    listed = f"unnest(ARRAY[{', '.join(map(str, items))}]::bigint[]) WITH ORDINALITY AS listed (item, place)"
    bits = f"SELECT item, set_bit({nothing}, place::int - 1, 1) AS bit FROM {listed} OFFSET 0"  # noqa: S608 - numbers
    served = f"COALESCE(bit_or(bit) {_among(GRANTED_ROWS)}, {nothing})"
    each = (
        f"SELECT bit_or(bit)::text AS owed, {served}::text AS served"  # noqa: S608
        f" FROM entitled JOIN ({bits}) AS bits USING (item) GROUP BY enterprise"
    )
    return {
        "items": ITEMS,
        "each": f"SELECT json_build_array(owed, served, COUNT(*))::text FROM ({each}) AS each"  # noqa: S608
        " GROUP BY GROUPING SETS ((owed), (served))",
        asking.LINES: f"SELECT {evidence.lines(LINE, 'pk')} FROM entitled GROUP BY {AT_ONCE} ORDER BY {AT_ONCE}",  # noqa: S608
    }
