"""Departments, known by name and region. A row may name a superior that stands further down in the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from cadres.models import Cadre, Department
from reports.imports import cells
from reports.imports.cells import KEEP
from reports.imports.kinds.columns import RegionFinder, locked, refuse_inactive, region_code
from reports.imports.rows import Decision, Seen, Verdict, changes, compare

if TYPE_CHECKING:
    from cadres.models import Region
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

YES_NO: Final = {"是": True, "否": False, "TRUE": True, "FALSE": False, "1": True, "0": False}

NAME: Final = cells.text("名称", "name", 80, required=True)
REGION: Final = region_code("区域代码", "region", required=True)
KIND: Final = cells.text("类别", "kind", 20)
PARENT: Final = cells.text("上级单位", "parent", 80, hint="本区域或上级区域的单位名称", listed="单位")
LEADER: Final = cells.text("分管领导", "leader_in_charge", 60, hint="用户名，或不重名的姓名；可先留空，导入干部后再补")
PHONE: Final = cells.text("值班电话", "duty_phone", 30)
HANDLES: Final = cells.choice("是否承办诉求", "handles_appeals", YES_NO, empty=KEEP, hint="不填为“是”")

Key = tuple[str, str]  # path of the region, name


class Departments:
    columns: ClassVar[tuple[Column, ...]] = (NAME, REGION, KIND, PARENT, LEADER, PHONE, HANDLES)
    most_rows: ClassVar[int] = 20_000
    batch: ClassVar[int | None] = None

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._regions = RegionFinder(situation)
        self._known: dict[Key, Department] = {}
        self._leaders: dict[str, list[Cadre]] = {}

    def decide(self, rows: list[Row]) -> list[Decision]:
        self._regions.fetch(rows, REGION)
        stored = locked(
            Department.objects.current().select_related("region", "parent__region", "leader_in_charge"), self._situation
        )
        self._known = {_key(found): found for found in stored}
        self._find_leaders(rows)
        placed = self._placed(rows)
        for row, region in placed:
            key = (region.path, row.values["name"])
            if row.is_good() and key not in self._known:
                self._known[key] = Department(name=row.values["name"], region=region)
        decisions = [self._decide(row, region) for row, region in placed]
        return self._consistent([decision for decision in decisions if decision is not None])

    def _consistent(self, decisions: list[Decision]) -> list[Decision]:
        """Without rows whose superior doesn't come to be, or is below themselves; refusing one may refuse others."""
        while True:
            coming = {_key(each.record[0]) for each in decisions}
            parents = {key: _key(found.parent) for key, found in self._known.items() if found.pk and found.parent}
            for each in decisions:
                department, wanted = each.record
                if wanted.get("parent"):
                    parents[_key(department)] = _key(wanted["parent"])
            for each in decisions:
                parent = each.record[1].get("parent")
                if parent and parent.pk is None and _key(parent) not in coming:
                    each.row.refuse(PARENT, f"上级单位“{parent.name}”所在的行有错误，改好后才能导入本行")
                elif parent and _is_below_itself(_key(each.record[0]), parents):
                    each.row.refuse(PARENT, f"上级单位“{parent.name}”又归本单位管，成了循环")
            if all(each.row.is_good() for each in decisions):
                return decisions
            decisions = [each for each in decisions if each.row.is_good()]

    def _placed(self, rows: list[Row]) -> list[tuple[Row, Region]]:
        """The rows with their regions; a department that was named before is refused."""
        placed, seen = [], Seen()
        for row in rows:
            region, name = self._regions.find(row, REGION), row.values.get("name")
            if region is None or name is None:
                continue
            if first := seen.before((region.code, name), row):
                row.refuse(NAME, f"{region.name}的“{name}”与第 {first} 行重复")
            placed.append((row, region))
        return placed

    def _find_leaders(self, rows: list[Row]) -> None:
        names = {row.values[LEADER.name] for row in rows if row.values.get(LEADER.name)}
        for cadre in Cadre.objects.active().filter(name__in=names) if names else ():
            self._leaders.setdefault(cadre.name, []).append(cadre)
        for cadre in Cadre.objects.active().filter(username__in=names) if names else ():
            self._leaders[cadre.username] = [cadre]

    def _decide(self, row: Row, region: Region) -> Decision | None:
        parent, leader = self._parent(row, region), self._leader(row)
        known = self._known.get((region.path, row.values["name"]))
        refuse_inactive(row, REGION, region, region.pk if known and known.pk else None)
        if not row.is_good():
            return None
        department = self._known[region.path, row.values["name"]]
        wanted: dict[str, Any] = {
            name: value for name, value in row.values.items() if name in ("kind", "duty_phone", "handles_appeals")
        }
        if PARENT.name in row.values:
            wanted["parent"] = parent
        if LEADER.name in row.values:
            wanted["leader_in_charge"] = leader
        if not department.pk:
            verdict, told = Verdict.ADDED, []
        else:
            told = changes(department, wanted, self.columns)
            verdict = Verdict.UPDATED if compare(department, wanted) else Verdict.UNCHANGED
        return Decision(row, verdict, f"{department.name}（{region.name}）", told, (department, wanted))

    def _parent(self, row: Row, region: Region) -> Department | None:
        """Another unit of this name, looked for in the region of the row and then in those above it."""
        name = row.values.get(PARENT.name)
        if not name:
            return None
        codes, own = region.path.rstrip("/").split("/"), (region.path, row.values.get(NAME.name))
        keys = [("/".join(codes[:length]) + "/", name) for length in range(len(codes), 0, -1)]
        parent = next((self._known[key] for key in keys if key in self._known and key != own), None)
        if parent is None:
            row.refuse(PARENT, f"没有别的名为“{name}”的单位，{region.name}及其上级区域里都没有")
        return parent

    def _leader(self, row: Row) -> Cadre | None:
        name = row.values.get(LEADER.name)
        if not name:
            return None
        found = self._leaders.get(name, [])
        if not found:
            row.refuse(LEADER, f"没有用户名或姓名为“{name}”的干部；可先留空，导入干部后再补")
        elif len(found) > 1:
            row.refuse(LEADER, f"有 {len(found)} 位干部叫“{name}”，请填用户名")
        return found[0] if len(found) == 1 else None

    def write(self, decisions: list[Decision]) -> None:
        """New departments first, for they may be the superiors of others."""
        added = [each.record[0] for each in decisions if each.verdict == Verdict.ADDED]
        Department.objects.bulk_create(added)
        for decision in decisions:
            department, wanted = decision.record
            for name, value in wanted.items():
                setattr(department, name, value)
        Department.objects.bulk_create(
            [each.record[0] for each in decisions],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["kind", "parent", "leader_in_charge", "duty_phone", "handles_appeals"],
        )

    def remarks(self, added: int) -> list[str]:
        return []


def _key(department: Department) -> Key:
    return department.region.path, department.name


def _is_below_itself(key: Key, parents: dict[Key, Key]) -> bool:
    above, passed = parents.get(key), {key}
    while above is not None and above not in passed:
        passed.add(above)
        above = parents.get(above)
    return above == key
