from cadres.models.audit import AuditRow
from cadres.models.notices import Message, Outbox
from cadres.models.people import Cadre, Department
from cadres.models.regions import Region
from cadres.models.rights import SeededRight
from cadres.models.uploads import AbstractUpload

__all__ = [
    "AbstractUpload",
    "AuditRow",
    "Cadre",
    "Department",
    "Message",
    "Outbox",
    "Region",
    "SeededRight",
]
