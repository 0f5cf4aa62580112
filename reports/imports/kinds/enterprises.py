"""Enterprises, known by credit code, or by name and region where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from cadres import copying
from cadres.inserting import Mould
from cadres.masking import masked_name, masked_phone, unmasked
from cadres.models import Region
from cadres.search import initials
from enterprises import contacts, moving
from enterprises.models import Enterprise
from enterprises.rules import industries
from enterprises.rules.credit_code import problem_with
from enterprises.rules.size import size_of
from reports.imports import cells
from reports.imports.cells import KEEP, CellError, Column, labelled
from reports.imports.kinds import projects
from reports.imports.kinds.columns import (
    CREDIT_CODE,
    OUT_OF_SCOPE,
    RegionFinder,
    locked,
    refuse_inactive,
    region_code,
)
from reports.imports.rows import Change, Decision, Seen, Verdict, changes, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.imports.rows import Row, Situation


def _industry(cell: str) -> str:
    try:
        return industries.parse(cell).code
    except ValueError as error:
        raise CellError(str(error).rstrip("。")) from error


NAME: Final = cells.text("企业名称", "name", 300, required=True)
KIND: Final = cells.choice("主体类型", "kind", labelled(Enterprise.Kind), required=True)
REGION: Final = region_code("区域代码", "region", required=True)
SIZES: Final = labelled(Enterprise.Size) | {label[0]: value for label, value in labelled(Enterprise.Size).items()}
SIZE: Final = cells.choice("规模", "size", SIZES, hint="不填则按 2017 年划分办法测算")
PARK: Final = cells.text("园区", "park", 60, may_be_absent=True, hint="园区的名称或代码")
# The mask that exports show means what is stored; any other mask would take the place of what it hides.
PERSONAL: Final = (
    cells.text("法定代表人", "legal_representative", 60, shown=masked_name),
    cells.text("联系人", "contact_name", 60, shown=masked_name),
    cells.text("联系电话", "contact_phone", 30, shown=masked_phone, hint="以文本填写"),
)

COLUMNS: Final[tuple[Column, ...]] = (
    NAME,
    CREDIT_CODE,
    KIND,
    REGION,
    cells.text("地址", "address", 300),
    Column("行业代码", "industry", _industry, hint="门类字母加大类，如 C34，可加中类，如 C341"),
    cells.text("行业分组", "industry_group", 20),
    SIZE,
    cells.choice("统计类别", "category", labelled(Enterprise.Category), empty=KEEP),
    cells.several("重点名单", "key_lists", labelled(Enterprise.KeyList), hint="多项用“、”隔开"),
    *PERSONAL,
    cells.count("从业人数", "headcount"),
    cells.amount("营业收入(万元)", "revenue_wan"),
    cells.amount("资产总额(万元)", "assets_wan"),
    cells.amount("基准日用电(kWh)", "baseline_kwh"),
    cells.choice("经营状态", "state", labelled(Enterprise.State), empty=KEEP),
    cells.words("标签", "tags", 20, hint="多项用“、”隔开"),
    PARK,
    cells.day("成立日期", "founded_on", may_be_absent=True),
    cells.words("电力户号", "electricity_accounts", 30, may_be_absent=True, hint="多个用“、”隔开；以文本填写"),
    *projects.COLUMNS,
)

# What is said of the main contact, who is a row of its own.
CONTACT: Final = ("contact_name", "contact_phone")
# Columns whose value is the attribute of the same name as it is; the others are looked up or computed.
PLAIN: Final = frozenset(column.name for column in COLUMNS) - {"credit_code", "region", "size", "park", "responsible"}
WITHOUT_CODE: Final = frozenset({Enterprise.Kind.TRADER, Enterprise.Kind.PROJECT})
WRITTEN: Final = (
    *sorted(PLAIN - set(CONTACT)), "credit_code", "region", "region_path", "region_since", "size", "size_entered",
    "park", "responsible", "initials", "version",
)  # fmt: skip

Place = tuple[str, int]  # name and region


class Enterprises:
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._regions = RegionFinder(situation)
        self._codes, self._known = Seen(), Seen()
        self._blank = Mould(Enterprise)
        self._projects = projects.Projects(situation)
        self._places: dict[Place, int] = {}
        self._without_code: dict[Place, int] = {}
        self._parks: dict[str, Region] | None = None
        self._by_code: dict[str, Enterprise] = {}
        self._by_place: dict[Place, list[Enterprise]] = {}

    def decide(self, rows: list[Row]) -> list[Decision]:
        self._regions.fetch(rows, REGION)
        regions = {row.number: self._region(row) for row in rows}
        self._fetch(rows, regions)
        self._projects.fetch(rows)
        decisions = [self._decide(row, regions[row.number]) for row in rows]
        return [decision for decision in decisions if decision is not None]

    def _region(self, row: Row) -> Region | None:
        region = self._regions.find(row, REGION)
        if region is not None and region.kind == Region.Kind.PARK:
            row.refuse(REGION, f"{region.name}是园区，请填所在的区县或镇街，园区填在“园区”列")
        return region

    def _fetch(self, rows: list[Row], regions: dict[int, Region | None]) -> None:
        """What is stored under the codes and, for rows whose code is new or missing, under the names in their regions.

        Two queries; both kinds of row may turn out to be the same enterprise.
        """
        everything = Enterprise.objects.select_related("region", "park", "responsible").with_main_contact()
        codes = {row.values["credit_code"] for row in rows if row.values.get("credit_code")}
        self._by_code = {str(found.credit_code): found for found in locked(everything.of_codes(codes), self._situation)}
        names = {row.values.get("name", "") for row in rows if row.values.get("credit_code") not in self._by_code}
        places = everything.filter(name__in=names, region__in={region for region in regions.values() if region})
        self._by_place = {}
        for found in locked(places, self._situation):
            self._by_place.setdefault((found.name, found.region_id), []).append(found)

    def _decide(self, row: Row, region: Region | None) -> Decision | None:
        park, is_unreadable = self._park(row), row.has_fault(CREDIT_CODE)
        stored = None if is_unreadable else self._stored(row, region)
        refuse_inactive(row, REGION, region, stored.region_id if stored else None)
        refuse_inactive(row, PARK, park, stored.park_id if stored else None)
        if is_unreadable:
            return None
        self._check_code(row, stored)
        if not row.has_fault(CREDIT_CODE):
            self._check_repeated(row, region, stored)
        if not row.is_good() or region is None:
            return None
        if stored and not self._situation.may_write(stored.region_path):
            row.refuse(CREDIT_CODE, f"该企业已登记在别的区域，{OUT_OF_SCOPE}")
            return None
        self._unmask(row, stored)
        of_project = self._projects.wanted(row, region, stored)
        if not row.is_good():
            return None
        return self._decision(row, stored, self._wanted(row, stored, region, park) | of_project)

    def _stored(self, row: Row, region: Region | None) -> Enterprise | None:
        """The enterprise that a row means, if it is stored.

        A code that was unknown may be that of an enterprise recorded without one; a row without a code means the one
        of that name in that region, whether it has a code by now or not.
        """
        code = row.values.get("credit_code")
        if code in self._by_code:
            return self._by_code[code]
        if region is None:
            return None
        found = self._by_place.get((row.values.get("name", ""), region.pk), [])
        without = [enterprise for enterprise in found if enterprise.credit_code is None]
        if code or without:
            return without[0] if without else None
        if len(found) > 1:
            row.refuse(CREDIT_CODE, f"{region.name}有 {len(found)} 家同名企业，请填写统一社会信用代码")
        return found[0] if found else None

    def _check_repeated(self, row: Row, region: Region | None, stored: Enterprise | None) -> None:
        """One enterprise, one row: by code, by what is stored, and by name and region where a code is missing."""
        code, name = row.values.get("credit_code"), row.values.get("name")
        if code and (first := self._codes.before(code, row)):
            row.refuse(CREDIT_CODE, f"信用代码 {code} 与第 {first} 行重复")
            return
        if stored and (first := self._known.before(stored.pk, row)):
            row.refuse(NAME, f"与第 {first} 行是同一家企业（{stored.name[:60]}）")
            return
        if name and region and (first := self._namesake((name, region.pk), row, has_code=bool(code))):
            row.refuse(NAME, f"与第 {first} 行的企业同名、同区域，又有一行没有信用代码，分不清是不是同一家")

    def _namesake(self, place: Place, row: Row, *, has_code: bool) -> int | None:
        """An earlier row of the same name and region; where both have codes the codes tell them apart."""
        earlier = self._without_code if has_code else self._places
        first = earlier.get(place)
        self._places.setdefault(place, row.number)
        if not has_code:
            self._without_code.setdefault(place, row.number)
        return first

    def _check_code(self, row: Row, stored: Enterprise | None) -> None:
        """A faulty code is taken only where it is recorded as an exception; a missing one only from some kinds."""
        code, kind = row.values.get("credit_code"), row.values.get("kind")
        if code:
            is_excepted = stored is not None and stored.credit_code == code and bool(stored.code_exception)
            if not is_excepted and (problem := problem_with(code)):
                row.refuse(CREDIT_CODE, problem.rstrip("。"))
        elif kind and kind not in WITHOUT_CODE and not (stored and stored.credit_code):
            row.refuse(CREDIT_CODE, f"{KIND.words(kind)}必须填写（只有个体工商户和重点工程可以不填）")

    def _unmask(self, row: Row, stored: Enterprise | None) -> None:
        for column in PERSONAL:
            if typed := row.values.get(column.name):
                kept = getattr(stored, column.name) if stored else ""
                try:
                    row.values[column.name] = unmasked(typed, kept, column.shown(kept))
                except ValueError as error:
                    row.refuse(column, str(error))

    def _park(self, row: Row) -> Region | None:
        named = row.values.get(PARK.name)
        if not named:
            return None
        if self._parks is None:
            parks = Region.objects.filter(kind=Region.Kind.PARK)
            self._parks = {key: park for park in parks for key in (park.name, park.code)}
        park = self._parks.get(named)
        if park is None:
            row.refuse(PARK, f"没有名称或代码为“{named}”的园区")
        return park

    def _wanted(self, row: Row, stored: Enterprise | None, region: Region, park: Region | None) -> dict[str, Any]:
        """The attributes as the row wants them; what it doesn't speak of is left out."""
        values = row.values
        wanted = {name: value for name, value in values.items() if name in PLAIN}
        wanted["region"] = region
        if values.get("credit_code"):
            wanted["credit_code"] = values["credit_code"]
        if PARK.name in values:
            wanted["park"] = park
        if stored and stored.region_id != region.pk:
            wanted["region_since"] = self._situation.today
        wanted["size"], wanted["size_entered"] = _size(values.get("size"), wanted, stored)
        return wanted

    def _decision(self, row: Row, stored: Enterprise | None, wanted: dict[str, Any]) -> Decision:
        subject = " ".join(part for part in (wanted["name"], wanted.get("credit_code", "")) if part)
        if stored is None:
            return Decision(row, Verdict.ADDED, subject, record=(self._blank.row(), wanted))
        told = changes(stored, wanted, [column for column in COLUMNS if column is not SIZE])
        before, after = stored.size_display, _as_size(wanted["size"], entered=wanted["size_entered"]).size_display
        if before != after:
            told.append(Change(SIZE.header, before, after))
        verdict = Verdict.UPDATED if compare(stored, wanted) else Verdict.UNCHANGED
        return Decision(row, verdict, subject, told, (stored, wanted))

    def write(self, decisions: list[Decision]) -> None:
        moved: list[tuple[Enterprise, moving.Place]] = []
        for decision in decisions:
            enterprise, wanted = decision.record
            if decision.verdict == Verdict.UPDATED:
                enterprise.version += 1
                if enterprise.region_id != wanted["region"].pk:
                    moved.append((enterprise, moving.Place(enterprise.region, enterprise.address)))
            else:
                enterprise.main_contacts = []
            for name, value in wanted.items():
                if name not in CONTACT:
                    setattr(enterprise, name, value)
            enterprise.region_path = enterprise.region.path
            enterprise.initials = initials(enterprise.name)[:300]
        copying.create(_records(decisions, Verdict.ADDED))
        Enterprise.objects.bulk_create(
            _records(decisions, Verdict.UPDATED), update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
        )
        contacts.name_main(dict(_people(decisions)), self._situation.today)
        now, by = self._situation.now, self._situation.cadre
        moving.record(moved, moved_on=self._situation.today, reason="导入更新", by=by, now=now)

    def remarks(self, added: int) -> list[str]:
        return []


