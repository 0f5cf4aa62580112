from django.urls import path

from visits.views import drafts, entry, photos, records, timeline

app_name = "visits"

urlpatterns = [
    path("visits/", records.visit_list, name="list"),
    path("visits/new/", entry.new, name="new"),
    path("visits/<int:pk>/", records.detail, name="detail"),
    path("enterprises/<int:pk>/timeline/", timeline.timeline, name="timeline"),
    path("visits/drafts/", drafts.drafts, name="drafts"),
    path("visits/drafts/save/", drafts.save, name="save_draft"),
    path("visits/drafts/discard/", drafts.discard, name="discard_draft"),
    path("visits/photos/", photos.photos, name="photos"),
    path("visits/photos/add/", photos.add, name="add_photo"),
    path("visits/photos/<int:pk>/", photos.photo, name="photo"),
    path("visits/photos/<int:pk>/thumbnail/", photos.thumbnail, name="photo_thumbnail"),
    path("visits/photos/<int:pk>/remove/", photos.remove, name="remove_photo"),
]
