"""Everybody who takes part in a case, and the way of a case up to any status."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from appeals.models import Appeal, Event
from appeals.workflow import Status
from cadres.roles import Role
from tests import factories
from workflow.steps import Actor
from workflow.worktime import BEIJING

NOW: Final = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)  # a Wednesday

# Who takes a step as a rule, in the order that leads to the end.
WAY: Final = (
    ("assign", "office"),
    ("sign", "handler"),
    ("reply", "handler"),
    ("approve", "head"),
    ("confirm", "specialist"),
    ("close", "office"),
)
WAY_TO: Final = {
    Status.PENDING: 0,
    Status.ASSIGNED: 1,
    Status.HANDLING: 2,
    Status.REVIEWING: 3,
    Status.CONFIRMING: 4,
    Status.CLOSING: 5,
    Status.CLOSED: 6,
}


class People:
    """A district's enterprise with its specialist, and the city's departments."""

    def __init__(self) -> None:
        self.enterprise = factories.EnterpriseFactory.create()
        self.department = factories.DepartmentFactory.create(name="市人社局")
        self.specialist = factories.cadre(Role.SPECIALIST, region=self.enterprise.region, name="王晓敏")
        self.team_leader = factories.cadre(Role.TEAM_LEADER, region=self.enterprise.region)
        factories.assign(self.specialist, self.enterprise)
        factories.assign(self.team_leader, self.enterprise, role="leader")
        self.office = factories.cadre(Role.OFFICE, name="钱志远")
        self.supervisor = factories.cadre(Role.SUPERVISOR, name="郑海燕")
        self.leader = factories.cadre(Role.LEADER)
        self.handler = factories.cadre(Role.HANDLER, department=self.department, name="赵明")
        self.colleague = factories.cadre(Role.HANDLER, department=self.department, name="孙雯")
        self.head = factories.cadre(Role.HEAD, department=self.department, name="李局长")
        self.stranger = factories.cadre(Role.OFFICE, region=factories.district(9))
        self.caller = factories.cadre(Role.CALLER)

    def take(self, appeal: Appeal, name: str, who: str, now: datetime = NOW, **values: Any) -> Event:
        """Take a step with what it usually carries."""
        return appeal.take(name, by=Actor.of(getattr(self, who)), now=now, **(self.usual(name) | values))

    def usual(self, name: str) -> dict[str, Any]:
        carried: dict[str, dict[str, Any]] = {
            "assign": {"lead": self.department, "triage": "single", "urgency": "ordinary"},
            "settle": {"reply": "当场协调供电所恢复供电", "confirmed_by": "王经理", "confirmed_how": "on_site"},
            "answer": {"outcome": "explained", "reply": "该政策已于本月起施行，可直接申报。"},
            "reply": {"outcome": "solved", "reply": "专车接回44人"},
            "confirm": {
                "solved": "yes",
                "rating": "satisfied",
                "confirmed_by": "王经理",
                "confirmed_how": "phone",
            },
            "close": {"note": "已看凭证"},
        }
        return carried.get(name, {})

    def submitted(self, now: datetime = NOW, **fields: Any) -> Appeal:
        return factories.appeal(self.enterprise, self.specialist, now=now, **fields)

    def draft(self, now: datetime = NOW, **fields: Any) -> Appeal:
        return factories.appeal(self.enterprise, self.specialist, now=now, submit=False, **fields)

    def at(self, status: Status, now: datetime = NOW, **assigned: Any) -> Appeal:
        """An appeal that everybody has brought to this status without losing time."""
        if status == Status.DRAFT:
            return self.draft(now)
        appeal = self.submitted(now)
        for name, who in WAY[: WAY_TO[status]]:
            self.take(appeal, name, who, now, **(assigned if name == "assign" else {}))
        return appeal

    def settled_on_the_spot(self, now: datetime = NOW) -> Appeal:
        appeal = self.draft(now)
        self.take(appeal, "settle", "specialist", now)
        return appeal

    def assigned(self, now: datetime = NOW, **fields: Any) -> Appeal:
        return self.at(Status.ASSIGNED, now, **fields)
