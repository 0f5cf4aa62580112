from enterprises.models.assignments import Access, Assignment, Campaign
from enterprises.models.contact import Contact
from enterprises.models.enterprise import OF_PROJECTS, Enterprise
from enterprises.models.plan import Plan
from enterprises.models.queries import EnterpriseQuerySet, follows_enterprise, of_assigned
from enterprises.models.relocation import Relocation
from enterprises.models.status import OperatingStatus, OperatingStatusHistory

__all__ = [
    "OF_PROJECTS",
    "Access",
    "Assignment",
    "Campaign",
    "Contact",
    "Enterprise",
    "EnterpriseQuerySet",
    "OperatingStatus",
    "OperatingStatusHistory",
    "Plan",
    "Relocation",
    "follows_enterprise",
    "of_assigned",
]
