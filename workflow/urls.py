from django.urls import path

from workflow.views import calendar, ladder

app_name = "workflow"
urlpatterns = [
    path("admin/ladder/", ladder.ladder, name="ladder"),
    path("admin/ladder/new/", ladder.new_rung, name="new_rung"),
    path("admin/ladder/<int:pk>/", ladder.rung, name="rung"),
    path("admin/ladder/<int:pk>/remove/", ladder.remove_rung, name="remove_rung"),
    path("admin/holidays/", calendar.holidays, name="holidays"),
    path("admin/holidays/new/", calendar.new_holiday, name="new_holiday"),
    path("admin/holidays/import/", calendar.import_year, name="import_year"),
    path("admin/holidays/hours/", calendar.hours, name="hours"),
    path("admin/holidays/<int:pk>/", calendar.holiday, name="holiday"),
    path("admin/holidays/<int:pk>/remove/", calendar.remove_holiday, name="remove_holiday"),
]
