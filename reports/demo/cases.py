"""The invented appeals of 澜川市: twenty real-life difficulties, each several times, brought to every status.

Every step is taken by the person who would take it, at a working hour of the past, in the order of time and with the
ladder applied between, so that histories, deadlines, rungs and notices are what the product itself would have written.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from appeals import escalation
from appeals.demand_workflow import ORDER_STEPS
from appeals.models import Appeal, Category, Opinion, Order
from appeals.models.tables import Triage, Urgency
from appeals.registration import Settlement, register
from appeals.supervising import acting, sweeping
from appeals.supervising.acting import ORDERS
from cadres.models import Cadre, Department
from reports.demo import instructions
from workflow.models import OrderColour
from workflow.steps import Actor
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from random import Random

    from enterprises.models import Enterprise
    from reports.demo.people import Cast

SOURCE: Final = Path(__file__).parent / "data" / "demo_appeals.csv"
SHOWN_DEPARTMENT: Final = "人社局"  # of the demo's handler and head
HOUR: Final = 60
DAY: Final = 7 * HOUR  # working minutes


class Script(NamedTuple):
    """A life: how many working days ago it began and how, and each further step with its delay in working minutes.

    A difficulty that an order or an instruction is about is none of the pressing ones; `led_by` names whose it is.
    """

    began: tuple[int, int]
    steps: tuple[tuple[str, int], ...]
    times: int = 1
    led_by: str = ""
    first: str = "submit"


SIGNED: Final = (("assign", 2 * HOUR), ("sign", 3 * HOUR))
HANDLED: Final = (*SIGNED, ("opine", 4 * HOUR), ("progress", DAY))
ANSWERED: Final = (*HANDLED, ("reply", DAY), ("approve", 4 * HOUR))
ORDERED: Final = (*HANDLED, ("order", 4 * HOUR))
REPORTED: Final = (*ORDERED, ("order_answer", DAY))
DISPUTED: Final = (*ANSWERED, ("dispute", DAY))
INSTRUCTED: Final = (*HANDLED, ("instruction", 2 * HOUR))
FED_BACK: Final = (*INSTRUCTED, ("instruction_answer", DAY))

SCRIPTS: Final = (
    Script((12, 38), (*ANSWERED, ("confirm", DAY), ("close", DAY)), times=22),
    Script((30, 38), (*HANDLED, ("reply", 11 * DAY), ("approve", HOUR), ("confirm", DAY), ("close", DAY)), times=2),
    Script((25, 30), (*DISPUTED, ("reply", DAY), ("approve", HOUR), ("confirm", DAY), ("close", DAY)), times=2),
    Script((0, 0), (), times=4),
    Script((2, 2), (), times=2),
    Script((1, 1), (("assign", 2 * HOUR),), times=4),
    Script((3, 6), HANDLED, times=9),
    Script((9, 9), SIGNED, times=2),
    Script((13, 13), HANDLED, times=2),
    Script((17, 17), HANDLED, times=1),
    Script((24, 24), HANDLED, times=1),
    Script((4, 5), ANSWERED[:-1], times=2),
    Script((3, 4), ANSWERED[:-1], times=2, led_by=SHOWN_DEPARTMENT),
    Script((5, 7), ANSWERED, times=4),
    Script((6, 8), (*ANSWERED, ("confirm", DAY)), times=3),
    Script((6, 9), DISPUTED, times=2),
    Script((2, 3), (("assign", 2 * HOUR), ("bounce", 2 * HOUR)), times=2),
    Script((8, 20), (("decline", 3 * HOUR),), times=2),
    Script((8, 20), (("assign", 2 * HOUR), ("withdraw", 2 * HOUR)), times=2),
    Script((3, 9), (("close", DAY),), times=2, first="settle"),
    Script((0, 1), (), times=2, first="settle"),
    Script((6, 10), (("answer", 2 * HOUR), ("confirm", DAY)), times=3),
    Script((1, 2), (("answer", 2 * HOUR),), times=1),
    Script((4, 8), (*HANDLED[:2], ("pass_on", HOUR), ("progress", DAY)), times=3),
    Script((2, 3), (*HANDLED[:2], ("ask_reassign", 2 * HOUR)), times=2),
    Script((5, 8), (*HANDLED[:2], ("ask_reassign", 2 * HOUR), ("reassign", 2 * HOUR), ("sign", HOUR)), times=2),
    *(
        script
        for led_by in (SHOWN_DEPARTMENT, "")
        for script in (
            Script((4, 5), ORDERED, led_by=led_by),
            Script((5, 6), REPORTED, led_by=led_by),
            Script((5, 5), (*REPORTED, ("order_return", 4 * HOUR)), led_by=led_by),
            Script((6, 8), (*REPORTED, ("order_accept", 4 * HOUR)), led_by=led_by),
            Script((6, 8), (*ORDERED, ("order_revoke", DAY)), led_by=led_by),
        )
    ),
    *(
        script
        for led_by in (SHOWN_DEPARTMENT, "")
        for script in (
            Script((3, 4), INSTRUCTED, led_by=led_by),
            Script((5, 6), FED_BACK, led_by=led_by),
            Script((5, 5), (*FED_BACK, ("instruction_return", 4 * HOUR)), led_by=led_by),
            Script((6, 8), (*FED_BACK, ("instruction_accept", 4 * HOUR)), led_by=led_by),
        )
    ),
    Script((8, 8), INSTRUCTED, led_by=SHOWN_DEPARTMENT),  # late
    Script((4, 5), (*HANDLED, ("instruction_paper", 2 * HOUR)), led_by=SHOWN_DEPARTMENT),
    Script((6, 8), (*INSTRUCTED, ("instruction_revoke", DAY))),
)
DRAFTS: Final = 2
PRESSED: Final = frozenset({"order", "instruction", "instruction_paper"})
CRITICAL_PACE: Final = 12
COLOURS: Final = (OrderColour.BLUE, OrderColour.BLUE, OrderColour.YELLOW)
DEMAND: Final = "企业多次反映进展缓慢，请明确责任人和办结时间，书面反馈目前进展、存在困难和下一步措施。"
ANSWER: Final = "已由分管负责人牵头，与企业现场对接，形成办理方案，明确责任科室和完成时限，每周向企业通报一次进展。"
OPINION: Final = "经核，属我单位职责的部分可以办理，已安排专人对接，三个工作日内落实；需主办单位提供企业名单。"


@dataclass
class Case:
    """One appeal on its way."""

    row: dict[str, str]
    enterprise: Enterprise
    specialist: Cadre
    lead: Department
    appeal: Appeal | None = None
    handler: int = 0  # which of the lead's two


class Cases:
    def __init__(self, random: Random, cast: Cast, owners: dict[int, Cadre], now: datetime) -> None:
        self.random, self.cast, self.owners, self.now = random, cast, owners, now
        self.calendar = load_calendar()
        self.raised: set[tuple[int, str]] = set()
        self.categories = {category.name: category for category in Category.objects.all()}
        with SOURCE.open(encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))

    def play(self, enterprises: list[Enterprise]) -> int:
        """Play every script in the order of time, the ladder at the end of each day; returns how many appeals."""
        plan = sorted(self._plan(enterprises), key=lambda item: item[0])
        days = {at.date() for at, _, _ in plan}
        for day in sorted(days):
            for at, case, step in plan:
                if at.date() == day:
                    self._take(case, step, at)
            self._sweep(min(self.now, self.calendar.end_of_day(day) + timedelta(minutes=5)))
        self._sweep(self.now)
        return len({id(case) for _, case, _ in plan})

    def _sweep(self, now: datetime) -> None:
        escalation.apply_ladder(now)
        sweeping.raise_unanswered(now)

    def _plan(self, enterprises: list[Enterprise]) -> list[tuple[datetime, Case, str]]:
        owned = [enterprise for enterprise in enterprises if enterprise.pk in self.owners]
        plan: list[tuple[datetime, Case, str]] = []
        number = 0
        for script in SCRIPTS:
            for _ in range(script.times):
                plan += self._schedule(script, self._case(number, owned, script))
                number += 1
        for _ in range(DRAFTS):
            plan.append((self.calendar.add_minutes(self.now, -DAY), self._case(number, owned), "draft"))
            number += 1
        return plan

    def _case(self, number: int, owned: list[Enterprise], script: Script | None = None) -> Case:
        rows = self._rows_for(script) if script else self.rows
        row = rows[number % len(rows)]
        same = [e for e in owned if e.industry_group == row["industry_group"]] or owned
        fresh = [e for e in same if (e.pk, row["title"]) not in self.raised] or same
        mine = [e for e in fresh if self.owners[e.pk] == self.cast.named["specialist"]]
        enterprise = self.random.choice(mine if mine and number % 3 == 0 else fresh)
        self.raised.add((enterprise.pk, row["title"]))
        return Case(row, enterprise, self.owners[enterprise.pk], self._department(row["lead_department"]))

    def _rows_for(self, script: Script) -> list[dict[str, str]]:
        rows = self.rows
        if not PRESSED.isdisjoint(name for name, _ in script.steps):
            rows = [row for row in rows if self._urgency(row) in {Urgency.ORDINARY, Urgency.PRESSING}]
        return [row for row in rows if script.led_by in {"", row["lead_department"]}]

    def _schedule(self, script: Script, case: Case) -> list[tuple[datetime, Case, str]]:
        back = self.random.randint(*script.began)
        at = self.calendar.add_minutes(self.now, -max(back * DAY, self.random.randrange(10, 90)))
        steps = [(at, case, script.first)]
        for name, delay in script.steps:
            at = self._after(at, delay * self.random.uniform(0.6, 1.0), case)
            if at < self.now:
                steps.append((at, case, name))
        return steps

    def _after(self, at: datetime, delay: float, case: Case) -> datetime:
        """特急 goes on day and night and much faster, or it would count as signed before anybody signed."""
        if self._urgency(case.row) == Urgency.CRITICAL:
            return at + timedelta(minutes=delay / CRITICAL_PACE)
        return self.calendar.add_minutes(at, int(delay))

    def _take(self, case: Case, step: str, at: datetime) -> None:
        if case.appeal is None:
            case.appeal = self._register(case, at, step)
            return
        if step.startswith("order"):
            self._order(case.appeal, step, at)
            return
        if step.startswith("instruction"):
            instructions.take(case.appeal, step, cast=self.cast, calendar=self.calendar, at=at)
            return
        if step == "opine" and not self._is_asked(case):
            return
        values, actor = self._values(case, step), self._actor(case, step)
        note = values.pop("note", "")
        case.appeal.take(step, by=Actor.of(actor), now=at, note=note, **values)
        if step == "reassign":
            case.lead = values["lead"]
        elif step == "pass_on":
            case.handler = 1

    def _is_asked(self, case: Case) -> bool:
        """Whether the co-department of the case still owes its opinion."""
        name = case.row["co_department"]
        if not name or case.appeal is None:
            return False
        awaited = Opinion.objects.awaited()
        return awaited.filter(appeal=case.appeal, department=self._department(name)).exists()

    def _order(self, appeal: Appeal, step: str, at: datetime) -> None:
        """What happens to the case's order, as long as it still is as the script has it."""
        supervisor = self.cast.named["supervisor"]
        if step == "order":
            acting.issue(appeal, self.random.choice(COLOURS), DEMAND, by=supervisor, now=at)
            return
        order = Order.objects.filter(appeal=appeal).in_force().first()
        if order is None or order.status not in ORDER_STEPS[step].sources:
            return
        seen: dict[str, Any] = {"now": at, "version": order.version}
        if step == "order_answer":
            ORDERS.answer(order, ANSWER, by=self.cast.handlers[order.answering_id or 0][0], **seen)
        elif step == "order_return":
            due = self.calendar.add_days(at, 3)
            ORDERS.give_back(order, "没有写明办结时间和责任人，请补充后重报。", due, by=supervisor, **seen)
        elif step == "order_accept":
            ORDERS.accept(order, "措施可行，请按时间表落实。", by=supervisor, **seen)
        else:
            ORDERS.revoke(order, "企业反映问题已有明确方案，不再单独督办。", by=supervisor, **seen)

    def _register(self, case: Case, at: datetime, step: str) -> Appeal:
        row, agreed = case.row, case.enterprise.contact_name
        return register(
            case.enterprise,
            by=case.specialist,
            now=at,
            submit=step == "submit",
            settled=Settlement(row["resolution"], agreed) if step == "settle" else None,
            nature=Appeal.Nature.SUGGESTION if row["nature"] == "意见建议" else Appeal.Nature.DIFFICULTY,
            title=row["title"],
            description=row["description"],
            category=self.categories[row["category"]],
            urgency=self._urgency(row),
            source=Appeal.Source.VISIT,
        )

    def _actor(self, case: Case, step: str) -> Cadre:
        if step in {"assign", "decline", "close", "answer", "reassign"}:
            return self.cast.named["office"]
        if step == "opine":
            return self.cast.handlers[self._department(case.row["co_department"]).pk][0]
        if step in {"sign", "progress", "reply", "bounce", "ask_reassign"}:
            return self.cast.handlers[case.lead.pk][case.handler]
        return self.cast.heads[case.lead.pk] if step in {"approve", "pass_on"} else case.specialist

    def _values(self, case: Case, step: str) -> dict[str, Any]:
        return {
            "assign": self._assignment(case),
            "decline": {
                "decline_ground": Appeal.DeclineGround.LITIGATION,
                "note": "企业已就此事申请仲裁，请依法定程序办理。",
            },
            "progress": {"contacted": True, "note": "已与企业联系，正在会同有关单位研究。"},
            "opine": {"opinion": OPINION},
            "bounce": {"note": "该事项职责不在本单位，建议改由对口单位办理。"},
            "reply": {"outcome": Appeal.Outcome.SOLVED, "reply": case.row["resolution"]},
            "answer": {"outcome": Appeal.Outcome.EXPLAINED, "reply": case.row["resolution"]},
            "pass_on": {"handler": self.cast.handlers[case.lead.pk][1], "note": "原承办人外出培训，请接续办理。"},
            "ask_reassign": {"suggested_lead": self._other(case), "note": "主要职责在对口单位，建议改由其主办。"},
            "reassign": {"lead": self._other(case), "co_departments": [], "note": "同意改派，请尽快与企业联系。"},
            "confirm": {
                "solved": Appeal.Solved.YES,
                "rating": self.random.choice((Appeal.Rating.SATISFIED, Appeal.Rating.SATISFIED, Appeal.Rating.FAIR)),
                "confirmed_by": case.enterprise.contact_name,
                "confirmed_how": Appeal.ConfirmedHow.PHONE,
            },
            "dispute": {
                "confirmed_by": case.enterprise.contact_name,
                "confirmed_how": Appeal.ConfirmedHow.PHONE,
                "note": "只解决了一部分，企业希望继续协调。",
            },
            "close": {"note": "已核对办理凭证并电话核实。"},
            "withdraw": {"note": "企业称问题已自行解决。"},
        }.get(step, {})

    def _assignment(self, case: Case) -> dict[str, Any]:
        co = case.row["co_department"]
        triage = {label: value for value, label in Triage.choices}[case.row["triage"]]
        return {
            "lead": case.lead,
            "co_departments": [self._department(co)] if co else [],
            "triage": triage,
            "urgency": self._urgency(case.row),
        }

    def _other(self, case: Case) -> Department:
        name = case.row["co_department"] or "工信局"
        found = self._department(name)
        return found if found != case.lead else self._department("发改委")

    def _urgency(self, row: dict[str, str]) -> str:
        return {label: value for value, label in Urgency.choices}[row["urgency"]]

    def _department(self, name: str) -> Department:
        return self.cast.bureaus[name]
