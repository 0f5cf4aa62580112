"""What can be exported, by the name of its ledger in `contract.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.ledgers.kinds import appeals, assignments, audit, fulfilments, operating_status, supervision, visits
from reports.models import Ledger

if TYPE_CHECKING:
    from reports.ledgers.kind import LedgerKind


def kind_named(name: str) -> LedgerKind:
    return _KINDS[Ledger.Kind(name)]


_KINDS: dict[Ledger.Kind, LedgerKind] = {
    Ledger.Kind.APPEALS: appeals.KIND,
    Ledger.Kind.FULFILMENTS: fulfilments.KIND,
    Ledger.Kind.VISITS: visits.KIND,
    Ledger.Kind.ASSIGNMENTS: assignments.KIND,
    Ledger.Kind.OPERATING_STATUS: operating_status.KIND,
    Ledger.Kind.AUDIT: audit.KIND,
    Ledger.Kind.SUPERVISION: supervision.KIND,
}
