"""Who is told of a step or of a rung of the ladder, and in which words."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils import timezone

from appeals import rules
from appeals.models.tables import Urgency
from appeals.workflow import SUPERVISED_AFTER_BOUNCES, Status
from cadres import audience
from cadres import notices as outbox
from cadres.inserting import Mould
from cadres.models import Cadre, Outbox
from cadres.paths import page_of
from cadres.roles import Role
from enterprises.models import Assignment
from workflow.models import Rung, Trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from appeals.models import Appeal, Comment, Event
    from cadres.audience import Target
    from cadres.models import Department
    from workflow.ladder import Reached

NAMED_IN_A_NOTICE: Final = 5
LEVEL_WORDS: Final = ("提醒", "一级督办", "二级督办", "三级督办", "四级督办")
TRIGGER_WORDS: Final[dict[str, str]] = dict(Trigger.choices)


def tell_of_steps(events: Iterable[Event], now: datetime) -> None:
    """Tell those whose turn it is now, or who wait for the answer; what concerns nobody else tells nobody."""
    found = [_step_notice(event, now) for event in events if _is_told(event)]
    if found:
        outbox.write(found)


def _is_told(event: Event) -> bool:
    return event.step in STEP_NOTICES and (event.before, event.after) != (Status.DRAFT, Status.WITHDRAWN)


def _step_notice(event: Event, now: datetime) -> Outbox:
    appeal = event.appeal
    people, words = STEP_NOTICES[event.step]
    return Outbox(
        key=f"appeal-event:{event.pk}",
        subject=f"{words}：{appeal.title}",
        body="\n".join(part for part in (f"{appeal.number} {appeal.enterprise.name}", event.note) if part),
        url=appeal.get_absolute_url(),
        level=appeal.level if event.step == "urge" else 0,
        at_once=appeal.urgency == Urgency.CRITICAL,
        audience=people(appeal),
        actor=event.capacity,
        created_at=now,
    )


def tell_of_comment(comment: Comment, now: datetime) -> None:
    """Who registered the case and who handles it read what others say about it."""
    appeal = comment.appeal
    outbox.tell(
        f"appeal-comment:{comment.pk}",
        _registrar(appeal) + (_handler(appeal) if appeal.lead_id else []),
        f"诉求有新留言：{appeal.title}",
        now=now,
        body=f"{appeal.number} {appeal.enterprise.name}\n{comment.text}",
        url=appeal.get_absolute_url(),
        actor=comment.cadre,
    )


def tell_of_asking(appeal: Appeal, actor: Cadre | None, now: datetime) -> None:
    """Co-departments that were asked for their opinion just now."""
    outbox.write(
        [
            Outbox(
                key=f"opinion-asked:{one.pk}:{one.asked_at:%Y%m%d%H%M%S}",
                subject=f"请出具会办意见：{appeal.title}",
                body=f"{appeal.number} {appeal.enterprise.name}\n请在 {_moment(one.due_at)} 前出具。",
                url=appeal.get_absolute_url(),
                at_once=appeal.urgency == Urgency.CRITICAL,
                audience=[audience.of_department(Role.HANDLER, one.department_id)],
                actor=actor,
                created_at=now,
            )
            for one in appeal.opinions.awaited().filter(asked_at=now)
        ]
    )


def tell_of_leaving(event: Event, departments: Iterable[int], now: datetime) -> None:
    """Departments that a reassigned appeal left: they can't open it any more."""
    appeal = event.appeal
    outbox.write(
        [
            Outbox(
                key=f"appeal-left:{event.pk}:{pk}",
                subject=f"诉求已改派其他单位：{appeal.title}",
                body="\n".join(part for part in (f"{appeal.number} {appeal.enterprise.name}", event.note) if part),
                audience=[audience.of_department(Role.HANDLER, pk), audience.of_department(Role.HEAD, pk)],
                actor=event.capacity,
                created_at=now,
            )
            for pk in departments
        ]
    )


