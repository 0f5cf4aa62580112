from django.urls import path

from policies.views import adding, cases, items, ledger, library, steps

app_name = "policies"

urlpatterns = [
    path("policies/", library.policy_list, name="list"),
    path("policies/new/", library.new, name="new"),
    path("policies/<int:pk>/", library.detail, name="detail"),
    path("policies/<int:pk>/edit/", library.edit, name="edit"),
    path("policies/<int:pk>/items/new/", items.new, name="new_item"),
    path("policies/items/<int:pk>/edit/", items.edit, name="edit_item"),
    path("policies/files/<int:pk>/", library.file, name="file"),
    path("policies/files/<int:pk>/remove/", library.remove_file, name="remove_file"),
    path("fulfilments/", ledger.fulfilment_list, name="fulfilments"),
    path("fulfilments/new/", adding.new, name="new_fulfilment"),
    path("fulfilments/many/", adding.many, name="new_fulfilments"),
    path("fulfilments/<int:pk>/", cases.detail, name="fulfilment"),
    path("fulfilments/<int:pk>/steps/<slug:name>/", steps.step, name="step"),
]
