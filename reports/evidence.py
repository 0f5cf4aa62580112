"""Evidence: the rows that a bulletin was counted from, as gzip-compressed JSON lines with a checksum.

The same rows give the same bytes, so that a checksum says something.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from policies.workflow import Status
from reports.indicators import AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.counting import CaseRow, PolicyRow, Row, Taken

COMPRESSION: Final = 6
LINES_AT_ONCE: Final = 2000
ENCODE: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Evidence(NamedTuple):
    content: bytes
    sha256: str


def of(taken: Taken) -> Evidence:
    """Compressed piece by piece, so that a city's rows are never in memory a second time as text."""
    held = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=held, mtime=0) as file:
        lines = _lines(taken)
        while some := list(islice(lines, LINES_AT_ONCE)):
            file.write("".join(f"{ENCODE(values)}\n" for values in some).encode())
    content = held.getvalue()
    return Evidence(content, checksum(content))


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def decoded(content: bytes) -> Iterator[dict[str, Any]]:
    """The lines again, the first of which says what they are evidence of."""
    for line in gzip.decompress(bytes(content)).decode().splitlines():
        yield json.loads(line)


def _lines(taken: Taken) -> Iterator[dict[str, Any]]:
    snapshot = taken.snapshot
    yield {
        "row": "bulletin",
        "region": snapshot.region_code,
        "day": snapshot.day,
        "cut_off_at": snapshot.cut_off_at,
        "power": snapshot.power,
    }
    yield from (_enterprise(row) for row in taken.rows)
    yield from (_case(row) for row in taken.cases)
    yield from (_entitlement(row) for row in taken.policies)


def _enterprise(row: Row) -> dict[str, Any]:
    return {
        "row": "enterprise",
        "id": row.enterprise,
        "name": row.name,
        "credit_code": row.credit_code,
        "place": row.place,
        "park": row.park,
        "category": row.category,
        "industry": row.industry,
        "trade": row.trade,
        **({"department": row.department} if row.department else {}),
        "state": row.standing.state,
        "days_old": row.standing.age,
        **{
            name: f"{Decimal(value).normalize():f}"
            for name, value in zip(AMOUNTS, row.amounts, strict=True)
            if value is not None
        },
    }


def _case(row: CaseRow) -> dict[str, Any]:
    return {
        "row": "case",
        "number": row.number,
        "place": row.place,
        "standing": row.standing,
        "settled_at": row.settled_at.isoformat() if row.settled_at else None,
        "due_at": row.due_at.isoformat(),
    }


def _entitlement(row: PolicyRow) -> dict[str, Any]:
    amounts = {"due": row.due, "approved": row.approved, "paid": row.paid}
    return {
        "row": "entitlement",
        "id": row.fulfilment,
        "enterprise": row.enterprise,
        "item": row.item,
        "status": list(Status)[row.standing],
        **{name: str(amount) for name, amount in amounts.items() if amount is not None},
    }
