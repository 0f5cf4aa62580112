"""What the power company metered: the accounts of one enterprise and day are summed into that day's status.

Nothing else of the day is touched. A day of which nothing was reported stays 未报; only its electricity is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from enterprises.models import Enterprise, OperatingStatus
from enterprises.reporting import problem_with_day
from reports.imports import cells
from reports.imports.kinds.columns import CREDIT_CODE, EnterpriseFinder, in_scope, locked
from reports.imports.kinds.operating_status import DAY
from reports.imports.rows import Change, Decision, Seen, Verdict

if TYPE_CHECKING:
    from datetime import date

    from reports.imports.cells import Column
    from reports.imports.rows import Row, Situation

ACCOUNT: Final = cells.code(
    "户号", "account", r"[0-9A-Za-z-]{1,30}", "不是户号，应为数字", hint="没有信用代码时必填；以文本填写"
)
KWH: Final = cells.amount("用电量(kWh)", "kwh", required=True, hint="一户一行；同一企业同一天的各户自动合计")
LARGEST_SUM: Final = cells.LARGEST_AMOUNT
PARTIAL: Final = (
    "有 {count} 家次只有企业部分户号的电量，按表中的户号合计。"
    "同一企业同一天的各户号须在同一份表里，后导入的合计替换先导入的。"
)

Key = tuple[int, "date"]


@dataclass
class Sum:
    """What the rows of one enterprise and day come to."""

    enterprise: Enterprise
    day: date
    rows: list[Row] = field(default_factory=list)

    @property
    def kwh(self) -> Decimal:
        return sum((row.values["kwh"] for row in self.rows), Decimal(0))

    @property
    def lacks_accounts(self) -> bool:
        """Some of the enterprise's accounts are named, and not all."""
        given = {row.values.get("account") for row in self.rows} - {None, ""}
        return bool(given and set(self.enterprise.electricity_accounts) - given)


class Electricity:
    """Rows depend on others anywhere in the file, so that it is decided as a whole."""

    columns: ClassVar[tuple[Column, ...]] = (DAY, CREDIT_CODE, ACCOUNT, KWH)
    most_rows: ClassVar[int] = 200_000
    batch: ClassVar[int | None] = None

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._seen = Seen()
        self._stored: dict[Key, OperatingStatus] = {}
        self._incomplete = 0

    def decide(self, rows: list[Row]) -> list[Decision]:
        found = self._enterprises(rows)
        sums: dict[Key, Sum] = {}
        for row in rows:
            enterprise, day = found[row.number], row.values.get("day")
            self._check(row, enterprise, day)
            if enterprise and day:
                sums.setdefault((enterprise.pk, day), Sum(enterprise, day)).rows.append(row)
        whole = {key: one for key, one in sums.items() if _is_whole(one)}
        self._incomplete = sum(one.lacks_accounts for one in whole.values())
        self._fetch(whole)
        return [decision for key, one in whole.items() for decision in self._decisions(key, one)]

    def _enterprises(self, rows: list[Row]) -> dict[int, Enterprise | None]:
        by_code, by_account = EnterpriseFinder(rows, self._situation), self._holders(rows)
        return {
            row.number: _agreeing(row, by_code, by_account)
            if row.values.get("credit_code") or row.has_fault(CREDIT_CODE)
            else _holder(row, by_account)
            for row in rows
        }

    def _holders(self, rows: list[Row]) -> dict[str, list[Enterprise]]:
        """Who has each account, among the enterprises in the importer's scope."""
        accounts = {row.values["account"] for row in rows if row.values.get("account")}
        found: dict[str, list[Enterprise]] = {}
        if accounts:
            here = in_scope(self._situation).filter(electricity_accounts__overlap=sorted(accounts))
            for enterprise in locked(here, self._situation):
                for account in accounts & set(enterprise.electricity_accounts):
                    found.setdefault(account, []).append(enterprise)
        return found

    def _check(self, row: Row, enterprise: Enterprise | None, day: date | None) -> None:
        if day and (problem := problem_with_day(day, self._situation.cadre, self._situation.today)):
            row.refuse(DAY, problem.rstrip("。"))
        if enterprise is None or day is None:
            return
        account = row.values.get("account")
        if account and (first := self._seen.before((account, day), row)):
            row.refuse(ACCOUNT, f"户号 {account} {day} 与第 {first} 行重复")
        if not account and (first := self._seen.before((enterprise.pk, day), row)):
            row.refuse(ACCOUNT, f"{enterprise.name[:60]} {day} 与第 {first} 行重复；如果是另一户，请填写户号")

    def _fetch(self, sums: dict[Key, Sum]) -> None:
        stored = OperatingStatus.objects.filter(
            enterprise__in={enterprise for enterprise, _ in sums}, day__in={day for _, day in sums}
        )
        self._stored = {(found.enterprise_id, found.day): found for found in locked(stored, self._situation)}

    def _decisions(self, key: Key, one: Sum) -> list[Decision]:
        """One for each row, of which the first tells what changes."""
        stored, subject = self._stored.get(key), f"{one.enterprise.name} {one.day}"
        if stored is None:
            return [Decision(row, Verdict.ADDED, subject, record=one) for row in one.rows]
        if stored.kwh == one.kwh:
            return [Decision(row, Verdict.UNCHANGED, subject) for row in one.rows]
        change = Change(KWH.header, KWH.words(stored.kwh), KWH.words(one.kwh))
        first = [Decision(one.rows[0], Verdict.UPDATED, subject, [change], one)]
        return first + [Decision(row, Verdict.UPDATED, subject, record=one) for row in one.rows[1:]]

    def write(self, decisions: list[Decision]) -> None:
        """One upsert by enterprise and day of nothing but the electricity; what it replaces stays in the history."""
        situation = self._situation
        sums = {(each.record.enterprise.pk, each.record.day): each.record for each in decisions}
        signature: dict[str, Any] = {
            "source": OperatingStatus.Source.POWER,
            "reported_by": situation.cadre,
            "reported_at": situation.now,
        }
        OperatingStatus.objects.bulk_create(
            [
                OperatingStatus(enterprise=one.enterprise, day=one.day, state="", kwh=one.kwh, **signature)
                for one in sums.values()
            ],
            update_conflicts=True,
            unique_fields=["enterprise", "day"],
            update_fields=["kwh", *signature, "reported_by_deputy"],
            batch_size=5_000,
        )

    def remarks(self, added: int) -> list[str]:
        if not self._incomplete:
            return []
        return [PARTIAL.format(count=self._incomplete)]


