from django.urls import path

from appeals.views import blocks, cases, lists, queue, registering, steps

app_name = "appeals"

urlpatterns = [
    path("appeals/", lists.appeal_list, name="list"),
    path("appeals/new/", registering.new, name="new"),
    path("appeals/escalations/", queue.escalations, name="escalations"),
    path("appeals/of-fulfilment/<int:pk>/", blocks.raise_appeal, name="of_fulfilment"),
    path("appeals/<int:pk>/", cases.detail, name="detail"),
    path("appeals/<int:pk>/edit/", registering.edit, name="edit"),
    path("appeals/<int:pk>/steps/<slug:name>/", steps.step, name="step"),
]
