"""Everybody who takes part in fulfilling a policy, and the way of a row up to any status."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from cadres.roles import Role
from policies import registering
from policies.models import Event, Fulfilment, Item, Policy
from policies.workflow import Status
from tests import factories
from workflow.steps import Actor
from workflow.worktime import BEIJING

NOW: Final = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)  # a Wednesday
TODAY: Final = NOW.date()
DUE: Final = Decimal("100000.00")

# Who takes a step as a rule, in the order that leads to the payment.
WAY: Final = (
    ("entitle", "specialist"),
    ("declare", "specialist"),
    ("accept", "handler"),
    ("publicise", "head"),
    ("release", "handler"),
)
WAY_TO: Final = {
    Status.UNVERIFIED: 0,
    Status.ENTITLED: 1,
    Status.DECLARED: 2,
    Status.REVIEWING: 3,
    Status.PUBLICISED: 4,
    Status.PAYING: 5,
}


class People:
    """A district's enterprise with its specialist, the city's departments, and a policy with two items."""

    def __init__(self) -> None:
        self.enterprise = factories.EnterpriseFactory.create()
        self.department = factories.DepartmentFactory.create(name="市人社局")
        self.specialist = factories.cadre(Role.SPECIALIST, region=self.enterprise.region, name="王晓敏")
        factories.assign(self.specialist, self.enterprise)
        self.other_specialist = factories.cadre(Role.SPECIALIST, region=self.enterprise.region)
        self.office = factories.cadre(Role.OFFICE, name="钱志远")
        self.north_office = factories.cadre(Role.OFFICE, region=self.enterprise.region)
        self.stranger = factories.cadre(Role.OFFICE, region=factories.district(9))
        self.supervisor = factories.cadre(Role.SUPERVISOR)
        self.handler = factories.cadre(Role.HANDLER, department=self.department, name="赵明")
        self.head = factories.cadre(Role.HEAD, department=self.department, name="李局长")
        self.other_handler = factories.cadre(Role.HANDLER)
        self.policy = policy()
        self.item = item(self.policy, self.department)
        self.right = item(self.policy, self.department, name="绿色通道", pays_money=False)

    def row(self, item: Item | None = None, period: str = "2026") -> Fulfilment:
        return registering.one(self.enterprise, item or self.item, period, by=self.office, now=NOW)

    def take(self, row: Fulfilment, name: str, who: str, now: datetime = NOW, **values: Any) -> Event:
        """Take a step with what it usually carries."""
        return row.take(name, by=Actor.of(getattr(self, who)), now=now, **(USUAL.get(name, {}) | values))

    def at(self, status: Status, item: Item | None = None, period: str = "2026") -> Fulfilment:
        """A row that everybody has brought to this status."""
        row = self.row(item, period)
        for name, who in WAY[: WAY_TO[status]]:
            self.take(row, name, who)
        return row


USUAL: Final[dict[str, dict[str, Any]]] = {
    "entitle": {"amount_due": DUE},
    "declare": {"declared_on": TODAY},
    "publicise": {"amount_approved": DUE},
    "approve": {"amount_approved": DUE},
    "return": {"reason": "缺社保证明"},
    "reject": {"reason": "裁员率高于5.5%"},
    "exclude": {"reason": "未参保"},
    "waive": {"waived_by": "王经理", "reason": "金额太小"},
    "block": {"block": "系统无法提交"},
    "enjoy": {"enjoyed_on": TODAY},
    "recover": {"amount_recovered": Decimal(1), "reason": "材料不实"},
}


def policy(**fields: Any) -> Policy:
    values: dict[str, Any] = {
        "title": "稳岗返还",
        "document_number": "澜人社发〔2026〕3号",
        "region": factories.city(),
        "entered_at": NOW,
    }
    return Policy.objects.create(**(values | fields))


def item(of: Policy, department: Any, **fields: Any) -> Item:
    values: dict[str, Any] = {"name": "失业保险稳岗返还", "closes_on": date(2026, 12, 31)}
    return Item.objects.create(policy=of, department=department, **(values | fields))
