from enterprises.models.assignments import Access, Assignment, Campaign
from enterprises.models.contact import Contact
from enterprises.models.enterprise import Enterprise
from enterprises.models.plan import Plan
from enterprises.models.relocation import Relocation
from enterprises.models.status import OperatingStatus, OperatingStatusHistory

__all__ = [
    "Access",
    "Assignment",
    "Campaign",
    "Contact",
    "Enterprise",
    "OperatingStatus",
    "OperatingStatusHistory",
    "Plan",
    "Relocation",
]
