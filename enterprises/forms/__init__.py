from enterprises.forms.assignments import AssignForm, AssignManyForm, EndForm
from enterprises.forms.campaigns import CampaignForm
from enterprises.forms.contacts import ContactForm
from enterprises.forms.enterprises import EnterpriseForm
from enterprises.forms.labels import LabelForm
from enterprises.forms.moving import MoveForm
from enterprises.forms.plans import PlanForm
from enterprises.forms.status import StatusForm

__all__ = [
    "AssignForm",
    "AssignManyForm",
    "CampaignForm",
    "ContactForm",
    "EndForm",
    "EnterpriseForm",
    "LabelForm",
    "MoveForm",
    "PlanForm",
    "StatusForm",
]
