"""企业困难诉求清单: the list of appeals in forty columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Count, F, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from appeals.filters import LIGHTS, AppealFilter
from appeals.models import Appeal, Event
from appeals.models.tables import Triage, Urgency
from appeals.views.lists import NOT_FOR_YOU, SORTS
from appeals.workflow import STEPS, Status
from enterprises.models import Assignment, Enterprise
from reports.ledgers.columns import code, day, label, long, moment, name, number, phone, text
from reports.ledgers.kind import LedgerKind
from reports.ledgers.kinds.people import contact, joined, team_names
from reports.ledgers.kinds.words import industry, size

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from cadres.listing import FilterForm
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader

Role = Assignment.Role

LEVELS: Final = {0: "", 1: "一级", 2: "二级", 3: "三级", 4: "四级"}
# Steps that put off a deadline say which one they bring.
EXTENDING: Final = [step for step, found in STEPS.steps.items() if "due_at" in found.carries]


def rows(form: FilterForm, now: datetime) -> QuerySet[Any]:
    return Appeal.objects.visible_to(form.cadre).with_light(now)


def columns(reader: Reader) -> list[Column]:
    return [*_enterprise(reader), *_appeal(), *_handling(reader), *_outcome()]


def _enterprise(reader: Reader) -> list[Column]:
    return [
        code("编号", "number", 24),
        text("区县", "region_path", words=reader.district),
        text("街道", "region_path", 14, words=reader.town),
        text("企业名称", "enterprise__name", 32),
        code("统一社会信用代码", "enterprise__credit_code"),
        label("主体类型", "enterprise__kind", Enterprise.Kind, 12),
        text("行业", "enterprise__industry", 20, words=industry),
        text("规模", size("enterprise__"), 12),
        name("联系人", contact("name"), masked=reader.masked),
        phone("联系电话", contact("phone"), masked=reader.masked),
    ]


def _appeal() -> list[Column]:
    return [
        label("来源", "source", Appeal.Source, 11),
        day("提出日期", "submitted_at"),
        label("性质", "nature", Appeal.Nature),
        text("标题", "title", 30),
        long("描述", "description", 50),
        text("类别", "category__name"),
        label("研判", "triage", Triage, 8),
        label("紧急程度", "urgency", Urgency),
    ]


def _handling(reader: Reader) -> list[Column]:
    co_departments = Appeal.co_departments.through.objects.filter(appeal=OuterRef("pk")).order_by().values("appeal")
    return [
        text("主办单位", "lead__name", 20),
        text("承办人", "handler__name", 10),
        text("协办单位", joined(co_departments, "department__name"), 24),
        text("专员", team_names(Role.SPECIALIST, reader.today), 12),
        text("包联领导", team_names(Role.LEADER, reader.today), 12),
        day("转办日期", _last("at", "assign")),
        moment("办理时限", "due_at"),
        label("状态", "status", Status),
        text("督办级别", "level", 10, words=LEVELS.get),
        long("进展", _last("note", "progress")),
        long("答复内容", "reply", 50),
        number("延期次数", _times(*EXTENDING)),
        number("重办次数", Greatest(F("round") - 1, 0)),
    ]


def _outcome() -> list[Column]:
    unsolved = Case(When(solved__in=(Appeal.Solved.NO, Appeal.Solved.PARTLY), then=_last("note", "confirm")))
    declined = dict(Appeal.DeclineGround.choices)
    return [
        day("办结日期", "settled_at"),
        label("办结类型", "outcome", Appeal.Outcome, 12),
        label("是否解决", "solved", Appeal.Solved),
        long("未解决原因", unsolved, 30),
        label("满意度", "rating", Appeal.Rating),
        text("末梢验证", Value(""), 10),
        text("预警", "light", 10, words=dict(LIGHTS).get),
        text("备注", "decline_ground", 24, words=lambda ground: f"不予受理：{declined[ground]}" if ground else ""),
    ]


def _last(field: str, step: str) -> Combinable:
    """A field of the last event of a step."""
    return Subquery(Event.objects.filter(appeal=OuterRef("pk"), step=step).order_by("-pk").values(field)[:1])


def _times(*steps: str) -> Combinable:
    """How often any of the steps was taken."""
    taken = Event.objects.filter(appeal=OuterRef("pk"), step__in=steps).order_by().values("appeal")
    return Coalesce(Subquery(taken.annotate(times=Count("pk")).values("times"), output_field=IntegerField()), 0)


KIND: Final = LedgerKind(
    right="appeals.view_appeal",
    refusal=NOT_FOR_YOU,
    list_name="appeals:list",
    form=lambda data, cadre, now: AppealFilter(data, cadre=cadre, now=now),
    rows=rows,
    sorts=SORTS,
    default_sort="urgent",
    columns=columns,
)
