"""Payments, known by their vouchers: what is stored is never changed, so a voucher with other facts is refused."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final

from django.db.models.functions import Upper

from policies import advancing
from policies.advancing import Hop, Move
from policies.models import Event, Fulfilment, Payment
from policies.workflow import Status
from reports.imports import cells
from reports.imports.kinds.columns import CREDIT_CODE, ENTERPRISE_NAME, EnterpriseFinder, locked
from reports.imports.kinds.policy_finding import DOCUMENT, ITEM, PERIOD, POLICY, ItemFinder
from reports.imports.rows import Decision, Seen, Verdict
from workflow.steps import Actor

if TYPE_CHECKING:
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

VOUCHER: Final = replace(cells.text("凭证号", "voucher", 60, required=True), hint="每笔一个，不能重复")
AMOUNT: Final = cells.amount("拨付金额", "amount", required=True, hint="元")
PAID_ON: Final = cells.day("拨付日期", "paid_on", required=True)
NOTE: Final = "导入拨付"
PAYABLE: Final = (Status.PAYING, Status.PAID)


class Payments:
    columns: ClassVar[tuple[Column, ...]] = (
        *(ENTERPRISE_NAME, CREDIT_CODE, POLICY, DOCUMENT, ITEM, PERIOD, AMOUNT, PAID_ON, VOUCHER),
    )
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._items = ItemFinder(situation)
        self._seen = Seen()
        # What earlier batches of a file that is only looked at would have paid already.
        self._taken: dict[int, Decimal] = defaultdict(Decimal)

    def decide(self, rows: list[Row]) -> list[Decision]:
        finder = EnterpriseFinder(rows, self._situation)
        found = {row.number: (finder.find(row), self._items.find(row)) for row in rows}
        enterprises = [one for one, _ in found.values() if one]
        stored = Fulfilment.objects.filter(enterprise__in=enterprises).select_related("item", "enterprise")
        self._rows = {(one.enterprise_id, one.item_id, one.period): one for one in locked(stored, self._situation)}
        vouchers = {row.values["voucher"].upper() for row in rows if row.values.get("voucher")}
        known = Payment.objects.valid().annotate(upper=Upper("voucher")).filter(upper__in=vouchers)
        self._known = {payment.voucher.upper(): payment for payment in known}
        decisions = []
        for row in rows:
            enterprise, item = found[row.number]
            period = row.values.get("period")
            if enterprise and item and period:
                decisions.append(self._decide(row, self._rows.get((enterprise.pk, item.pk, period))))
        return [decision for decision in decisions if decision]

    def _decide(self, row: Row, fulfilment: Fulfilment | None) -> Decision | None:
        if fulfilment is None:
            row.refuse(PERIOD, "没有这一期的兑现记录，请先导入兑现台账")
        if not row.is_good() or fulfilment is None:
            return None
        values = row.values
        voucher = values["voucher"]
        if first := self._seen.before(voucher.upper(), row):
            row.refuse(VOUCHER, f"凭证号“{voucher}”与第 {first} 行重复")
            return None
        subject = f"{fulfilment.enterprise.name} {fulfilment.item.name} {voucher}"
        if known := self._known.get(voucher.upper()):
            same = (known.fulfilment_id, known.amount, known.paid_on)
            if same == (fulfilment.pk, values["amount"], values["paid_on"]):
                return Decision(row, Verdict.UNCHANGED, subject)
            row.refuse(VOUCHER, f"凭证号“{voucher}”已登记过（{known.paid_on}，{known.amount:,.2f} 元），与本行不同")
            return None
        self._check(row, fulfilment)
        if not row.is_good():
            return None
        if not self._situation.writing:
            self._taken[fulfilment.pk] += values["amount"]
        else:
            fulfilment.amount_paid += values["amount"]
        return Decision(row, Verdict.ADDED, subject, record=fulfilment)

    def _check(self, row: Row, fulfilment: Fulfilment) -> None:
        values, left = row.values, fulfilment.amount_left - self._taken[fulfilment.pk]
        if fulfilment.status not in PAYABLE:
            row.refuse(PERIOD, f"该记录现为“{fulfilment.status_label}”，审核通过后才能登记拨付")
        elif values["amount"] <= 0:
            row.refuse(AMOUNT, "须大于 0")
        elif values["amount"] > left:
            row.refuse(AMOUNT, f"超过核定金额，还可拨付 {left:,.2f} 元")
        if values["paid_on"] > self._situation.today:
            row.refuse(PAID_ON, "不能晚于今天")

    def write(self, decisions: list[Decision]) -> None:
        """The payments, whose triggers add them up; then the rows that are paid in full go on to 已兑现."""
        situation = self._situation
        by = Actor.of(situation.cadre) if situation.cadre else Actor.system()
        Payment.objects.bulk_create(
            Payment(
                fulfilment=each.record,
                voucher=each.row.values["voucher"],
                amount=each.row.values["amount"],
                paid_on=each.row.values["paid_on"],
                recorded_by=situation.cadre,
                recorded_at=situation.now,
            )
            for each in decisions
        )
        Event.objects.bulk_create(self._event(each, by) for each in decisions)
        full = {each.record.pk: each.record for each in decisions if each.record.status == Status.PAYING}
        complete = [Hop("complete", Status.PAYING, Status.PAID)]
        done = [Move(row, complete) for row in full.values() if not row.amount_left]
        advancing.advance(done, by=by, now=situation.now, note=NOTE)

    def _event(self, decision: Decision, by: Actor) -> Event:
        row, values = decision.record, decision.row.values
        note = f"凭证 {values['voucher']}，{values['amount']:,.2f} 元（导入）"
        return advancing.event(row, Hop("pay", row.status, row.status), by=by, now=self._situation.now, note=note)

    def remarks(self, added: int) -> list[str]:
        return []
