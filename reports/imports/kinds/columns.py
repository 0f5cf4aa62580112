"""Columns that several templates share, and how the rows that they name are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db.models import Q

from cadres import locking
from cadres.models import Department, Region
from cadres.search import normalise
from enterprises.models import Enterprise
from enterprises.rules.credit_code import normalise_code, problem_with
from reports.imports import cells
from reports.imports.cells import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model, QuerySet

    from enterprises.models import EnterpriseQuerySet
    from reports.imports.rows import Row, Situation

    Stored = TypeVar("Stored", bound=Model)

OUT_OF_SCOPE: Final = "不在你的管辖范围内，不能导入"

# Its check character is judged where the code is looked up: a stored one may be a recorded exception.
CREDIT_CODE: Final = Column("统一社会信用代码", "credit_code", normalise_code, hint="18 位；以文本填写")
ENTERPRISE_NAME: Final = cells.text("企业名称", "enterprise", 300, hint="用来核对，可以不填")


def region_code(header: str, name: str, **options: Any) -> Column:
    fault = "不是区域代码，应为 12 位数字（统计用区划代码）"
    return cells.code(header, name, r"[0-9]{12}", fault, **{"hint": "12 位数字", "listed": "区域"} | options)


def locked(queryset: QuerySet[Stored], situation: Situation) -> QuerySet[Stored]:
    """The rows in the order of their keys, locked if they are to be written."""
    return (locking.locked(queryset) if situation.writing else queryset).order_by("pk")


class RegionFinder:
    """Regions by code, each looked up once per import."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._known: dict[str, Region | None] = {}

    def fetch(self, rows: Iterable[Row], column: Column) -> None:
        """Look up the codes not seen before, in one query."""
        wanted = {row.values[column.name] for row in rows if row.values.get(column.name)} - self._known.keys()
        if wanted:
            self._known |= dict.fromkeys(wanted)
            self._known |= {region.code: region for region in Region.objects.filter(code__in=wanted)}

    def find(self, row: Row, column: Column) -> Region | None:
        """The region that a row names, in the importer's scope; if there is none, the row is refused."""
        code = row.values.get(column.name)
        if code is None:
            return None
        region = self._known[code]
        if region is None:
            row.refuse(column, f"没有代码为 {code} 的区域，请核对，或先导入区域")
        elif not self._situation.may_write(region.path):
            row.refuse(column, f"{region.name}{OUT_OF_SCOPE}")
            return None
        return region


def refuse_inactive(row: Row, column: Column, region: Region | None, before: int | None) -> None:
    """Refuse a region or park that is out of use, except where the row's record is already: what is there stays."""
    if region is not None and not region.active and region.pk != before:
        row.refuse(column, f"{region.name}已停用，不能再用于新的登记，请改为启用中的{region.get_kind_display()}")


class EnterpriseFinder:
    """The enterprises in the importer's scope that a batch of rows means: by credit code, or by name where it has none.

    Each is locked, if the situation is one of writing: whoever changes what belongs to an enterprise locks it first.
    """

    def __init__(self, rows: Iterable[Row], situation: Situation) -> None:
        values = [row.values for row in rows]
        codes = {each["credit_code"] for each in values if each.get("credit_code")}
        names = {each["enterprise"] for each in values if not each.get("credit_code") and each.get("enterprise")}
        self._by_code: dict[str, Enterprise] = {}
        self._by_name: dict[str, list[Enterprise]] = {}
        scope = in_scope(situation)
        for found in locked(scope.of_codes(codes), situation) if codes else ():
            self._by_code[str(found.credit_code)] = found
        for found in locked(scope.filter(name__in=names), situation) if names else ():
            self._by_name.setdefault(found.name, []).append(found)

    def find(self, row: Row) -> Enterprise | None:
        """The enterprise of a row; if there is none, or another than the name says, the row is refused."""
        if row.has_fault(CREDIT_CODE):
            return None
        code, name = row.values.get("credit_code", ""), row.values.get("enterprise", "")
        if code:
            return self._with_code(row, code, name)
        if not name:
            row.refuse(CREDIT_CODE, "信用代码和企业名称至少填一项")
            return None
        found = self._by_name.get(name, [])
        if len(found) != 1:
            missing = (
                "你的管辖范围内没有这个名称的企业，请核对" if not found else "有多家同名企业，请填写统一社会信用代码"
            )
            row.refuse(ENTERPRISE_NAME, f"“{name[:30]}”：{missing}")
            return None
        return found[0]

    def _with_code(self, row: Row, code: str, name: str) -> Enterprise | None:
        found = self._by_code.get(code)
        if found is None:
            problem = (problem_with(code) or f"你的管辖范围内没有信用代码为 {code} 的企业，请核对").rstrip("。")
            row.refuse(CREDIT_CODE, problem)
        elif name and normalise(name) != normalise(found.name):
            row.refuse(ENTERPRISE_NAME, f"与信用代码不符：{code} 是“{found.name[:60]}”，请核对是否错行")
            return None
        return found


class DepartmentFinder:
    """Departments by their name or its end (人社局 for 市人社局): those of a region first, then above and below it."""

    def __init__(self, region: Region) -> None:
        codes = region.path.rstrip("/").split("/")
        near = Q(region__code__in=codes) | Q(region__path__startswith=region.path)
        here = Department.objects.filter(near).select_related("region")
        self._region = region
        self._near = list(here.current())
        self._ended = {found.name: found for found in here.ended().select_related("successor__region")}

    def find(self, row: Row, column: Column) -> Department | None:
        name = row.values.get(column.name)
        if not name:
            return None
        for places in ([self._region.pk], [one.region_id for one in self._near]):
            here = [one for one in self._near if one.region_id in places]
            exact = [one for one in here if one.name == name]
            found = exact or [one for one in here if one.name.endswith(name)]
            if len(found) == 1:
                return found[0]
            if found:
                row.refuse(column, f"有多个单位叫“{name}”：{'、'.join(str(one) for one in found[:5])}，请写全称")
                return None
        row.refuse(column, about_missing(self._region, name, self._ended.get(name)))
        return None


def about_missing(region: Region, name: str, ended: Department | None) -> str:
    """Why there is no department of this name in a region: it ended, or never was."""
    if ended is None:
        return f"{region.name}没有名为“{name}”的单位，请核对，或先导入单位"
    return f"“{name}”已于 {ended.valid_until} 停用，请改为" + (
        f"承接其职能的“{ended.successor.name}”" if ended.successor else "现有的单位"
    )


def in_scope(situation: Situation) -> EnterpriseQuerySet:
    everywhere = Enterprise.objects.select_related("region")
    if situation.cadre is None:
        return everywhere
    scope = situation.cadre.region_scope
    return everywhere.filter(region_path__startswith=scope) if scope else everywhere.none()
