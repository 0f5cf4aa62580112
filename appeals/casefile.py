"""What the page of one appeal shows: facts, the way it has gone, its history newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.utils import timezone

from appeals import rules
from appeals.models import Appeal, EnterpriseLink, Escalation, Round
from appeals.notices import LEVEL_WORDS
from appeals.workflow import FINAL, RUNNING, SETTLED, SUPERVISED_AFTER_BOUNCES, Status
from cadres.counting import Along
from cadres.roles import Role
from enterprises.models import Assignment, Contact
from policies.models import Fulfilment
from workflow.models import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from appeals.models import AppealQuerySet, Event, Instruction, Opinion
    from cadres.models import Cadre

Fact = tuple[str, str] | tuple[str, str, str]

OTHERS_SHOWN: Final = 5
RECORDED_LATE: Final = timedelta(minutes=30)

if TYPE_CHECKING:

    class Case(Appeal):
        """An appeal of with_file()."""

        contacts: list[Contact]
        co_names: list[str]
        rounds_newest_first: list[Round]

        class Meta:
            abstract = True


Way = tuple[tuple[str, str, Status], ...]

# The way of an appeal: what each stage is called, the step that ends it, the status in which it is.
STAGES: Final[Way] = (
    ("提交", "submit", Status.DRAFT),
    ("转办", "assign", Status.PENDING),
    ("签收", "sign", Status.ASSIGNED),
    ("办理", "reply", Status.HANDLING),
    ("审核", "approve", Status.REVIEWING),
    ("企业确认", "confirm", Status.CONFIRMING),
    ("销号", "close", Status.CLOSING),
)
# The shorter ways, by the step that answered.
SHORTER: Final[dict[str, Way]] = {
    "settle": (("现场办结", "settle", Status.DRAFT), STAGES[-1]),
    "answer": (STAGES[0], ("直接答复", "answer", Status.PENDING), *STAGES[-2:]),
}

# Icon and colour of a step in the history.
LOOKS: Final = {
    "submit": ("message-report", ""),
    "assign": ("send", ""),
    "settle": ("circle-check", "green"),
    "answer": ("message-circle", ""),
    "decline": ("ban", "red"),
    "sign": ("writing-sign", ""),
    "bounce": ("arrow-back-up", "yellow"),
    "pass_on": ("users", ""),
    "ask_reassign": ("arrows-exchange", "yellow"),
    "reassign": ("arrows-exchange", ""),
    "keep_lead": ("hand-stop", "yellow"),
    "progress": ("activity", ""),
    "opine": ("users", ""),
    "reply": ("message-circle", ""),
    "approve": ("circle-check", "green"),
    "send_back": ("arrow-back-up", "yellow"),
    "confirm": ("user-check", "green"),
    "dispute": ("hand-stop", "red"),
    "close": ("check", "green"),
    "return": ("arrow-back-up", "yellow"),
    "return_to_office": ("arrow-back-up", "yellow"),
    "withdraw": ("x", ""),
    "urge": ("bolt", "red"),
    "order": ("file-text", "red"),
    "order_answer": ("message-circle", ""),
    "order_accept": ("circle-check", "green"),
    "order_return": ("arrow-back-up", "yellow"),
    "order_revoke": ("ban", ""),
    "order_late": ("clock-exclamation", "red"),
    "order_end": ("check", ""),
    "instruction": ("file-text", "red"),
    "instruction_answer": ("message-circle", ""),
    "instruction_accept": ("circle-check", "green"),
    "instruction_return": ("arrow-back-up", "yellow"),
    "instruction_revoke": ("ban", ""),
    "instruction_end": ("check", ""),
    "succeed": ("building-bank", ""),
    "recompute": ("calendar-event", ""),
}
# Of what was said last time, nobody wants to read again what it was.
SAID_ANEW: Final = frozenset({"reply", "opinion"})
FIELD_LABELS: Final = {
    "lead": "主办单位",
    "due_at": "办理时限",
    "co_departments": "协办单位",
    "handler": "承办人",
    "triage": "研判",
    "urgency": "紧急程度",
    "decline_ground": "原因",
    "suggested_lead": "建议主办单位",
    "opinion_due_on": "会办意见时限",
    "opinion": "意见",
    "outcome": "办结类型",
    "reply": "答复",
    "solved": "是否解决",
    "rating": "满意度",
    "confirmed_by": "确认人",
    "confirmed_how": "确认方式",
    "contacted": "联系企业",
    "order": "督办单",
    "instruction": "批示",
    "leader": "批示领导",
    "instructed_on": "批示日期",
    "answering": "交办",
    "reply_due_at": "要求反馈",
}


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    title: str
    when: datetime
    who: str
    text: str
    icon: str
    colour: str


@dataclass(frozen=True)
class Stage:
    """One stage of the way."""

    label: str
    note: str
    state: str


@dataclass(frozen=True)
class RoundShown:
    number: int
    due_at: datetime
    original_due_at: datetime
    settled_at: datetime | None
    verdict: str
    colour: str

    @property
    def is_moved(self) -> bool:
        return self.due_at != self.original_due_at


@dataclass(frozen=True)
class OpinionShown:
    """What one co-department was asked for and said in the round in hand, or did not say."""

    key: int
    is_of_this_round: bool
    department: str
    due_at: datetime
    light: str
    who: str
    given_at: datetime | None
    text: str
    verdict: str
    colour: str


def with_file(appeals: AppealQuerySet) -> AppealQuerySet:
    """Appeals with what is little and lies in other tables, for their pages. No query more."""
    contacts = Contact.objects.main().filter(enterprise=OuterRef("enterprise"))
    joined = Appeal.co_departments.through.objects.filter(appeal=OuterRef("pk")).order_by(
        "department__region__path", "department__name"
    )
    rounds = Round.objects.filter(appeal=OuterRef("pk")).order_by("-number")
    return appeals.annotate(
        contacts=Along(contacts, "name", "phone"),
        co_names=ArraySubquery(joined.values("department__name")),
        rounds_newest_first=Along(rounds, "number", "due_at", "original_due_at", "settled_at"),
    )


def facts(appeal: Case, cadre: Cadre) -> list[Fact]:
    enterprise = appeal.enterprise
    may_look = cadre.has_perm("enterprises.view_enterprise")
    shown: list[Fact] = [
        ("企业", enterprise.name, enterprise.get_absolute_url()) if may_look else ("企业", enterprise.name),
        ("所属区域", appeal.place),
        ("联系人", appeal.contacts[0].masked if appeal.contacts else ""),
        ("类别", str(appeal.category)),
        ("性质", appeal.get_nature_display()),
        ("来源", appeal.get_source_display()),
        ("紧急程度", appeal.get_urgency_display()),
        ("研判", appeal.get_triage_display()),
        ("登记人", f"{appeal.registered_by} {appeal.registered_by.department or ''}".strip()),
        ("主办单位", str(appeal.lead or "")),
        ("承办人", str(appeal.handler or "")),
        ("协办单位", "、".join(appeal.co_names)),
    ]
    if appeal.contacted_at:
        shown.append(("首次联系", _moment(appeal.contacted_at)))
    elif appeal.contact_due_at and appeal.status in RUNNING:
        shown.append(("首次联系", f"应在 {_moment(appeal.contact_due_at)} 前"))
    if appeal.status == Status.CONFIRMING:
        shown.append(("企业链接", _whether_opened(appeal)))
    if appeal.status == Status.ASSIGNED and appeal.sign_due_at:
        shown.append(("签收时限", _moment(appeal.sign_due_at)))
    return shown


def _whether_opened(appeal: Appeal) -> str:
    """Whether the enterprise has looked since the answer lies before it."""
    links = EnterpriseLink.objects.filter(enterprise=appeal.enterprise_id)
    return "企业已打开查看，还没有答复" if links.opened_since(appeal.status_since).exists() else "答复后企业还没有打开"


def stages(appeal: Appeal, events: Iterable[Event]) -> list[Stage]:
    """The way with the last time and person of each stage that is behind; an appeal that ended early stops there."""
    last = {event.step: event for event in events}
    if appeal.status in FINAL and appeal.status != Status.CLOSED:
        return [*_stages_until(_reached(last), last, STAGES), _early_end(appeal, last)]
    way = _way(appeal, last)
    order = [status for _, _, status in way]
    here = len(order) if appeal.status == Status.CLOSED else order.index(Status(appeal.status))
    since = f"{timezone.localtime(appeal.status_since):%m-%d %H:%M} 起"
    ahead = [Stage(label, "", "todo") for label, _, _ in way[here + 1 :]]
    current = [Stage(way[here][0], since, "current")] if here < len(way) else []
    return _stages_until(here, last, way) + current + ahead


def _way(appeal: Appeal, last: dict[str, Event]) -> Way:
    """The way that led to the answer in force; the whole one where there is none."""
    answers = [last[step] for step in (*SHORTER, "approve") if step in last]
    if appeal.status not in SETTLED or not answers:
        return STAGES
    return SHORTER.get(max(answers, key=lambda event: event.pk).step, STAGES)


def _reached(last: dict[str, Event]) -> int:
    return max((number for number, (_, step, _) in enumerate(STAGES, start=1) if step in last), default=0)


def _stages_until(here: int, last: dict[str, Event], way: Way) -> list[Stage]:
    return [Stage(label, _who_and_when(last.get(step)), "done") for label, step, _ in way[:here]]


def _early_end(appeal: Appeal, last: dict[str, Event]) -> Stage:
    step = "decline" if appeal.status == Status.DECLINED else "withdraw"
    return Stage(appeal.status_label, _who_and_when(last.get(step)), "current")


def _who_and_when(event: Event | None) -> str:
    return f"{timezone.localtime(event.at):%m-%d %H:%M} {event.who}" if event else ""


def entries(
    events: Iterable[Event], escalations: Iterable[Escalation], owing: Mapping[tuple[str, int], str] | None = None
) -> list[Entry]:
    """Steps and rungs of the ladder together, newest first; a rung of the same instant came before the step.

    `owing` names what is late where that is not the case itself, by the trigger and the key (see awaited.Awaited).
    """
    rungs = [_of_escalation(rung, (owing or {}).get((rung.trigger, rung.subject), "")) for rung in escalations]
    return sorted([*rungs, *(_of_event(event) for event in events)], key=lambda entry: entry.when)[::-1]


def _of_event(event: Event) -> Entry:
    icon, colour = LOOKS[event.step]
    lines = [*_changes(event), event.note]
    return Entry(
        event.label, event.at, f"{event.who} {event.unit}".strip(), "\n".join(filter(None, lines)), icon, colour
    )


def _changes(event: Event) -> list[str]:
    """What the step set, in words: 紧急程度：一般 → 紧急."""
    lines = []
    for field in sorted(event.changes, key=list(FIELD_LABELS).index):
        before, after = event.changes[field]
        was = f"{before} → " if before and after and field not in SAID_ANEW else ""
        lines.append(f"{FIELD_LABELS[field]}：{was}{after or '无'}")
    return lines


def _of_escalation(rung: Escalation, owing: str) -> Entry:
    notes = [
        f"应于 {_moment(rung.due_at)} 触发，系统补记。" if rung.at - rung.due_at > RECORDED_LATE else "",
        "列入每日通报点名。" if rung.listed else "",
    ]
    icon, colour = ("stairs-up", "red") if rung.level else ("bell", "yellow")
    what = f"{rung.get_trigger_display()}{f'（{owing}）' if owing else ''}"
    return Entry(f"{what}：{LEVEL_WORDS[rung.level]}", rung.at, "系统", "".join(notes), icon, colour)


def rounds(appeal: Case, now: datetime) -> list[RoundShown]:
    """Each round with its deadlines, newest first, and whether it was 办结 by the deadline in force."""
    shown = []
    for one in appeal.rounds_newest_first:
        is_late = (one.settled_at or now) > one.due_at
        if one.settled_at:
            verdict, colour = ("超期办结", "red") if is_late else ("按时办结", "green")
        elif appeal.status in FINAL or one.number != appeal.round:
            verdict, colour = "未办结", "grey"
        else:
            verdict, colour = ("已超期", "red") if is_late else ("办理中", "blue")
        shown.append(RoundShown(one.number, one.due_at, one.original_due_at, one.settled_at, verdict, colour))
    return shown


def asked_of(appeal: Appeal) -> list[Opinion]:
    """Who was asked for an opinion in this round, and earlier ones that were given; the newest round first."""
    return list(appeal.opinions.asked().select_related("department", "given_by", "given_by_deputy"))


def opinions_of(appeal: Appeal, asked: Iterable[Opinion], now: datetime) -> list[OpinionShown]:
    return [_opinion(appeal, one, now) for one in asked]


def owing_of(opinions: Iterable[OpinionShown], instructions: Iterable[Instruction]) -> dict[tuple[str, int], str]:
    """How the history names what is awaited beside the case: by the department, by the number."""
    late: dict[tuple[str, int], str] = {(Trigger.OPINION, one.key): one.department for one in opinions}
    return late | {(Trigger.INSTRUCTION, one.pk): one.number for one in instructions}


def how_many_answered(opinions: list[OpinionShown]) -> str:
    asked = [one for one in opinions if one.is_of_this_round]
    given = sum(one.given_at is not None for one in asked)
    return f"已出具 {given} 家" + (f"，未出具 {len(asked) - given} 家" if given < len(asked) else "")


def _opinion(appeal: Appeal, one: Opinion, now: datetime) -> OpinionShown:
    late = one.is_late(now)
    light = "red" if late else "green"
    if one.given_at:
        verdict, colour, light = ("逾期出具", "yellow", "grey") if late else ("已出具", "green", "grey")
    elif appeal.status not in RUNNING:
        verdict, colour, light = "未出具", "grey", "grey"
    else:
        verdict, colour = ("逾期未出具", "red") if late else ("待出具", "orange")
    now_asked = one.round == appeal.round
    department = f"{one.department}" if now_asked else f"{one.department}（第 {one.round} 轮）"
    who = str(one.given_by or "")
    return OpinionShown(one.pk, now_asked, department, one.due_at, light, who, one.given_at, one.text, verdict, colour)


def whose_turn(stand: rules.Stand) -> str:
    """Who has to act now, in words; "" where nobody has."""
    appeal = stand.appeal
    lead = appeal.lead or "主办单位"
    by_supervisor = appeal.status == Status.CLOSING and stand.closing_role is Role.SUPERVISOR
    return {
        Status.DRAFT: "待登记人补充并提交",
        Status.PENDING: "待督查指定主办单位" if appeal.bounces >= SUPERVISED_AFTER_BOUNCES else "待助企办受理转办",
        Status.ASSIGNED: f"待{lead}签收",
        Status.HANDLING: _who_handles(appeal),
        Status.REVIEWING: f"待{lead}负责人审核",
        Status.CONFIRMING: _who_confirms(appeal),
        Status.CLOSING: "待督查核对销号" if by_supervisor else "待助企办核对销号",
    }.get(Status(appeal.status), "")


def _who_handles(appeal: Appeal) -> str:
    if appeal.status != Status.HANDLING:
        return ""
    mover = "督查" if appeal.bounces >= SUPERVISED_AFTER_BOUNCES else "助企办"
    if appeal.transfer_asked_at:
        hope = f"改由{appeal.suggested_lead}办理" if appeal.suggested_lead else "改派"
        return f"{appeal.lead}于 {_moment(appeal.transfer_asked_at)} 申请{hope}，待{mover}决定，其间继续办理"
    if not rules.can_handle(appeal):
        return f"{appeal.lead}没有承办人，待{mover}改派"
    return f"{appeal.lead}{appeal.handler or ''}办理中"


def _who_confirms(appeal: Appeal) -> str:
    if appeal.status != Status.CONFIRMING:
        return ""
    team = Assignment.objects.active(timezone.localdate()).specialists().filter(enterprise=appeal.enterprise_id)
    names = team.exclude(cadre__department=appeal.lead_id).order_by("pk").values_list("cadre__name", flat=True)
    return f"待驻企专员{'、'.join(names)}与企业确认" if names else "企业没有可代为确认的专员，请先安排包联"


def others_of(appeal: Appeal, cadre: Cadre, now: datetime) -> list[Appeal]:
    """The enterprise's other appeals that this cadre may see, the newest first."""
    visible = Appeal.objects.visible_to(cadre).filter(Q(enterprise=appeal.enterprise_id) & ~Q(pk=appeal.pk))
    return list(visible.with_light(now).defer("description", "reply").order_by("-pk")[:OTHERS_SHOWN])


def fulfilment_of(appeal: Appeal, cadre: Cadre) -> Fulfilment | None:
    """The blocked row of the policy ledger that the appeal is about, where this cadre may see it."""
    if appeal.fulfilment_id is None:
        return None
    visible = Fulfilment.objects.visible_to(cadre).select_related("item__policy")
    return visible.filter(pk=appeal.fulfilment_id).first()


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
