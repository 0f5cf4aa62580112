"""How far the policies have come: what enterprises are entitled to, what of it they have, item by item."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.models import Item
from policies.workflow import Status
from reports import evidence
from reports.counting import asking
from reports.indicators import DECLARED, ENTITLED, GRANTED_ROWS, OUTSTANDING, fulfilments
from reports.snapshot import PolicyLine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from reports.indicators import Scope

SUMS: Final = ("due", "approved", "paid")


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
    columns = ("pk", "enterprise", "item", "standing", *SUMS)
    found = asking.ask({"entitled": source.values_list(*columns)}, _parts(items), sheet.take)
    counts = {item: Counts(*columns) for item, *columns in found["items"]}
    holdings = [Holding(_chosen(items, owed), _chosen(items, served), count) for owed, served, count in found["each"]]
    by_department: defaultdict[int, list[int]] = defaultdict(list)
    for key in counts:
        by_department[items[key].department_id].append(key)
    return Progress(
        _line("", name, counts.values(), _holders(holdings, set(counts))),
        _ordered(
            _line(str(key), _name(items[key]), [counts[key]], _holders(holdings, {key}), items[key].department.name)
            for key in counts
        ),
        _ordered(
            _line(
                str(key), items[some[0]].department.name, [counts[one] for one in some], _holders(holdings, set(some))
            )
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


class Holding(NamedTuple):
    """To which items so many enterprises are entitled, and of which of them they have received any."""

    owed: set[int]
    served: set[int]
    enterprises: int


def _chosen(items: Iterable[int], bits: str) -> set[int]:
    return {key for key, bit in zip(items, bits, strict=True) if bit == "1"}


def _holders(holdings: list[Holding], items: set[int]) -> tuple[int, int]:
    """How many enterprises are entitled to any of the items, and how many of them have received any."""
    entitled = sum(one.enterprises for one in holdings if one.owed & items)
    return entitled, sum(one.enterprises for one in holdings if one.served & items)


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


def _among(codes: frozenset[int]) -> str:
    return f"FILTER (WHERE standing IN ({', '.join(map(str, sorted(codes)))}))"


ITEMS: Final = (
    "SELECT json_build_array(item, COUNT(*),"  # noqa: S608 - our own names
    f" {', '.join(f'COUNT(*) {_among(codes)}' for codes in (DECLARED, GRANTED_ROWS, OUTSTANDING))},"
    f" {', '.join(f'SUM({name})::text' for name in SUMS)})::text FROM entitled GROUP BY item"
)
LINE: Final = evidence.line(
    {
        "row": """'"entitlement"'""",
        "id": "pk",
        "enterprise": "enterprise",
        "item": "item",
        "status": evidence.one_of(Status, "standing + 1"),
        **{name: evidence.amount(name) for name in SUMS},
    }
)


def _parts(items: Collection[int]) -> dict[str, str]:
    """Each enterprise's items as bits in this order, so that it is counted once however items are put together."""
    bits = len(items) or 1
    bit = f"set_bit(0::bit({bits}), array_position(ARRAY[{', '.join(map(str, items))}]::bigint[], item) - 1, 1)"
    each = f"SELECT bit_or({bit}) AS owed, COALESCE(bit_or({bit}) {_among(GRANTED_ROWS)}, 0::bit({bits})) AS served"
    return {
        "items": ITEMS,
        "each": f"SELECT json_build_array(owed, served, COUNT(*))::text FROM ({each} FROM entitled GROUP BY enterprise)"  # noqa: S608
        " AS each GROUP BY owed, served",
        asking.LINES: f"SELECT {LINE} FROM entitled ORDER BY pk",  # noqa: S608
    }
