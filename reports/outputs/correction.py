"""What a corrected bulletin says of its correction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.outputs import layout
from reports.outputs.tables import Column, Kind, Table, TableRow
from reports.snapshot import Snapshot

if TYPE_CHECKING:
    from reports.models import Briefing

TITLE: Final = "更正对照"
COLUMNS: Final = tuple(Column(label, Kind.TEXT) for label in ("表", "行", "指标", "原来", "更正为"))


def note(issue: Briefing) -> str:
    """What the correction says of itself."""
    approved = issue.correction_approved_by
    return f"更正说明：{issue.correction}（提出：{issue.correction_asked_by}；批准：{approved}）" if approved else ""


def changes(issue: Briefing) -> Table | None:
    """Every figure that differs from the version before, with both values; None for a first version."""
    if issue.corrects is None:
        return None
    before, after = _figures(issue.corrects), _figures(issue)
    rows = [
        TableRow((*key, before.get(key, ""), after.get(key, "")))
        for key in dict.fromkeys((*after, *before))
        if before.get(key) != after.get(key)
    ]
    return Table(TITLE, COLUMNS, rows)


def _figures(issue: Briefing) -> dict[tuple[str, str, str], str]:
    """The cells of the tables of figures in words, by table, row and column."""
    found: dict[tuple[str, str, str], str] = {}
    for sheet in layout.sheets(Snapshot.from_json(issue.figures)):
        if sheet.is_list:
            continue
        for _, cells in sheet.table.shown:
            row = next(words for column, words in cells if column.kind is Kind.TEXT)
            found |= {(sheet.table.title, row, column.label): words for column, words in cells if words != row}
    return found
