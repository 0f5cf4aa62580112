"""The one machinery of imports: headers, cells, rows, decisions, and writing if it is meant."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction

from cadres.fetching import nothing_collected
from cadres.search import normalise
from reports.imports.cells import FAULTS, KEEP, NO_VALUE, CellError
from reports.imports.kinds import kind_named
from reports.imports.parsing.worksheet import letters
from reports.imports.reading import SheetRow, UnreadableError, read
from reports.imports.rows import Decision, Fault, Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from reports.imports.cells import Column
    from reports.imports.reading import Cell
    from reports.imports.rows import Kind, Situation

PREVIEWED: Final = 20
CELLS_PREVIEWED: Final = 6
# Two imports of one kind never write at the same time: the second decides after the first has committed.
LOCK: Final = 0x7A71


@dataclass
class Report:
    """What an import found or did. Every row that isn't blank is counted once, under its verdict or as faulty."""

    counts: Counter[str] = field(default_factory=Counter)
    faulty: int = 0
    previewed: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        return self.counts[Verdict.ADDED]

    @property
    def updated(self) -> int:
        return self.counts[Verdict.UPDATED]

    @property
    def unchanged(self) -> int:
        return self.counts[Verdict.UNCHANGED]

    @property
    def total(self) -> int:
        return self.counts.total() + self.faulty

    def __str__(self) -> str:
        return f"新增 {self.added}，更新 {self.updated}，未变 {self.unchanged}，错误 {self.faulty}"


