from django.urls import path

from enterprises.views import assignments, campaigns, contacts, directory, labels, moving, plans, status, workload

app_name = "enterprises"
urlpatterns = [
    path("enterprises/", directory.enterprise_list, name="list"),
    path("enterprises/new/", directory.new, name="new"),
    path("enterprises/uncovered/", assignments.uncovered, name="uncovered"),
    path("enterprises/assign/", assignments.assign_many, name="assign_many"),
    path("enterprises/labels/", labels.label_many, name="label_many"),
    path("enterprises/specialists/", assignments.specialists, name="specialists"),
    path("enterprises/<int:pk>/", directory.detail, name="detail"),
    path("enterprises/<int:pk>/edit/", directory.edit, name="edit"),
    path("enterprises/<int:pk>/move/", moving.move, name="move"),
    path("enterprises/<int:pk>/assign/", assignments.assign, name="assign"),
    path("enterprises/<int:pk>/status/", status.report, name="report_status"),
    path("enterprises/<int:pk>/reveal/", contacts.reveal_representative, name="reveal_representative"),
    path("enterprises/<int:pk>/contacts/new/", contacts.new_contact, name="new_contact"),
    path("contacts/<int:pk>/edit/", contacts.edit_contact, name="edit_contact"),
    path("contacts/<int:pk>/end/", contacts.end_contact, name="end_contact"),
    path("contacts/<int:pk>/reveal/", contacts.reveal_contact, name="reveal_contact"),
    path("assignments/", assignments.ledger, name="assignments"),
    path("assignments/workload/", workload.workload_list, name="workload"),
    path("assignments/<int:pk>/plan/", plans.plan, name="plan"),
    path("assignments/<int:pk>/end/", assignments.end_assignment, name="end_assignment"),
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/new/", campaigns.new_campaign, name="new_campaign"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/edit/", campaigns.edit_campaign, name="edit_campaign"),
    path("status/", status.status_list, name="status"),
]
