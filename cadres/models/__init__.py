from cadres.models.audit import AuditCheck, AuditCut, AuditKeeping, AuditRow
from cadres.models.deputies import Deputyship
from cadres.models.done_by import DoneBy, signature, signed
from cadres.models.mail import Mail
from cadres.models.notices import Message, Outbox
from cadres.models.people import Cadre, Department, MailManner, Scope
from cadres.models.regions import Region
from cadres.models.rights import SeededRight
from cadres.models.sessions import SignIn
from cadres.models.uploads import AbstractUpload

__all__ = [
    "AbstractUpload",
    "AuditCheck",
    "AuditCut",
    "AuditKeeping",
    "AuditRow",
    "Cadre",
    "Department",
    "Deputyship",
    "DoneBy",
    "Mail",
    "MailManner",
    "Message",
    "Outbox",
    "Region",
    "Scope",
    "SeededRight",
    "SignIn",
    "signature",
    "signed",
]
