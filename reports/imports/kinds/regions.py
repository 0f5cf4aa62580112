"""Regions: the tree from city to village. A row may name a parent that stands further down in the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import connection

from cadres.models import Region
from reports.imports import cells
from reports.imports.kinds.columns import OUT_OF_SCOPE, refuse_inactive, region_code
from reports.imports.rows import Change, Decision, Seen, Verdict, compare

if TYPE_CHECKING:
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

Kind = Region.Kind

# A parent's rank is below its child's; only a city has no parent.
RANKS: Final[dict[str, int]] = {Kind.CITY: 0, Kind.DISTRICT: 1, Kind.PARK: 2, Kind.TOWN: 3, Kind.VILLAGE: 4}
KIND_WORDS: Final = {
    "市": Kind.CITY, "区县": Kind.DISTRICT, "园区": Kind.PARK, "镇街": Kind.TOWN, "村社": Kind.VILLAGE,
    **{kind.value: kind for kind in Kind},
}  # fmt: skip

CODE: Final = region_code("代码", "code", required=True, aliases=("code",), listed="")
NAME: Final = cells.text("名称", "name", 60, required=True, aliases=("name",))
KIND: Final = cells.choice("类型", "kind", KIND_WORDS, required=True, aliases=("kind",))
PARENT: Final = region_code("上级代码", "parent_code", aliases=("parent_code",))

# Where the path of a region is kept, so that a scope is one comparison.
KEPT: Final = ("enterprises_enterprise", "policies_fulfilment", "appeals_appeal", "visits_visit")
_KEPT_FOLLOW: Final = ", ".join(
    f"of_{table} AS (UPDATE {table} k SET region_path = m.after FROM moved m WHERE k.region_path = m.before)"  # noqa: S608
    for table in KEPT
)
# Every path follows the tree again.
_REBUILD: Final = f"""
WITH RECURSIVE tree (id, path) AS (
    SELECT id, code || '/' FROM cadres_region WHERE parent_id IS NULL
    UNION ALL
    SELECT r.id, t.path || r.code || '/' FROM cadres_region r JOIN tree t ON r.parent_id = t.id
), moved (id, before, after) AS (
    SELECT r.id, r.path, t.path FROM cadres_region r JOIN tree t ON t.id = r.id WHERE r.path <> t.path
), {_KEPT_FOLLOW}
UPDATE cadres_region r SET path = m.after FROM moved m WHERE r.id = m.id
"""  # noqa: S608 - made of constants only


class Regions:
    columns: ClassVar[tuple[Column, ...]] = (CODE, NAME, KIND, PARENT)
    most_rows: ClassVar[int] = 50_000
    batch: ClassVar[int | None] = None

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._stored: dict[str, Region] = {}
        self._rows: dict[str, Row] = {}
        self._wanted: dict[str, Region] = {}

    def decide(self, rows: list[Row]) -> list[Decision]:
        self._stored = {region.code: region for region in Region.objects.select_related("parent")}
        self._find_repeated(rows)
        decided: dict[int, Decision] = {}
        for row in sorted(rows, key=lambda row: RANKS.get(row.values.get("kind", ""), 0)):
            if row.is_good() and (decision := self._decide(row)):
                decided[row.number] = decision
        return [decided[row.number] for row in rows if row.number in decided]

    def _find_repeated(self, rows: list[Row]) -> None:
        seen = Seen()
        for row in rows:
            if code := row.values.get("code"):
                self._rows.setdefault(code, row)
                if first := seen.before(code, row):
                    row.refuse(CODE, f"代码 {code} 与第 {first} 行重复")

    def _decide(self, row: Row) -> Decision | None:
        """What becomes of a row whose possible parents have all been decided."""
        values, stored = row.values, self._stored.get(row.values["code"])
        keeps_parent = stored is not None and PARENT.name not in values
        parent = stored.parent if stored and keeps_parent else self._parent(row)
        if not row.is_good():
            return None
        wanted: dict[str, Any] = {"name": values["name"], "kind": values["kind"].value, "parent": parent}
        region = Region(code=values["code"], **wanted)
        if stored:
            region.pk = stored.pk
            region.active = stored.active
        region.path = (parent.path if parent else "") + region.code + "/"
        if stored and not compare(stored, wanted):
            verdict = Verdict.UNCHANGED
        else:
            refuse_inactive(row, PARENT, parent, stored.parent_id if stored else None)
            self._check_scope(row, stored, parent)
            self._check_children(row, stored)
            verdict = Verdict.UPDATED if stored else Verdict.ADDED
        if not row.is_good():
            return None
        self._wanted[region.code] = region
        return Decision(row, verdict, f"{region.name} {region.code}", _changes(stored, region), region)

    def _parent(self, row: Row) -> Region | None:
        code, kind = row.values.get("parent_code", ""), row.values["kind"]
        if not code:
            if kind != Kind.CITY:
                row.refuse(PARENT, f"{KIND.words(kind)}必须填写上级代码，只有市没有上级")
            return None
        parent = self._wanted.get(code) or self._stored.get(code)
        above = self._rows.get(code)
        if kind == Kind.CITY:
            row.refuse(PARENT, "市没有上级，请留空")
        elif parent is None and above is not None and not above.is_good():
            row.refuse(PARENT, f"上级 {code}（第 {above.number} 行）有错误，改好后才能导入本行")
        elif parent is None and above is None:
            row.refuse(PARENT, f"没有代码为 {code} 的区域，系统里和本表里都没有")
        elif parent is None or RANKS[parent.kind] >= RANKS[kind]:
            row.refuse(PARENT, f"{code} 不是比{KIND.words(kind)}更高一级的区域")
        return parent

    def _check_scope(self, row: Row, stored: Region | None, parent: Region | None) -> None:
        """Both where a region is and where it comes to be must lie in the importer's scope."""
        may_write = self._situation.may_write
        was_inside = stored is None or may_write(stored.path)
        keeps_place = stored is not None and stored.parent == parent
        comes_inside = keeps_place or may_write(parent.path if parent else "")
        if not (was_inside and comes_inside):
            row.refuse(CODE, OUT_OF_SCOPE)

    def _check_children(self, row: Row, stored: Region | None) -> None:
        if stored and stored.kind != row.values["kind"] and any(
            region.parent_id == stored.pk for region in self._stored.values()
        ):  # fmt: skip
            row.refuse(KIND, f"{stored.name}已有下级区域，类型不能改（现为{stored.get_kind_display()}）")

    def write(self, decisions: list[Decision]) -> None:
        """Parents first. Where a region moves, everything below it and every path kept elsewhere follows."""
        for rank in sorted(set(RANKS.values())):
            level = [each.record for each in decisions if RANKS[each.record.kind] == rank]
            for region in level:
                region.parent_id = region.parent and region.parent.pk
            Region.objects.bulk_create([region for region in level if region.pk is None])
        updated = [each.record for each in decisions if each.verdict == Verdict.UPDATED]
        Region.objects.bulk_create(
            updated, update_conflicts=True, unique_fields=["id"], update_fields=["name", "kind", "parent"]
        )
        if any(region.path != self._stored[region.code].path for region in updated):
            _rebuild_paths()

    def remarks(self, added: int) -> list[str]:
        return []


def _changes(stored: Region | None, region: Region) -> list[Change]:
    if stored is None:
        return []
    told = [
        (NAME.header, stored.name, region.name),
        (KIND.header, stored.get_kind_display(), region.get_kind_display()),
        (
            PARENT.header,
            PARENT.words(stored.parent and stored.parent.code),
            PARENT.words(region.parent and region.parent.code),
        ),
    ]
    return [Change(*each) for each in told if each[1] != each[2]]


def _rebuild_paths() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_REBUILD)
