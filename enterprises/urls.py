from django.urls import path

from enterprises.views import assignments, campaigns, directory, status

app_name = "enterprises"
urlpatterns = [
    path("enterprises/", directory.enterprise_list, name="list"),
    path("enterprises/new/", directory.new, name="new"),
    path("enterprises/uncovered/", assignments.uncovered, name="uncovered"),
    path("enterprises/assign/", assignments.assign_many, name="assign_many"),
    path("enterprises/specialists/", assignments.specialists, name="specialists"),
    path("enterprises/<int:pk>/", directory.detail, name="detail"),
    path("enterprises/<int:pk>/edit/", directory.edit, name="edit"),
    path("enterprises/<int:pk>/assign/", assignments.assign, name="assign"),
    path("enterprises/<int:pk>/status/", status.report, name="report_status"),
    path("assignments/", assignments.ledger, name="assignments"),
    path("assignments/<int:pk>/end/", assignments.end_assignment, name="end_assignment"),
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/new/", campaigns.new_campaign, name="new_campaign"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/edit/", campaigns.edit_campaign, name="edit_campaign"),
    path("status/", status.status_list, name="status"),
]
