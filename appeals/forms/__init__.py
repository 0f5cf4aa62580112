from appeals.forms.registering import AppealForm
from appeals.forms.steps import STEP_FORMS, StepForm, form_for, step_label

__all__ = ["STEP_FORMS", "AppealForm", "StepForm", "form_for", "step_label"]
