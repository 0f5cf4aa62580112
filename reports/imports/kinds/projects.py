"""What the template of enterprises asks of key projects (重点工程) alone: optional columns, refused for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cadres.models import Region
from cadres.search import normalise
from enterprises.models import OF_PROJECTS, Enterprise
from reports.imports import cells
from reports.imports.cells import CellError, Column, labelled
from reports.imports.kinds.columns import DepartmentFinder
from reports.imports.rows import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cadres.models import Department
    from reports.imports.rows import Row, Situation

LONGEST_CODE: Final = 40


def _code(cell: str) -> str:
    found = normalise(cell)
    if len(found) > LONGEST_CODE:
        raise CellError(f"超过 {LONGEST_CODE} 个字（现为 {len(found)} 个），请核对")
    return found


CODE: Final = Column("项目代码", "project_code", _code, may_be_absent=True, hint="重点工程填写；以文本填写")
RESPONSIBLE: Final = cells.text("责任部门", "responsible", 80, may_be_absent=True, hint="重点工程填写", listed="单位")
COLUMNS: Final = (
    CODE,
    cells.choice(
        "项目级别", "project_level", labelled(Enterprise.ProjectLevel), may_be_absent=True, hint="重点工程填写"
    ),
    cells.choice(
        "建设性质", "construction", labelled(Enterprise.Construction), may_be_absent=True, hint="重点工程填写"
    ),
    cells.choice("项目阶段", "stage", labelled(Enterprise.Stage), may_be_absent=True, hint="重点工程填写"),
    RESPONSIBLE,
)
NOTHING: Final[dict[str, Any]] = {**dict.fromkeys(OF_PROJECTS, ""), RESPONSIBLE.name: None}


class Projects:
    """Judges these columns row by row; `fetch` first looks up, in one query, who has the codes of a batch."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._seen = Seen()
        self._holders: dict[str, int] = {}
        self._finders: dict[str, DepartmentFinder] = {}

    def fetch(self, rows: Iterable[Row]) -> None:
        codes = {row.values[CODE.name] for row in rows if row.values.get(CODE.name)}
        holders = Enterprise.objects.filter(project_code__in=codes) if codes else Enterprise.objects.none()
        self._holders = dict(holders.values_list("project_code", "pk"))

    def wanted(self, row: Row, region: Region, stored: Enterprise | None) -> dict[str, Any]:
        """The attributes as the row wants them: nothing for another kind, where a filled cell is refused."""
        if row.values.get("kind") != Enterprise.Kind.PROJECT:
            for column in COLUMNS:
                if row.values.get(column.name):
                    row.refuse(column, "只有重点工程填写此列，请清空，或核对主体类型")
            return NOTHING
        self._check_code(row, stored)
        wanted = {column.name: row.values[column.name] for column in COLUMNS if column.name in row.values}
        if RESPONSIBLE.name in wanted:
            wanted[RESPONSIBLE.name] = self._responsible(row, region)
        return wanted

    def _check_code(self, row: Row, stored: Enterprise | None) -> None:
        code = row.values.get(CODE.name)
        if not code:
            return
        if first := self._seen.before(code, row):
            row.refuse(CODE, f"项目代码 {code} 与第 {first} 行重复")
        elif self._holders.get(code) not in (None, stored and stored.pk):
            row.refuse(CODE, f"项目代码 {code} 已登记在另一个重点工程名下，请核对")

    def _responsible(self, row: Row, region: Region) -> Department | None:
        """A department of the importer's region, or above or below it; of the city's where the system imports."""
        cadre = self._situation.cadre
        code = cadre.region.code if cadre and cadre.region else region.path.partition("/")[0]
        if row.values[RESPONSIBLE.name] and code not in self._finders:
            self._finders[code] = DepartmentFinder(Region.objects.get(code=code))
        return self._finders[code].find(row, RESPONSIBLE) if row.values[RESPONSIBLE.name] else None
