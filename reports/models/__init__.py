from reports.models.bases import BaseEntry, BaseList
from reports.models.briefings import Briefing
from reports.models.imports import ImportJob

__all__ = ["BaseEntry", "BaseList", "Briefing", "ImportJob"]
