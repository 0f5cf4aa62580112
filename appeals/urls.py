from django.urls import path

from appeals import views

app_name = "appeals"

urlpatterns = [
    path("appeals/<int:pk>/", views.detail, name="detail"),
]
