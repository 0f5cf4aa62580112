"""The chain: each row of the audit log is sealed by a hash of itself and of the seal before it (SHA-256, FIPS 180-4).

A row that is changed no longer fits its seal; one that is taken out leaves a gap in the numbers; one that is put in has
no seal, or breaks the next. Who rewrites the whole chain from there on is found only by a
seal noted down before: the newest stands in the server's log and in every check; `check_audit --expect` compares it.

Rows are written without a seal, in the transaction of their act, and sealed by one task a minute later: whoever sealed
while writing would make all writers wait for each other.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from django.db import connection, transaction
from django.utils import timezone

from cadres.models import AuditCut, AuditRow

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

SEALING: Final = 727_005  # the advisory lock of whoever seals
CUTTING: Final = 727_006  # the advisory lock of whoever cuts, shared by those who walk along the chain
BATCH: Final = 1_000
CHUNK: Final = 2_000
FIELDS: Final = ("pk", "at", "action", "cadre_id", "username", "subject", "detail", "address", "request_id")


class Seal(NamedTuple):
    """A place in the chain; the one before the first row is (0, 64 zeros)."""

    number: int
    digest: str

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        """The seal of a row that has one."""
        return cls(row.number or 0, row.digest)

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


START: Final = Seal(0, "0" * 64)


class BrokenError(Exception):
    """The chain does not hold; the text is a Chinese sentence that names the first broken link."""


class Walk(NamedTuple):
    rows: int
    head: Seal


def seal_waiting() -> int:
    """Seal what was written since the last time, in order of writing; 0 where somebody else is sealing."""
    sealed = 0
    while batch := _seal_batch():
        sealed += batch
        if batch < BATCH:
            break
    return sealed


def head() -> Seal:
    """The newest seal."""
    row = AuditRow.objects.sealed().last()
    return Seal.of(row) if row else beginning()


def beginning() -> Seal:
    """The seal that the first row that is kept builds upon."""
    cut = AuditCut.objects.first()
    return Seal(cut.number, cut.digest) if cut else START


def digest_of(row: AuditRow, before: Seal) -> str:
    """Of the row's own columns as JSON with sorted keys, after the number and digest of the seal before it.

    For whom a deputy acted comes last, and only where one did.
    """
    values: list[Any] = [getattr(row, name) for name in FIELDS]
    values[1] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    if row.on_behalf_of_id is not None:
        values.append(row.on_behalf_of_id)
    text = json.dumps([*before, *values], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def walk(expect: Seal | None = None) -> Walk:
    """Prove the chain from its beginning to its newest seal, at one moment; BrokenError names the first wrong link.

    `expect` is a seal that somebody noted down earlier: it must still stand in its place.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CUTTING])
        last = beginning()
        _check_cut(last)
        if expect is not None and expect.number < last.number:
            raise BrokenError(f"第 {expect.number} 条已到期清理，无法核对所记的封存码，请改用更近的封存码。")
        rows = 0
        for row in AuditRow.objects.sealed().iterator(chunk_size=CHUNK):
            last = _next(row, last)
            rows += 1
            if expect is not None and expect.number == last.number and expect != last:
                raise BrokenError(f"第 {last.number} 条的封存码与所记的不一致：链条从这一条或更早被整体改写。")
    if expect is not None and expect.number > last.number:
        raise BrokenError(f"链条止于第 {last.number} 条，所记的第 {expect.number} 条已不在：末尾的记录被删除。")
    return Walk(rows, last)


def _seal_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALING])
        if not cursor.fetchone()[0]:
            return 0
        seals = list(_seals(head()))
        if not seals:
            return 0
        keys, places, digests = zip(*((pk, *seal) for pk, seal in seals), strict=True)
        cursor.execute(
            "UPDATE cadres_auditrow SET number = new.number, digest = new.digest"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS new (id, number, digest)"
            " WHERE cadres_auditrow.id = new.id",
            [list(keys), list(places), list(digests)],
        )
    logger.info("Audit log sealed up to %s", seals[-1][1])
    return len(seals)


def _seals(last: Seal) -> Iterator[tuple[int, Seal]]:
    for row in AuditRow.objects.unsealed()[:BATCH]:
        last = Seal(last.number + 1, digest_of(row, last))
        yield row.pk, last


def _next(row: AuditRow, last: Seal) -> Seal:
    seal = Seal.of(row)
    if seal.number != last.number + 1:
        gap = (
            f"第 {last.number + 1} 条"
            if seal.number == last.number + 2
            else f"第 {last.number + 1} 至 {seal.number - 1} 条"
        )
        raise BrokenError(f"缺少{gap}：记录被删除。后一条是第 {seal.number} 条（{_words(row)}）。")
    if seal.digest != digest_of(row, last):
        raise BrokenError(f"第 {seal.number} 条与封存时不一致：内容或封存码被改动（{_words(row)}）。")
    return seal


def _check_cut(cut: Seal) -> None:
    """Whoever takes rows away by hand would have to forge the row of the log that tells of it, too."""
    if cut == START:
        return
    told = AuditRow.objects.filter(action=AuditRow.Action.CLEARED, detail__number=cut.number, detail__digest=cut.digest)
    if not told.exists():
        raise BrokenError(f"链条从第 {cut.number + 1} 条开始，但没有清理前 {cut.number} 条的记录：开头的记录被删除。")


def _words(row: AuditRow) -> str:
    return f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S} {row.get_action_display()} {row.username}".rstrip()