def _holder(row: Row, by_account: dict[str, list[Enterprise]]) -> Enterprise | None:
    """The enterprise that has the row's account; if there is none or more than one, the row is refused."""
    if row.has_fault(ACCOUNT):
        return None
    account = row.values.get("account", "")
    if not account:
        row.refuse(ACCOUNT, "信用代码和户号至少填一项")
        return None
    found = by_account.get(account, [])
    if len(found) == 1:
        return found[0]
    if found:
        names = "、".join(one.name[:30] for one in found[:3])
        row.refuse(ACCOUNT, f"户号 {account} 登记在多家企业名下（{names}），请填写统一社会信用代码")
    else:
        row.refuse(
            ACCOUNT, f"你的管辖范围内没有企业登记户号 {account}，请填写统一社会信用代码，或先在企业信息中登记电力户号"
        )
    return None


def _agreeing(row: Row, by_code: EnterpriseFinder, by_account: dict[str, list[Enterprise]]) -> Enterprise | None:
    """The enterprise of the row's credit code, unless the account is another's."""
    found = by_code.find(row)
    holders = by_account.get(row.values.get("account", ""), [])
    if found and holders and found not in holders:
        row.refuse(
            ACCOUNT, f"户号 {row.values['account']} 登记在“{holders[0].name[:60]}”名下，与信用代码不符，请核对是否错行"
        )
    return found


def _is_whole(one: Sum) -> bool:
    """A sum without one of its rows would be wrong: none of them is taken then, and each says because of which."""
    faulty = [row for row in one.rows if not row.is_good()]
    for row in one.rows if faulty else ():
        if row.is_good():
            row.refuse(KWH, f"{one.enterprise.name[:60]} {one.day} 的第 {faulty[0].number} 行有错误，改正后一并导入")
    if not faulty and one.kwh >= LARGEST_SUM:
        for row in one.rows:
            row.refuse(KWH, f"合计 {one.kwh} 太大，请核对")
        return False
    return not faulty
