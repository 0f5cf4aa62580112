from workflow.forms.calendar import HolidayForm, HoursForm, YearForm
from workflow.forms.ladder import NewRungForm, RungForm

__all__ = ["HolidayForm", "HoursForm", "NewRungForm", "RungForm", "YearForm"]
