"""Policies and their items, one item a row: known by document number and title, and by the item's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from cadres.models import Region
from cadres.search import normalise
from policies import editing
from policies.models import Item, Policy
from reports.imports import cells
from reports.imports.cells import KEEP, Column, labelled
from reports.imports.kinds.columns import DepartmentFinder
from reports.imports.kinds.departments import YES_NO
from reports.imports.reading import UnreadableError
from reports.imports.rows import Decision, Seen, Verdict, changes, compare

if TYPE_CHECKING:
    from datetime import date

    from reports.imports.rows import Row, Situation

FOR_EVER: Final = "长期"
_DAY: Final = cells.day("", "").read


def _day_or_ever(cell: str) -> date | None:
    found: date | None = None if normalise(cell) == FOR_EVER else _DAY(cell)
    return found


def _last_day(header: str, name: str, *aliases: str) -> Column:
    return Column(header, name, _day_or_ever, empty=None, aliases=aliases, hint=f"如 2026-12-31，或“{FOR_EVER}”")


TITLE: Final = cells.text("政策名称", "title", 200, required=True, aliases=("title",))
DOCUMENT: Final = cells.text("文号", "document_number", 80, aliases=("document_number",))
ITEM: Final = cells.text("事项", "name", 120, may_be_absent=True, hint="不填即与政策同名")
DEPARTMENT: Final = cells.text("责任部门", "department", 80, required=True, aliases=("department",))
OF_POLICY: Final = (
    cells.text("发文机关", "issuer", 120, may_be_absent=True),
    cells.choice("层级", "level", labelled(Policy.Level), empty=KEEP, may_be_absent=True),
    cells.choice("类别", "category", labelled(Policy.Category), empty=KEEP, may_be_absent=True),
    cells.day("生效日期", "valid_from", may_be_absent=True),
    _last_day("失效日期", "valid_until"),
)
OPENS: Final = cells.day("申报开始", "opens_on", may_be_absent=True)
CAP: Final = cells.amount("最高金额", "cap", may_be_absent=True, hint="元")
OF_ITEM: Final = (
    cells.choice("兑现方式", "granting", labelled(Item.Granting), empty=KEEP, aliases=("granting",)),
    cells.text("兑现标准", "standard", 500, aliases=("standard",)),
    cells.text("享受条件", "criteria", 2000, aliases=("criteria",)),
    cells.choice("拨付资金", "pays_money", YES_NO, empty=KEEP, may_be_absent=True, hint="不填为“是”"),
    cells.amount("固定金额", "amount", may_be_absent=True, hint="元"),
    CAP,
    OPENS,
    _last_day("申报截止", "closes_on", "deadline", "截止日期"),
    cells.text("申报材料", "materials", 2000, may_be_absent=True),
    cells.count("承诺办理(工作日)", "promised_days", may_be_absent=True),
)
COLUMNS: Final = (TITLE, DOCUMENT, *OF_POLICY[:-1], ITEM, DEPARTMENT, *OF_ITEM)
LONGEST_PROMISE: Final = 1_000

PolicyKey = tuple[str, str]  # title and document number
ItemKey = tuple[PolicyKey, str]


class Policies:
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    most_rows: ClassVar[int] = 5_000
    batch: ClassVar[int | None] = None

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._region = _region(situation)
        self._seen = Seen()

    def decide(self, rows: list[Row]) -> list[Decision]:
        self._departments = DepartmentFinder(self._region)
        here = Policy.objects.filter(region=self._region)
        items = Item.objects.filter(policy__region=self._region).select_related("policy", "department").order_by("pk")
        if self._situation.writing:
            here = here.select_for_update(no_key=True)
            items = items.select_for_update(no_key=True, of=("self",))
        self._policies = {(found.title, found.document_number): found for found in here.order_by("pk")}
        self._items = {((one.policy.title, one.policy.document_number), one.name): one for one in items}
        return [decision for row in rows if (decision := self._decide(row))]

    def _decide(self, row: Row) -> Decision | None:
        values, department = row.values, self._departments.find(row, DEPARTMENT)
        title = values.get("title")
        if title is None:
            return None
        policy_key = (title, values.get("document_number", ""))
        name = values.get("name") or title[:120]
        if first := self._seen.before((policy_key, name), row):
            row.refuse(ITEM if ITEM.name in values else TITLE, f"“{name[:30]}”与第 {first} 行重复")
        item = self._items.get((policy_key, name))
        _check(row, item)
        if not row.is_good() or department is None:
            return None
        of_policy = {column.name: values[column.name] for column in OF_POLICY if column.name in values}
        of_item = {column.name: values[column.name] for column in OF_ITEM if column.name in values}
        of_item["department"] = department
        record = (policy_key, name, item, of_policy, of_item)
        subject = name if name == title else f"{title}：{name}"
        if item is None:
            return Decision(row, Verdict.ADDED, subject, record=record)
        told = changes(item.policy, of_policy, OF_POLICY) + changes(item, of_item, (DEPARTMENT, *OF_ITEM))
        is_changed = compare(item.policy, of_policy) or compare(item, of_item)
        return Decision(row, Verdict.UPDATED if is_changed else Verdict.UNCHANGED, subject, told, record)

    def write(self, decisions: list[Decision]) -> None:
        """Policies are few: each is saved on its own, so that open rows follow their item as after an edit."""
        for decision in decisions:
            key, name, item, of_policy, of_item = decision.record
            policy = self._policy(key, of_policy)
            before = Item.objects.get(pk=item.pk) if item else None
            item = item or Item(policy=policy, name=name)
            _set(item, of_item)
            item.version += 1 if before else 0
            item.save()
            if before:
                editing.follow(before, item)

    def _policy(self, key: PolicyKey, wanted: dict[str, Any]) -> Policy:
        policy = self._policies.get(key)
        if policy is None:
            policy = Policy(title=key[0], document_number=key[1], region=self._region)
            policy.entered_by, policy.entered_at = self._situation.cadre, self._situation.now
        elif compare(policy, wanted):
            policy.version += 1
        _set(policy, wanted)
        policy.save()
        self._policies[key] = policy
        return policy

    def remarks(self, added: int) -> list[str]:
        return []


def _set(stored: Policy | Item, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        setattr(stored, name, value)


def _check(row: Row, item: Item | None) -> None:
    """What the constraints would refuse."""
    values = row.values

    def given(name: str) -> Any:
        return values[name] if name in values else getattr(item, name, None)

    if given("opens_on") and given("closes_on") and given("opens_on") > given("closes_on"):
        row.refuse(OPENS, "申报开始晚于申报截止")
    if given("amount") is not None and given("cap") is not None and given("amount") > given("cap"):
        row.refuse(CAP, "固定金额超过最高金额")
    if (values.get("promised_days") or 0) > LONGEST_PROMISE:
        row.refuse(OF_ITEM[-1], f"最多 {LONGEST_PROMISE} 个工作日")


def _region(situation: Situation) -> Region:
    """Whose policies these are: those of the importer's region, or of the city where the system itself imports."""
    if situation.cadre is not None and situation.cadre.region is not None:
        return situation.cadre.region
    cities = list(Region.objects.filter(parent=None)[:2])
    if len(cities) != 1:
        raise UnreadableError("不知道这些政策属于哪个区域，请用 --as 说明以谁的身份导入。")
    return cities[0]
