"""Addresses of the sample pages, under the names that the menu knows."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from cadres.views.sign_in import SignIn
from config import errors
from tests.frontend import pages

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken

reports = [
    path("", pages.workbench, name="workbench"),
    path("briefings/", pages.free, name="briefings"),
    path("ledgers/new/<slug:kind>/", pages.free, name="ledger_new"),
]
enterprises = [path("enterprises/", pages.regions, name="list")]
visits = [path("visits/new/", pages.visit, name="new"), path("visits/", pages.free, name="list")]
appeals = [
    path("appeals/", pages.appeals, name="list"),
    path("appeals/<int:pk>/", pages.appeal, name="detail"),
    path("appeals/new/", pages.visit, name="new"),
    path("appeals/escalations/", pages.appeals, name="escalations"),
    path("appeals/urge/", pages.urge, name="urge"),
]
urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include("cadres.urls")),
    path("", include((reports, "reports"))),
    path("", include((enterprises, "enterprises"))),
    path("", include((visits, "visits"))),
    path("", include((appeals, "appeals"))),
    path("nothing/", pages.nothing),
    path("ask/", pages.ask),
    path("draft/", pages.draft, name="draft"),
    path("forbidden/", pages.refuse),
    path("broken/", pages.fail),
]