def tell_team_of_answer(event: Event, now: datetime) -> None:
    """Who answers for the enterprise is told what it said by its link."""
    appeal = event.appeal
    outbox.tell(
        f"link-answer:{event.pk}",
        _enterprise_side(appeal),
        f"企业通过链接{'确认' if event.step == 'confirm' else '要求重办'}：{appeal.title}",
        now=now,
        body="\n".join(part for part in (f"{appeal.number} {appeal.enterprise.name}", event.note) if part),
        url=appeal.get_absolute_url(),
    )


def tell_of_urges(events: list[Event], now: datetime) -> None:
    """Everybody who has to act is told once of all that is urged; the appeals' enterprises are loaded."""
    turns = _whose_turns([event.appeal for event in events])
    groups: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[json.dumps(turns[event.appeal.pk])].append(event)
    outbox.write([_notice_of_many("催办", group, turns[group[0].appeal.pk], now) for group in groups.values() if group])


def tell_of_moves(events: list[Event], lead: Department, former: Mapping[int, list[Appeal]], now: datetime) -> None:
    """The new lead is told once what it has to sign, each former one what it need not handle any more."""
    if not events:
        return
    people = [audience.of_department(Role.HANDLER, lead.pk)]
    if any(event.appeal.urgency == Urgency.CRITICAL for event in events):
        people.append(audience.duty_officer(lead.pk))
    rows = [_notice_of_many("请签收改派诉求", events, people, now)]
    by_key = {event.appeal.pk: event for event in events}
    for pk, appeals in former.items():
        left = [by_key[appeal.pk] for appeal in appeals]
        people = [audience.of_department(Role.HANDLER, pk), audience.of_department(Role.HEAD, pk)]
        rows.append(_notice_of_many("诉求已改派其他单位", left, people, now, url=""))
    outbox.write(rows)


def _notice_of_many(
    words: str, events: list[Event], people: list[Target], now: datetime, url: str | None = None
) -> Outbox:
    """One notice about one appeal or many: 催办 37 件：外地员工无法返岗等."""
    first, count = events[0].appeal, len(events)
    named = "\n".join(f"{one.appeal.number} {one.appeal.title}" for one in events[:NAMED_IN_A_NOTICE])
    more = f"\n等 {count} 件" if count > NAMED_IN_A_NOTICE else ""
    there = first.get_absolute_url() if count == 1 else reverse("appeals:list") + "?status=waiting"
    return Outbox(
        key=f"appeal-events:{events[0].pk}:{count}:{words}",
        subject=f"{words} {count} 件：{first.title}等" if count > 1 else f"{words}：{first.title}",
        body="\n".join(filter(None, (events[0].note, named + more))),
        url=there if url is None else url,
        level=max(event.appeal.level for event in events) if words == "催办" else 0,
        audience=people,
        actor=events[0].capacity,
        created_at=now,
    )


def _whose_turns(appeals: list[Appeal]) -> dict[int, list[Target]]:
    """As whose_turn() of each, in two queries however many they are."""
    offices = set(Cadre.objects.holding(Role.OFFICE).values_list("department", flat=True))
    confirming = [appeal.enterprise_id for appeal in appeals if appeal.status == Status.CONFIRMING]
    teams: defaultdict[int, set[int]] = defaultdict(set)
    team = Assignment.objects.active(timezone.localdate()).specialists().filter(enterprise__in=confirming)
    for enterprise, cadre in team.values_list("enterprise", "cadre"):
        teams[enterprise].add(cadre)
    return {appeal.pk: _turn_of(appeal, offices, teams[appeal.enterprise_id]) for appeal in appeals}


def _turn_of(appeal: Appeal, offices: set[int | None], team: set[int]) -> list[Target]:
    if appeal.status == Status.CONFIRMING:
        return [audience.cadre(pk) for pk in sorted({appeal.registered_by_id, *team})]
    if appeal.status == Status.CLOSING:
        closer = Role.SUPERVISOR if appeal.lead_id and appeal.lead_id in offices else Role.OFFICE
        return [audience.of_region(closer, appeal.region_id)]
    return whose_turn(appeal)


