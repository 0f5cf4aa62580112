from reports.models.bases import BaseEntry, BaseList
from reports.models.briefings import Briefing
from reports.models.imports import ImportFault, ImportJob
from reports.models.ledgers import Ledger
from reports.models.parameters import PowerRule, RiskLevel

__all__ = ["BaseEntry", "BaseList", "Briefing", "ImportFault", "ImportJob", "Ledger", "PowerRule", "RiskLevel"]