def run(
    name: str,
    path: Path,
    filename: str,
    situation: Situation,
    *,
    faults: Callable[[list[Fault]], None],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Check a file and, if the situation is one of writing, write its good rows: all of them, or none on an error.

    `faults` is given every fault, batch by batch, `progress` rows done and expected. Raises UnreadableError if the
    file as a whole can't be taken. Without writing nothing in the database is changed or locked.
    """
    kind, report = kind_named(name)(situation), Report()
    with transaction.atomic(), read(path, filename) as sheet:
        if situation.writing:
            _lock(name)
        columns = _columns(kind, next(sheet.rows, None))
        report.remarks += _about_missing(kind, columns)
        headers = [column.header for column in columns]
        for batch in _ahead(_batches(kind, sheet.rows, columns)):
            with nothing_collected():
                decisions = kind.decide(batch)
                faults([fault for row in batch for fault in _sorted(row.faults, headers)])
                if situation.writing:
                    kind.write([each for each in decisions if each.verdict != Verdict.UNCHANGED])
            _add(report, batch, decisions, kind)
            progress(report.total, max(sheet.last_row - 1, report.total))
    if not report.total:
        raise UnreadableError("只有表头，没有数据。请填写后再导入。")
    report.remarks += kind.remarks(report.added)
    return report


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, name])


def _columns(kind: Kind, header: SheetRow | None) -> list[Column]:
    """The columns of a sheet in its own order; UnreadableError in words if they aren't the template's."""
    if header is None:
        raise UnreadableError("文件里没有内容。请按模板填写后再导入。")
    known = known_columns(kind)
    names = [_header(cell, header.number, place) for place, cell in enumerate(_trimmed(header.cells), start=1)]
    found = [known.get(plain(name)) for name in names]
    missing = [column.header for column in kind.columns if column.required and column not in found]
    problems = []
    if unknown := [name for name, column in zip(names, found, strict=True) if column is None]:
        problems.append(f"多出模板里没有的列：{_listed(unknown)}")
    if missing:
        problems.append(f"缺少必需的列：{_listed(missing)}")
    columns = [column for column in found if column is not None]
    if repeated := [column.header for column, times in Counter(columns).items() if times > 1]:
        problems.append(f"列名重复：{_listed(repeated)}")
    if problems:
        raise UnreadableError(
            f"表头（第 {header.number} 行）与模板不符：{'；'.join(problems)}。"
            f"请把列名改成：{'、'.join(column.header for column in kind.columns)}。"
        )
    return columns


def known_columns(kind: Kind | type[Kind]) -> dict[str, Column]:
    """The columns by what their headers come to without what people add; and the one that tells an earlier check."""
    known = {plain(name): column for column in kind.columns for name in (column.header, *column.aliases)}
    return known | {plain(FAULTS.header): FAULTS}


def _header(cell: Cell, row: int, place: int) -> str:
    if isinstance(cell, dict):
        raise UnreadableError(f"表头（第 {row} 行）{letters(place)} 列不是普通文字。请按模板填写列名后再导入。")
    if not normalise(cell):
        raise UnreadableError(f"表头（第 {row} 行）{letters(place)} 列没有列名。请补上列名，或删去这一列后再导入。")
    return cell


def plain(header: str) -> str:
    """A header without what people add to it: blanks, and the star of a column that must be filled."""
    return normalise(header).replace(" ", "").strip("*").lower()


def _listed(names: list[str]) -> str:
    shown = "、".join(f"“{normalise(name)[:20]}”" for name in names[:8])
    return shown + (f"等 {len(names)} 列" if len(names) > 8 else "")


def _about_missing(kind: Kind, columns: list[Column]) -> list[str]:
    """Columns that a sheet leaves out are said, because what is stored in them stays."""
    missing = [column.header for column in kind.columns if column not in columns and not column.may_be_absent]
    return [f"表中没有这些列，原有内容保持不变：{'、'.join(missing)}。"] if missing else []


def _batches(kind: Kind, rows: Iterator[SheetRow], columns: list[Column]) -> Iterator[list[Row]]:
    read_rows = _limited(kind, (_row(row, columns) for row in rows))
    while batch := list(islice(read_rows, kind.batch)):
        yield batch


def _ahead(batches: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """Each, while a thread reads the next, which asks nothing of the database."""
    aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
    try:
        coming = aside.submit(next, batches, None)
        while batch := coming.result():
            coming = aside.submit(next, batches, None)
            yield batch
    finally:
        aside.shutdown(wait=False)  # whoever gives up kills the child, which ends what is being read


def _limited(kind: Kind, rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number > kind.most_rows:
            raise UnreadableError(f"超过 {kind.most_rows:,} 行的上限。请把数据分成几个文件导入。")
        yield row


def _row(sheet_row: SheetRow, columns: list[Column]) -> Row:
    number, cells = sheet_row
    row = Row(number, {})
    for place, column in enumerate(columns):
        try:
            value = column.value_of(cells[place] if place < len(cells) else "")
        except CellError as error:
            row.refuse(column, str(error))
        else:
            if value is not KEEP:
                row.values[column.name] = value
    for place, cell in enumerate(cells[len(columns) :], start=len(columns) + 1):
        if cell:
            row.faults.append(Fault(number, f"{letters(place)} 列", "这一列没有列名，却有内容，请删去或补上列名"))
    return row


def _sorted(faults: list[Fault], headers: list[str]) -> list[Fault]:
    """The faults of a row from left to right."""
    return sorted(faults, key=lambda fault: headers.index(fault.column) if fault.column in headers else len(headers))


def _trimmed(cells: list[Cell]) -> list[Cell]:
    """A header row without the empty cells at its end."""
    last = max(place for place, cell in enumerate(cells, start=1) if isinstance(cell, dict) or normalise(cell))
    return cells[:last]


def _add(report: Report, rows: list[Row], decisions: Iterable[Decision], kind: Kind) -> None:
    report.faulty += sum(not row.is_good() for row in rows)
    for decision in decisions:
        report.counts[decision.verdict] += 1
        if decision.verdict != Verdict.UNCHANGED and len(report.previewed) < PREVIEWED:
            report.previewed.append(_preview(decision, kind))


def _preview(decision: Decision, kind: Kind) -> dict[str, Any]:
    """A decision as the page shows it: what an update replaces, or what a new row holds beside its name."""
    lines = [f"{change.header}：{change.before} → {change.after}" for change in decision.changes]
    if decision.verdict == Verdict.ADDED:
        values = decision.row.values
        shown = [(column.header, column.words(values[column.name])) for column in kind.columns if column.name in values]
        lines = [f"{header} {words}" for header, words in shown if words != NO_VALUE and words not in decision.subject]
    if len(lines) > CELLS_PREVIEWED:
        lines[CELLS_PREVIEWED:] = [f"等 {len(lines)} 项"]
    return {
        "row": decision.row.number,
        "verdict": decision.verdict,
        "subject": decision.subject,
        "lines": lines,
    }
