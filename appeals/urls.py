from django.urls import path

from appeals.views import blocks, bulk, cases, enterprise_link, links, lists, papers, queue, registering, steps, tables

app_name = "appeals"

urlpatterns = [
    path("appeals/", lists.appeal_list, name="list"),
    path("appeals/new/", registering.new, name="new"),
    path("appeals/escalations/", queue.escalations, name="escalations"),
    path("appeals/of-fulfilment/<int:pk>/", blocks.raise_appeal, name="of_fulfilment"),
    path("appeals/escalations/urge/", bulk.urge_many, name="urge_many"),
    path("appeals/escalations/reassign/", bulk.reassign_many, name="reassign_many"),
    path("appeals/files/<int:pk>/", papers.file, name="file"),
    path("appeals/files/<int:pk>/void/", papers.void, name="void_file"),
    path("appeals/<int:pk>/", cases.detail, name="detail"),
    path("appeals/<int:pk>/comments/", papers.comment, name="comment"),
    path("appeals/<int:pk>/edit/", registering.edit, name="edit"),
    path("appeals/<int:pk>/steps/<slug:name>/", steps.step, name="step"),
    path("enterprises/<int:pk>/links/", links.link_list, name="links"),
    path("links/<int:pk>/revoke/", links.revoke, name="revoke_link"),
    path("links/<int:pk>/renew/", links.renew, name="renew_link"),
    path("e/<str:token>/", enterprise_link.enterprise_page, name="enterprise_page"),
    path("e/<str:token>/appeals/<int:pk>/", enterprise_link.enterprise_appeal, name="enterprise_appeal"),
    path("admin/limits/", tables.limits, name="limits"),
    path("admin/limits/new/", tables.new_limit, name="new_limit"),
    path("admin/limits/<int:pk>/", tables.limit, name="limit"),
    path("admin/limits/<int:pk>/remove/", tables.remove_limit, name="remove_limit"),
    path("admin/categories/", tables.categories, name="categories"),
    path("admin/categories/new/", tables.new_category, name="new_category"),
    path("admin/categories/<int:pk>/", tables.category, name="category"),
]
