from django.urls import path

from cadres import watermark

app_name = "cadres"
urlpatterns = [
    path("watermark.css", watermark.stylesheet, name="watermark"),
]