def of_silent_signing(appeals: Iterable[Appeal], now: datetime) -> list[Outbox]:
    """视为签收: the department is told that the case is theirs now. The enterprises are loaded."""
    mould = Mould(Outbox, created_at=now)
    return [
        mould.row(
            key=f"signed-by-silence:{appeal.pk}:{appeal.stint}",
            subject=f"诉求视为签收，请立即办理：{appeal.title}",
            body=f"{appeal.number} {appeal.enterprise.name}\n超过签收时限一倍，不能再退单。",
            url=page_of("appeals:detail", appeal.pk),
            audience=_handler_and_head(appeal),
        )
        for appeal in appeals
    ]


def of_escalations(reached: Iterable[tuple[Appeal, Reached, int | None]], now: datetime) -> list[Outbox]:
    """One outbox row per rung. The appeals' enterprises are loaded.

    Each with the department that owes what is late, where that is not the case itself.
    """
    mould = Mould(Outbox, created_at=now)
    return [_escalation_notice(mould, appeal, rung, department) for appeal, rung, department in reached]


def _escalation_notice(mould: Mould[Outbox], appeal: Appeal, rung: Reached, department: int | None) -> Outbox:
    pk, round_ = appeal.pk, appeal.round if rung.round is None else rung.round
    key = f"escalation:{pk}:{rung.trigger}:{round_}:{rung.level}:{rung.occurrence}"
    people = [who for kind in rung.rung.audience for who in _of_rung(kind, appeal, department)]
    return mould.row(
        key=f"{key}:{rung.subject}" if rung.subject else key,
        subject=f"{LEVEL_WORDS[rung.level]}（{TRIGGER_WORDS[rung.trigger]}）：{appeal.title}",
        body=f"{appeal.number or '草稿'} {appeal.enterprise.name}",
        url=page_of("appeals:detail", pk),
        level=rung.level,
        at_once=appeal.urgency == Urgency.CRITICAL,
        audience=people,
    )


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}"


def _of_rung(kind: str, appeal: Appeal, department: int | None) -> list[Target]:
    """Of whom a rung speaks: in the department that owes what is late, otherwise of the case."""
    if department is not None and kind in WITHIN_A_DEPARTMENT:
        return [WITHIN_A_DEPARTMENT[kind](department)]
    return AUDIENCES[kind](appeal)


def _registrar(appeal: Appeal) -> list[Target]:
    return [audience.cadre(appeal.registered_by_id)]


def _enterprise_side(appeal: Appeal) -> list[Target]:
    """Who speaks for the enterprise today: its specialists, and whoever registered the appeal."""
    team = Assignment.objects.active(timezone.localdate()).specialists().filter(enterprise=appeal.enterprise_id)
    people = {appeal.registered_by_id, *team.values_list("cadre", flat=True)}
    return [audience.cadre(pk) for pk in sorted(people)]


def _assigner(appeal: Appeal) -> list[Target]:
    return _supervisor(appeal) if appeal.bounces >= SUPERVISED_AFTER_BOUNCES else _office(appeal)


def _closer(appeal: Appeal) -> list[Target]:
    return [audience.of_region(rules.closing_role(appeal), appeal.region_id)]


def _office(appeal: Appeal) -> list[Target]:
    return [audience.of_region(Role.OFFICE, appeal.region_id)]


def _handler(appeal: Appeal) -> list[Target]:
    """The handler who signed, otherwise all of the department; while nobody leads, the office."""
    if appeal.lead_id is None:
        return _office(appeal)
    if appeal.handler_id:
        return [audience.cadre_of_department(appeal.handler_id, Role.HANDLER, appeal.lead_id)]
    people = [audience.of_department(Role.HANDLER, appeal.lead_id)]
    return [*people, audience.duty_officer(appeal.lead_id)] if appeal.urgency == Urgency.CRITICAL else people


