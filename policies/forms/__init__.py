from policies.forms.policies import ItemForm, PolicyForm
from policies.forms.rows import AddForm, AddManyForm
from policies.forms.steps import STEP_FORMS, StepForm, form_for

__all__ = ["STEP_FORMS", "AddForm", "AddManyForm", "ItemForm", "PolicyForm", "StepForm", "form_for"]
