from django.urls import path

from visits.views import drafts, entry, records

app_name = "visits"

urlpatterns = [
    path("visits/", records.visit_list, name="list"),
    path("visits/new/", entry.new, name="new"),
    path("visits/<int:pk>/", records.detail, name="detail"),
    path("visits/drafts/", drafts.drafts, name="drafts"),
    path("visits/drafts/save/", drafts.save, name="save_draft"),
    path("visits/drafts/discard/", drafts.discard, name="discard_draft"),
]