def _head(appeal: Appeal) -> list[Target]:
    return [audience.of_department(Role.HEAD, appeal.lead_id)] if appeal.lead_id else _office(appeal)


def _leader_in_charge(appeal: Appeal) -> list[Target]:
    return [audience.leader_in_charge(appeal.lead_id)] if appeal.lead_id else _office(appeal)


def _supervisor(appeal: Appeal) -> list[Target]:
    return [audience.of_region(Role.SUPERVISOR, appeal.region_id)]


def _leader(appeal: Appeal) -> list[Target]:
    return [audience.of_region(Role.LEADER, appeal.region_id)]


def _handler_and_head(appeal: Appeal) -> list[Target]:
    return _handler(appeal) + _head(appeal)


def whose_turn(appeal: Appeal) -> list[Target]:
    """Those who have to act now, and whom an urge reaches: the head beside the handler."""
    return TURNS[Status(appeal.status)](appeal)


AUDIENCES: Final[dict[str, Callable[[Appeal], list[Target]]]] = {
    Rung.Audience.REGISTRAR: _registrar,
    Rung.Audience.HANDLER: _handler,
    Rung.Audience.HEAD: _head,
    Rung.Audience.LEADER_IN_CHARGE: _leader_in_charge,
    Rung.Audience.OFFICE: _office,
    Rung.Audience.SUPERVISOR: _supervisor,
    Rung.Audience.LEADER: _leader,
}

WITHIN_A_DEPARTMENT: Final[dict[str, Callable[[int], Target]]] = {
    Rung.Audience.HANDLER: lambda pk: audience.of_department(Role.HANDLER, pk),
    Rung.Audience.HEAD: lambda pk: audience.of_department(Role.HEAD, pk),
    Rung.Audience.LEADER_IN_CHARGE: audience.leader_in_charge,
}

TURNS: Final[dict[Status, Callable[[Appeal], list[Target]]]] = {
    Status.PENDING: _assigner,
    Status.ASSIGNED: _handler_and_head,
    Status.HANDLING: _handler_and_head,
    Status.REVIEWING: _head,
    Status.CONFIRMING: _enterprise_side,
    Status.CLOSING: _closer,
}

STEP_NOTICES: Final[dict[str, tuple[Callable[[Appeal], list[Target]], str]]] = {
    "submit": (_office, "请受理新诉求"),
    "settle": (_office, "现场办结，请核对销号"),
    "answer": (_enterprise_side, "诉求已直接答复，请与企业确认"),
    "decline": (_enterprise_side, "诉求不予受理，请向企业说明"),
    "assign": (_handler, "请签收转办诉求"),
    "sign": (_registrar, "诉求已签收办理"),
    "bounce": (_assigner, "诉求被退单，请重新转办"),
    "pass_on": (_handler, "诉求已转派给你，请继续办理"),
    "ask_reassign": (_assigner, "承办单位申请改派，请在 1 个工作日内决定"),
    "reassign": (_handler, "请签收改派诉求"),
    "keep_lead": (_handler_and_head, "不予改派，请继续办理"),
    "progress": (_registrar, "诉求有新进展"),
    "opine": (_handler, "协办单位已出具会办意见"),
    "reply": (_head, "请审核诉求答复"),
    "approve": (_enterprise_side, "答复已审核，请与企业确认"),
    "send_back": (_handler, "答复被退回，请继续办理"),
    "confirm": (_closer, "企业已确认，请销号"),
    "dispute": (_handler_and_head, "企业不满意，请重新办理"),
    "close": (_enterprise_side, "诉求已销号，请告知企业"),
    "return": (_handler_and_head, "销号未通过，请继续办理"),
    "return_to_office": (_registrar, "现场办结未认可，转为受理办理"),
    "withdraw": (_handler, "诉求已撤回"),
    "urge": (whose_turn, "催办"),
}