def _size(given: str | None, wanted: dict[str, Any], stored: Enterprise | None) -> tuple[str, bool]:
    """The size and whether it was entered: as the row says, else as it was entered before, else computed.

    An empty cell asks for computing; without the column (None) an entered size stays.
    """
    if given:
        return given, True
    if given is None and stored and stored.size_entered:
        return stored.size, True
    industry, headcount, revenue, assets = (
        wanted[name] if name in wanted else getattr(stored, name, None)
        for name in ("industry", "headcount", "revenue_wan", "assets_wan")
    )
    if not industry:
        return "", False
    division, group = industries.parse(industry)
    return size_of(division.code, group, headcount, revenue, assets) or "", False


def _as_size(size: str, *, entered: bool) -> Enterprise:
    return Enterprise(size=size, size_entered=entered)


def _people(decisions: Iterable[Decision]) -> Iterator[tuple[int, contacts.Person]]:
    """Whom each row that is written names as main contact; a column that is left out stays as it is."""
    for decision in decisions:
        enterprise, wanted = decision.record
        if any(name in wanted for name in CONTACT):
            name, phone = (wanted.get(name, getattr(enterprise, name)) for name in CONTACT)
            yield enterprise.pk, contacts.Person(name, phone)


def _records(decisions: Iterable[Decision], verdict: Verdict) -> list[Enterprise]:
    return [decision.record[0] for decision in decisions if decision.verdict == verdict]
