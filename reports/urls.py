from django.urls import path

from reports.views import briefings, workbench

app_name = "reports"

urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("briefings/", briefings.briefings, name="briefings"),
    path("briefings/<int:pk>/", briefings.detail, name="briefing"),
    path("briefings/<int:pk>/refetch/", briefings.refetch, name="briefing_refetch"),
    path("briefings/<int:pk>/sign/", briefings.sign, name="briefing_sign"),
    path("briefings/<int:pk>/workbook/", briefings.download, name="briefing_workbook"),
]
