"""The invented policies of 澜川市 and what became of them: every status, with payments, blocks and their appeals."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from appeals.raising import raise_appeal
from policies import advancing, paying, registering
from policies.advancing import Move
from policies.models import Fulfilment, Item, Policy
from policies.workflow import PROCESS, STEPS, Status
from workflow.steps import Actor
from workflow.worktime import official_calendar

if TYPE_CHECKING:
    from random import Random

    from cadres.models import Cadre
    from enterprises.models import Enterprise
    from policies.advancing import Hop
    from reports.demo.people import Cast

SOURCE: Final = Path(__file__).parent / "data" / "demo_policies.csv"
ROWS_PER_ITEM: Final = 34
RELIEF: Final = ("国有房屋租金减免",)  # what pays no money
DAY: Final = 7 * 60  # working minutes
APPEALS: Final = 3
BLOCKS: Final = (
    "申报系统提示企业类型不符，窗口说要等省里开通权限。",
    "上年纳税信用等级尚未公布，材料无法提交。",
    "开户行更名后账户校验不通过，资金被退回。",
    "产权单位说没有收到减免通知，不肯签补充协议。",
)

# How many in a hundred stand where: while one can still apply, and after the window has closed.
OPEN_SHARES: Final = {
    Status.UNVERIFIED: 14,
    Status.ENTITLED: 24,
    Status.DECLARED: 11,
    Status.REVIEWING: 10,
    Status.PUBLICISED: 6,
    Status.PAYING: 8,
    Status.PAID: 17,
    Status.RETURNED: 4,
    Status.INELIGIBLE: 3,
    Status.REJECTED: 1,
    Status.WAIVED: 2,
}
CLOSED_SHARES: Final = {
    Status.REVIEWING: 8,
    Status.PAYING: 14,
    Status.PAID: 52,
    Status.LAPSED: 15,
    Status.REJECTED: 6,
    Status.WAIVED: 4,
    Status.RECOVERED: 1,
}
WITHOUT_MONEY: Final = {
    Status.PAID: Status.ENJOYED,
    Status.PAYING: Status.ENJOYED,
    Status.PUBLICISED: Status.ENJOYED,
    Status.RECOVERED: Status.ENJOYED,
    Status.REJECTED: Status.INELIGIBLE,
}
REASONS: Final = {
    Status.INELIGIBLE: "成立不满一年，不符合条件",
    Status.REJECTED: "申报材料与核查情况不一致",
    Status.RETURNED: "缺少加盖公章的承诺书",
    Status.WAIVED: "金额不大，企业不愿准备材料",
    Status.RECOVERED: "复核发现重复享受",
}


class Policies:
    """Plays the ledger of the year."""

    def __init__(self, random: Random, cast: Cast, owners: dict[int, Cadre], now: datetime) -> None:
        self.random, self.cast, self.owners, self.now = random, cast, owners, now
        self.today = timezone.localdate(now)
        self.calendar = official_calendar()
        self.office = cast.named["office"]
        self.vouchers = 0

    def play(self, enterprises: list[Enterprise]) -> int:
        owned = [enterprise for enterprise in enterprises if enterprise.pk in self.owners]
        with SOURCE.open(encoding="utf-8") as file:
            items = [self._item(row) for row in csv.DictReader(file)]
        for item in items:
            self._fill(item, self.random.sample(owned, ROWS_PER_ITEM))
        self._block()
        return Fulfilment.objects.count()

    def _item(self, row: dict[str, str]) -> Item:
        closes = None if row["deadline"] == "长期" else date.fromisoformat(row["deadline"])
        policy = Policy.objects.create(
            title=row["title"],
            document_number=row["document_number"],
            issuer=f"澜川市{row['department']}",
            category=Policy.Category.RELIEF if row["title"] in RELIEF else Policy.Category.SUBSIDY,
            region=self.cast.city,
            valid_from=date(self.today.year, 1, 15),
            valid_until=date(self.today.year + 1, 12, 31) if closes else None,
            text=f"为支持企业稳定发展，对符合条件的企业（{row['criteria']}）给予支持：{row['standard']}。",
            entered_by=self.office,
            entered_at=self._ago(60),
        )
        return Item.objects.create(
            policy=policy,
            name=row["title"],
            department=self.cast.bureaus[row["department"]],
            granting={label: value for value, label in Item.Granting.choices}[row["granting"]],
            pays_money=row["title"] not in RELIEF,
            standard=row["standard"],
            cap=_cap(row["standard"]),
            criteria=row["criteria"],
            closes_on=closes,
            materials="申请表、营业执照、承诺书、佐证材料",
            promised_days=10,
        )

    def _fill(self, item: Item, enterprises: list[Enterprise]) -> None:
        """Rows of the item, gathered by where they end, so that each group goes its way together."""
        closed = item.closes_on is not None and item.closes_on < self.today
        shares = CLOSED_SHARES if closed else OPEN_SHARES
        drawn = self.random.choices(list(shares), list(shares.values()), k=len(enterprises))
        groups: dict[Status, list[Fulfilment]] = {}
        for enterprise, status in zip(enterprises, drawn, strict=True):
            target = status if item.pays_money else WITHOUT_MONEY.get(status, status)
            groups.setdefault(target, []).append(self._row(item, enterprise, target))
        for target, rows in groups.items():
            self._send(item, target, rows)

    def _row(self, item: Item, enterprise: Enterprise, target: Status) -> Fulfilment:
        at = self._ago(self.random.randint(38, 55))
        row = registering.new(enterprise, item, str(self.today.year), by=self.office, now=at)
        largest = int(item.cap or 200_000) // 1000
        row.amount_due = Decimal(self.random.randint(max(largest // 20, 1), max(largest, 2)) * 1000)
        row.reason = REASONS.get(target, "")
        if target == Status.WAIVED:
            row.waived_by = f"{enterprise.contact_name} 经理" if enterprise.contact_name else "企业负责人"
        return row

    def _send(self, item: Item, target: Status, rows: list[Fulfilment]) -> None:
        hops = advancing.way(item, Status.UNVERIFIED, target) or []
        if any(hop.after in (Status.PAYING, Status.PUBLICISED) for hop in hops):
            for row in rows:
                row.amount_approved = row.amount_due
        days = self.random.randint(6, 14)
        if any(hop.step == "declare" for hop in hops):
            for row in rows:
                row.declared_on = timezone.localdate(self._ago(days + 10))
        advancing.add([Move(row, []) for row in rows], by=Actor.of(self.office), now=rows[0].created_at, note="")
        for place, hop in enumerate(hops):
            at = self._ago(days + 10 - 2 * place)
            if hop.step == "complete":
                self._pay(rows, at)
            else:
                self._move(rows, hop, at)
        if target == Status.PAYING:
            self._pay(rows[::2], self._ago(days), share=Decimal("0.5"))

    def _move(self, rows: list[Fulfilment], hop: Hop, at: datetime) -> None:
        moves = [Move(row, [hop]) for row in rows]
        advancing.advance(moves, by=self._actor(rows[0].item, hop.step), now=at, note="")
        for row in rows:
            row.status = hop.after

    def _pay(self, rows: list[Fulfilment], at: datetime, share: Decimal = Decimal(1)) -> None:
        for row in rows:
            self.vouchers += 1
            paying.pay(
                row,
                voucher=f"LC{self.today.year}-{self.vouchers:04d}",
                amount=((row.amount_approved or Decimal(0)) * share).quantize(Decimal("0.01")),
                paid_on=timezone.localdate(at),
                by=self._actor(row.item, "pay"),
                now=at,
            )

    def _actor(self, item: Item, step: str) -> Actor:
        """The office records, the department's handler examines and pays, its head approves."""
        if not STEPS[step].permission:
            return Actor.system()
        if STEPS[step].permission != PROCESS:
            return Actor.of(self.office)
        if step in {"approve", "publicise"}:
            return Actor.of(self.cast.heads[item.department_id])
        return Actor.of(self.cast.handlers[item.department_id][0])

    def _block(self) -> None:
        """Some rows are stuck; a few of these have become appeals."""
        stuck = list(
            Fulfilment.objects.filter(status__in=(Status.ENTITLED, Status.DECLARED, Status.REVIEWING))
            .select_related("enterprise__region", "item__policy")
            .order_by("pk")[::9]
        )
        for number, row in enumerate(stuck):
            specialist, at = self.owners[row.enterprise_id], self._ago(3)
            row.take("block", by=Actor.of(specialist), now=at, block=BLOCKS[number % len(BLOCKS)])
            if number < APPEALS:
                raise_appeal(row, by=specialist, now=self.now - timedelta(minutes=30 + number))

    def _ago(self, days: int) -> datetime:
        return self.calendar.add_minutes(self.now, -max(days, 0) * DAY - 5)


def _cap(standard: str) -> Decimal | None:
    """不超过100万元."""
    found = re.search(r"不超过([0-9]+)万元", standard)
    return Decimal(found[1]) * 10_000 if found else None
