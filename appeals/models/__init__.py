from appeals.models.appeal import Appeal
from appeals.models.history import Escalation, Event, Round
from appeals.models.instructions import Instruction
from appeals.models.joining import Joining
from appeals.models.links import EnterpriseLink, LinkAnswer
from appeals.models.opinions import Opinion
from appeals.models.orders import Order, ReplyTerm
from appeals.models.papers import Attachment, Comment
from appeals.models.queries import AppealQuerySet
from appeals.models.referrals import Referral, ReferralEvent, ReferralFile
from appeals.models.tables import Category, Limit
from appeals.models.watch import Watch

__all__ = [
    "Appeal",
    "AppealQuerySet",
    "Attachment",
    "Category",
    "Comment",
    "EnterpriseLink",
    "Escalation",
    "Event",
    "Instruction",
    "Joining",
    "Limit",
    "LinkAnswer",
    "Opinion",
    "Order",
    "Referral",
    "ReferralEvent",
    "ReferralFile",
    "ReplyTerm",
    "Round",
    "Watch",
]
