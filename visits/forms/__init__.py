from visits.forms.follow_ups import FollowUps
from visits.forms.rows import AppealRow, AppealRows, FactRow, FactRows, Offers, Rows
from visits.forms.visit import VisitForm

__all__ = ["AppealRow", "AppealRows", "FactRow", "FactRows", "FollowUps", "Offers", "Rows", "VisitForm"]
