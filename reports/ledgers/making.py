"""Making a ledger: the asker's own scope, the list's own filter, one moment of the database, one file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.http import QueryDict
from django.utils import timezone

from cadres import audit
from cadres.listing import ordered
from reports.ledgers import asking, book
from reports.ledgers.columns import cells, heads
from reports.ledgers.kinds import kind_named
from reports.ledgers.reader import Reader
from reports.models import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from django.http import HttpRequest

    from cadres.models import Cadre

TOLD_EVERY: Final = 500
LOST_RIGHT: Final = "导出人已没有导出这份台账的权限，没有生成。"


class NoRightError(Exception):
    """Whoever asked may not have this ledger, or no longer; the text is a Chinese sentence."""


@dataclass(frozen=True)
class Made:
    """A finished file: how many rows it has, its checksum and size, the filter in words, and whose view it holds."""

    rows: int
    sha256: str
    size: int
    filter_words: str
    scope: str


def make(
    kind: str,
    query: str,
    path: Path,
    *,
    by: Cadre,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Made:
    """Write the ledger that this cadre may have under this query to a file; the caller's transaction is its moment.

    `progress` is told rows done and expected. Raises NoRightError, asking.FilterError or book.FullError; what is at the
    path then is of no use.
    """
    _check(kind, by)
    form, found, reader = asking.form_of(kind, query, by, now), kind_named(kind), Reader(by, now)
    rows = form.narrow(found.rows(form, now), form.cleaned_data)
    total: int = rows.order_by().count()
    columns = found.columns(reader)
    sort = QueryDict(query).get("sort") or found.default_sort
    progress(0, total)
    written = book.write(
        path,
        _heading(kind, form, reader, total),
        heads(columns),
        cells(ordered(rows, sort, found.sorts), columns),
        each=lambda done: progress(done, total) if done % TOLD_EVERY == 0 else None,
    )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Made(written, sha256, path.stat().st_size, asking.in_words(form), scope_of(by))


def scope_of(cadre: Cadre) -> str:
    """What decides what a cadre sees: unit, region, roles, personal data. A file serves only while it is the same."""
    region = cadre.region.code if cadre.region else ""
    seen = "masked" if Reader(cadre, timezone.now()).masked else "unmasked"
    return f"{cadre.department_id or ''}/{region}/{','.join(sorted(cadre.roles))}/{seen}"


def record(kind: str, made: Made | Ledger, *, by: Cadre, request: HttpRequest | None = None) -> None:
    """The audit row of a file that somebody takes: what, under which filter, how many rows, and its checksum."""
    taken = {"ledger": kind, "filter": made.filter_words, "rows": made.rows, "sha256": made.sha256, "scope": made.scope}
    subject = str(Ledger.Kind(kind).label)
    audit.record(audit.Action.DOWNLOAD, cadre=by, subject=subject, detail=taken, request=request)


def _check(kind: str, cadre: Cadre) -> None:
    if not (cadre.is_active and cadre.has_perm(asking.RIGHT) and cadre.has_perm(kind_named(kind).right)):
        raise NoRightError(LOST_RIGHT)


def _heading(kind: str, form: Any, reader: Reader, total: int) -> book.Heading:
    cadre = reader.cadre
    unit = cadre.department.name if cadre.department else ""
    return book.Heading(str(Ledger.Kind(kind).label), str(cadre), unit, reader.now, asking.in_words(form), total)
