"""How the rows of policy templates are found: items by the words of a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cadres.search import normalise
from policies import periods
from policies.models import Item
from reports.imports import cells
from reports.imports.cells import CellError, Column

if TYPE_CHECKING:
    from reports.imports.rows import Row, Situation

POLICY: Final = cells.text("政策名称", "policy", 200, hint="文号和政策名称至少填一项")
DOCUMENT: Final = cells.text("文号", "document_number", 80)
ITEM: Final = cells.text("事项", "item", 120, hint="不填时须是该政策唯一的事项")


def _period(cell: str) -> str:
    try:
        return periods.parse(cell)
    except ValueError as error:
        raise CellError(str(error)) from error


PERIOD: Final = Column("期次", "period", _period, required=True, hint=periods.HINT, shown=periods.words)


class ItemFinder:
    """The items of the policies that the importer may see, by document number or title and by name."""

    def __init__(self, situation: Situation) -> None:
        items = Item.objects.select_related("policy", "department")
        self._by_policy: dict[str, dict[int, Item]] = {}
        for item in items.visible_to(situation.cadre) if situation.cadre else items:
            for words in {item.policy.document_number, item.policy.title} - {""}:
                self._by_policy.setdefault(normalise(words), {})[item.pk] = item

    def find(self, row: Row) -> Item | None:
        """The item of a row; if there is none, or more than one could be meant, the row is refused."""
        named = [(DOCUMENT, row.values.get("document_number")), (POLICY, row.values.get("policy"))]
        given = [(column, words) for column, words in named if words]
        if not given:
            row.refuse(DOCUMENT, "文号和政策名称至少填一项")
            return None
        found: dict[int, Item] | None = None
        for column, words in given:
            here = self._by_policy.get(normalise(words), {})
            if not here:
                row.refuse(column, f"没有“{words[:30]}”这项政策，或不在你的管辖范围内，请先导入政策")
                return None
            found = here if found is None else {key: found[key] for key in found if key in here}
        return _one(row, list((found or {}).values()))


def _one(row: Row, items: list[Item]) -> Item | None:
    name = row.values.get("item")
    meant = [item for item in items if normalise(item.name) == normalise(name)] if name else items
    if len(meant) == 1:
        return meant[0]
    if not meant:
        row.refuse(ITEM, f"该政策没有“{name}”这个事项" if name else "文号与政策名称不符")
    else:
        row.refuse(ITEM, f"有 {len(meant)} 个事项，请写明是哪一个：{'、'.join(item.name for item in meant[:5])}")
    return None
