"""How far the policies have come: what enterprises are entitled to, what of it they have, item by item."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from policies.models import Item
from reports.indicators import DECLARED, ENTITLED, GRANTED_ROWS, OUTSTANDING, fulfilments
from reports.snapshot import PolicyLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reports.indicators import Scope


class PolicyRow(NamedTuple):
    """One entitlement of one enterprise (item and period), as it was counted; amounts in 元, None where it has none."""

    fulfilment: int
    enterprise: int
    item: int
    standing: int
    due: Decimal | None
    approved: Decimal | None
    paid: Decimal | None


def rows(scope: Scope) -> list[PolicyRow]:
    """One statement."""
    entitled = fulfilments(scope).filter(standing__in=ENTITLED).order_by("pk")
    columns = ("pk", "enterprise", "item", "standing", "due", "approved", "paid")
    return [PolicyRow._make(values) for values in entitled.values_list(*columns)]


class Progress(NamedTuple):
    """All of it, by item, and by responsible department."""

    total: PolicyLine
    items: list[PolicyLine]
    departments: list[PolicyLine]


def progress(found: list[PolicyRow], name: str) -> Progress:
    """What most is outstanding of comes first. One statement more, for the names."""
    keys = {row.item for row in found}
    items = {one.pk: one for one in Item.objects.filter(pk__in=keys).select_related("policy", "department__region")}
    by_item = [
        _line(str(key), _name(items[key]), part, items[key].department.name)
        for key, part in _parted(found, lambda row: row.item).items()
    ]
    by_department = [
        _line(str(key), items[part[0].item].department.name, part)
        for key, part in _parted(found, lambda row: items[row.item].department_id).items()
    ]
    return Progress(_line("", name, found), _ordered(by_item), _ordered(by_department))


def _name(item: Item) -> str:
    return item.name if item.name == item.policy.title else f"{item.policy.title}：{item.name}"


def _parted(found: Iterable[PolicyRow], key: Callable[[PolicyRow], int]) -> dict[int, list[PolicyRow]]:
    parts: defaultdict[int, list[PolicyRow]] = defaultdict(list)
    for row in found:
        parts[key(row)].append(row)
    return parts


def _ordered(lines: list[PolicyLine]) -> list[PolicyLine]:
    return sorted(lines, key=lambda line: (-line.outstanding, line.name, line.code))


def _line(code: str, name: str, part: list[PolicyRow], department: str = "") -> PolicyLine:
    return PolicyLine(
        code=code,
        name=name,
        department=department,
        items=len({row.item for row in part}),
        enterprises=len({row.enterprise for row in part}),
        served=len({row.enterprise for row in part if row.standing in GRANTED_ROWS}),
        entitled=len(part),
        declared=sum(row.standing in DECLARED for row in part),
        granted=sum(row.standing in GRANTED_ROWS for row in part),
        outstanding=sum(row.standing in OUTSTANDING for row in part),
        due=_sum(row.due for row in part),
        approved=_sum(row.approved for row in part),
        paid=_sum(row.paid for row in part),
    )


def _sum(amounts: Iterable[Decimal | None]) -> str:
    """As text; "" where nothing has an amount."""
    known = [amount for amount in amounts if amount is not None]
    return str(sum(known)) if known else ""
