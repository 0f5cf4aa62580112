from reports.models.bases import BaseEntry, BaseList
from reports.models.briefings import Briefing, Dispatch, Edit, Receipt, Recipient
from reports.models.days import CountedDay, DayCount, DayMark, Moment, MomentCount
from reports.models.imports import ImportFault, ImportJob
from reports.models.ledgers import Ledger
from reports.models.parameters import PowerRule, RiskLevel

__all__ = [
    "BaseEntry",
    "BaseList",
    "Briefing",
    "CountedDay",
    "DayCount",
    "DayMark",
    "Dispatch",
    "Edit",
    "ImportFault",
    "ImportJob",
    "Ledger",
    "Moment",
    "MomentCount",
    "PowerRule",
    "Receipt",
    "Recipient",
    "RiskLevel",
]
