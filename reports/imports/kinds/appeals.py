"""Open cases of a paper ledger (企业困难诉求清单): each begins here as 待受理, whatever had been done about it before.

Who led it and what was said so far is kept in words; who handles it now is for the office to say. What is known by its
number, or by enterprise, day and title, is left alone.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.utils import timezone

from appeals.models import Appeal, Category
from appeals.models.appeal import SHORTEST_DESCRIPTION
from appeals.models.queries import OWN_NUMBER
from appeals.models.tables import Triage, Urgency
from appeals.registration import of_paper, take_over
from appeals.workflow import OPEN, Status
from reports.imports import cells
from reports.imports.cells import labelled
from reports.imports.kinds.columns import CREDIT_CODE, ENTERPRISE_NAME, EnterpriseFinder
from reports.imports.reading import UnreadableError
from reports.imports.rows import Decision, Seen, Verdict

if TYPE_CHECKING:
    from cadres.models import Cadre
    from enterprises.models import Enterprise
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

OPEN_WORDS: Final = {status.label: status.value for status in Status if status in OPEN}

NUMBER: Final = cells.text("编号", "number", 30, hint="原台账的编号；不填由系统编号")
RAISED: Final = cells.day("提出日期", "raised_on", required=True)
TITLE: Final = cells.text("标题", "title", 40, required=True)
DESCRIPTION: Final = cells.text("描述", "description", 1000, required=True, hint=f"{SHORTEST_DESCRIPTION}–1000 字")
CATEGORY: Final = cells.text("类别", "category", 20, required=True, listed="诉求类别")
# What the paper says of the handling, kept in words.
SAID: Final = (
    cells.choice("研判", "triage", labelled(Triage)),
    cells.text("主办单位", "lead", 80),
    cells.text("承办人", "handler", 40),
    cells.text("协办单位", "co_departments", 200),
    cells.choice("状态", "status", OPEN_WORDS, hint="只接收未办结的；导入后都从“待受理”起办理"),
    cells.text("进展", "progress", 500),
    cells.text("答复内容", "reply", 1000),
    cells.text("备注", "remarks", 300),
)
KEPT: Final = ("nature", "urgency", "source", "title", "description")
RIGHT: Final = "appeals.submit_appeal"

Known = tuple[int, str, date]  # enterprise, title, day


class Appeals:
    columns: ClassVar[tuple[Column, ...]] = (
        NUMBER,
        ENTERPRISE_NAME,
        CREDIT_CODE,
        cells.choice("来源", "source", labelled(Appeal.Source), required=True),
        RAISED,
        cells.choice("性质", "nature", labelled(Appeal.Nature), empty=Appeal.Nature.DIFFICULTY, hint="不填为困难诉求"),
        TITLE,
        DESCRIPTION,
        CATEGORY,
        SAID[0],
        cells.choice("紧急程度", "urgency", labelled(Urgency), empty=Urgency.ORDINARY, hint="不填为一般"),
        *SAID[1:],
    )
    most_rows: ClassVar[int] = 20_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation, self._by = situation, _registrar(situation)
        self._categories = {one.name: one for one in Category.objects.filter(active=True)}
        self._seen = Seen()
        self._numbers: dict[str, tuple[int, str]] = {}
        self._known: set[Known] = set()

    def decide(self, rows: list[Row]) -> list[Decision]:
        finder = EnterpriseFinder(rows, self._situation)
        enterprises = {row.number: finder.find(row) for row in rows}
        self._fetch(rows, [one for one in enterprises.values() if one])
        return [decision for row in rows if (decision := self._decide(row, enterprises[row.number]))]

    def _fetch(self, rows: list[Row], enterprises: list[Enterprise]) -> None:
        numbers = {row.values["number"] for row in rows if row.values.get("number")}
        found = Appeal.objects.filter(number__in=numbers).values_list("number", "enterprise", "title")
        self._numbers = {str(number): (enterprise, title) for number, enterprise, title in found}
        titles = {row.values.get("title", "") for row in rows}
        raised = Appeal.objects.filter(enterprise__in=enterprises, title__in=titles, submitted_at__isnull=False)
        self._known = {
            (enterprise, title, timezone.localdate(at))
            for enterprise, title, at in raised.values_list("enterprise", "title", "submitted_at")
        }

    def _decide(self, row: Row, enterprise: Enterprise | None) -> Decision | None:
        values = row.values
        category = self._check(row)
        if enterprise is None or not row.is_good() or category is None:
            return None
        number, key = values.get("number", ""), (enterprise.pk, values["title"], values["raised_on"])
        if first := self._seen.before(number or key, row):
            row.refuse(NUMBER if number else TITLE, f"与第 {first} 行是同一件诉求")
            return None
        subject = f"{enterprise.name} {values['title']}"
        if number in self._numbers:
            if self._numbers[number] != key[:2]:
                row.refuse(NUMBER, f"编号 {number} 已用于另一件诉求，请核对")
                return None
            return Decision(row, Verdict.UNCHANGED, subject)
        if key in self._known:
            return Decision(row, Verdict.UNCHANGED, subject)
        # The running numbers of a day must not meet those of a file.
        if OWN_NUMBER.fullmatch(number):
            row.refuse(NUMBER, f"{number} 是系统的编号，但系统里没有这件诉求；原台账没有编号的请留空")
            return None
        return Decision(row, Verdict.ADDED, subject, record=(enterprise, category))

    def _check(self, row: Row) -> Category | None:
        values = row.values
        if values.get("raised_on") and values["raised_on"] > self._situation.today:
            row.refuse(RAISED, "不能晚于今天")
        if "description" in values and len(values["description"]) < SHORTEST_DESCRIPTION:
            row.refuse(DESCRIPTION, f"至少 {SHORTEST_DESCRIPTION} 个字，现为 {len(values['description'])} 个")
        name = values.get("category")
        category = self._categories.get(name) if name else None
        if name and category is None:
            row.refuse(CATEGORY, f"“{name}”不是可选的类别，应为：{'、'.join(self._categories)}")
        return category

    def write(self, decisions: list[Decision]) -> None:
        take_over([self._paper(each) for each in decisions], by=self._by, now=self._situation.now)

    def _paper(self, decision: Decision) -> Any:
        values, (enterprise, category) = decision.row.values, decision.record
        raised_at = timezone.make_aware(datetime.combine(values["raised_on"], time()))
        return of_paper(
            enterprise,
            by=self._by,
            now=self._situation.now,
            said=_said(values),
            number=values.get("number") or None,
            submitted_at=raised_at,
            category=category,
            **{name: values[name] for name in KEPT if name in values},
        )

    def remarks(self, added: int) -> list[str]:
        return [f"{added} 件都从“待受理”起，等候时间从导入起算；提出日期按原台账。"] if added else []


def _registrar(situation: Situation) -> Cadre:
    if situation.cadre is None:
        raise UnreadableError("诉求须有登记人，请用 --as 指明以谁的身份导入。")
    if not situation.cadre.has_perm(RIGHT):
        raise UnreadableError("导入诉求须有提交诉求的权限，请由办公室导入。")
    return situation.cadre


def _said(values: dict[str, Any]) -> str:
    """纸质台账转入。原台账记载：状态 办理中；主办单位 市人社局。"""
    told = [f"{one.header} {one.words(values[one.name])}" for one in SAID if values.get(one.name)]
    return f"纸质台账转入。原台账记载：{'；'.join(told)}。" if told else "纸质台账转入。"
