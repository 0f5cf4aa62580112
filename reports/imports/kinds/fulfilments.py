"""The ledger of fulfilments, known by enterprise, item and period. A row goes its legal way to the status given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.utils import timezone

from policies import advancing, registering
from policies.acts import words
from policies.advancing import Hop, Move
from policies.models import Event, Fulfilment
from policies.workflow import AMENDED, APPROVED, OPEN, Status
from reports.imports import cells
from reports.imports.cells import KEEP, labelled
from reports.imports.kinds.columns import CREDIT_CODE, ENTERPRISE_NAME, EnterpriseFinder, locked
from reports.imports.kinds.policy_finding import DOCUMENT, ITEM, PERIOD, POLICY, ItemFinder
from reports.imports.rows import Change, Decision, Seen, Verdict, changes, compare
from workflow.steps import Actor

if TYPE_CHECKING:
    from enterprises.models import Enterprise
    from policies.models import Item
    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

STATUS: Final = cells.choice("状态", "status", labelled(Status), empty=KEEP, hint="不填为“待核实”")
APPROVED_AMOUNT: Final = cells.amount("核定金额", "amount_approved", hint="元")
BLOCK: Final = cells.text("堵点", "block", 500)
DECLARED: Final = cells.day("申报日期", "declared_on")
FIELDS: Final = (
    cells.text("未享原因", "reason", 500),
    cells.amount("应享金额", "amount_due", hint="元"),
    DECLARED,
    cells.day("截止日期", "closes_on", hint="不填则按事项的申报截止"),
    APPROVED_AMOUNT,
    BLOCK,
)
NOTE: Final = "导入台账"
WITHOUT_NAME: Final = "见台账"

Key = tuple[int, int, str]  # enterprise, item, period


class Fulfilments:
    columns: ClassVar[tuple[Column, ...]] = (
        *(ENTERPRISE_NAME, CREDIT_CODE, POLICY, DOCUMENT, ITEM, FIELDS[0], PERIOD, *FIELDS[1:4], STATUS, *FIELDS[4:]),
    )
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = 1_000

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._items = ItemFinder(situation)
        self._seen = Seen()
        self._stored: dict[Key, Fulfilment] = {}

    def decide(self, rows: list[Row]) -> list[Decision]:
        finder = EnterpriseFinder(rows, self._situation)
        found = {row.number: (finder.find(row), self._items.find(row)) for row in rows}
        self._fetch([one for one, _ in found.values() if one], [item for _, item in found.values() if item])
        return [decision for row in rows if (decision := self._decide(row, *found[row.number]))]

    def _fetch(self, enterprises: list[Enterprise], items: list[Item]) -> None:
        stored = Fulfilment.objects.filter(enterprise__in=enterprises, item__in=items).select_related("item")
        self._stored = {
            (found.enterprise_id, found.item_id, found.period): found for found in locked(stored, self._situation)
        }

    def _decide(self, row: Row, enterprise: Enterprise | None, item: Item | None) -> Decision | None:
        period = row.values.get("period")
        if enterprise is None or item is None or period is None:
            return None
        key = (enterprise.pk, item.pk, period)
        if first := self._seen.before(key, row):
            row.refuse(PERIOD, f"{enterprise.name[:60]}这一期的“{item.name}”与第 {first} 行重复")
        stored, wanted = self._stored.get(key), self._wanted(row)
        target = row.values.get("status") or (stored.status if stored else Status.UNVERIFIED)
        hops = advancing.way(item, stored.status if stored else Status.UNVERIFIED, target)
        self._check(row, item, stored, wanted, target, hops)
        if not row.is_good() or hops is None:
            return None
        subject = f"{enterprise.name} {item.name} {PERIOD.words(period)}"
        if stored is None:
            now, by = self._situation.now, self._situation.cadre
            made = registering.new(enterprise, item, period, by=by, now=now)
            return Decision(row, Verdict.ADDED, subject, record=(made, wanted, hops))
        told = changes(stored, wanted, FIELDS)
        if hops:
            told.append(Change(STATUS.header, stored.status_label, Status(target).label))
        is_changed = bool(hops or compare(stored, wanted))
        return Decision(
            row, Verdict.UPDATED if is_changed else Verdict.UNCHANGED, subject, told, (stored, wanted, hops)
        )

    def _wanted(self, row: Row) -> dict[str, Any]:
        """The columns as the row wants them; an empty last day leaves the one that there is."""
        names = {column.name for column in FIELDS}
        wanted = {name: value for name, value in row.values.items() if name in names}
        if wanted.get("closes_on", 0) is None:
            del wanted["closes_on"]
        return wanted

    def _check(
        self,
        row: Row,
        item: Item,
        stored: Fulfilment | None,
        wanted: dict[str, Any],
        target: str,
        hops: list[Hop] | None,
    ) -> None:
        approved = wanted.get("amount_approved", stored.amount_approved if stored else None)
        paid = stored.amount_paid if stored else 0
        if hops is None:
            why = "" if item.pays_money else "（该事项不拨付资金）"
            before = stored.status_label if stored else Status.UNVERIFIED.label
            row.refuse(STATUS, f"不能从“{before}”改为“{Status(target).label}”{why}")
        elif approved is None and (target in APPROVED or any(hop.after in APPROVED for hop in hops)):
            row.refuse(APPROVED_AMOUNT, f"状态为“{Status(target).label}”须有核定金额")
        if paid > (approved or 0):
            row.refuse(APPROVED_AMOUNT, f"少于已拨付的 {paid:,.2f} 元")
        declared = wanted.get("declared_on")
        if declared and declared > self._situation.today:
            row.refuse(DECLARED, "不能晚于今天")
        if stored and wanted.get("block") and wanted["block"] != stored.block and stored.status not in OPEN:
            row.refuse(BLOCK, f"该记录现为“{stored.status_label}”，不能再登记堵点")

    def write(self, decisions: list[Decision]) -> None:
        """New rows at the ends of their ways; stored ones first take their new values, then go their ways."""
        situation = self._situation
        by, told = Actor.of(situation.cadre) if situation.cadre else Actor.system(), {"now": situation.now}
        added: list[Move] = []
        updated: list[Move] = []
        events: list[Event] = []
        for decision in decisions:
            fulfilment, wanted, hops = decision.record
            if decision.verdict == Verdict.UPDATED:
                events += self._events(fulfilment, wanted, by)
                fulfilment.version += 1
            for name, value in wanted.items():
                setattr(fulfilment, name, value)
            fulfilment.blocked_at = (fulfilment.blocked_at or situation.now) if fulfilment.block else None
            if hops and hops[-1].after == Status.WAIVED and not fulfilment.waived_by:
                fulfilment.waived_by = WITHOUT_NAME
            (added if decision.verdict == Verdict.ADDED else updated).append(Move(fulfilment, hops))
        advancing.add(added, by=by, note=NOTE, **told)
        Fulfilment.objects.bulk_create(
            [row for row, _ in updated], update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
        )
        Event.objects.bulk_create(events)
        advancing.advance(updated, by=by, note=NOTE, **told)

    def _events(self, row: Fulfilment, wanted: dict[str, Any], by: Actor) -> list[Event]:
        """What the history tells of changed values, before the row moves."""
        before = {name: words(row, name) for name in wanted}
        after = {name: words(_with(row, name, wanted[name]), name) for name in wanted}
        changed = {name: [before[name], after[name]] for name in wanted if before[name] != after[name]}
        block = changed.pop("block", None)
        told: dict[str, Any] = {"by": by, "now": self._situation.now, "note": NOTE}
        events = []
        if amended := {name: changed[name] for name in AMENDED if name in changed}:
            events.append(advancing.event(row, Hop("amend", row.status, row.status), changes=amended, **told))
        if block:
            step = "block" if block[1] else "unblock"
            events.append(advancing.event(row, Hop(step, row.status, row.status), changes={"block": block}, **told))
        return events

    def remarks(self, added: int) -> list[str]:
        today = timezone.localdate(self._situation.now)
        return [f"{added} 条中，截止日期早于 {today} 又没有申报的，将自动记为“已截止未享”。"] if added else []


def _with(row: Fulfilment, name: str, value: Any) -> Fulfilment:
    """A row that has nothing but this value, for its words."""
    return Fulfilment(**{name: value})


WRITTEN: Final = [*(column.name for column in FIELDS), "blocked_at", "waived_by", "version"]
