from django.urls import path

from cadres import watermark
from cadres.views import audit, inbox

app_name = "cadres"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="read_all"),
    path("inbox/<int:pk>/", inbox.message, name="message"),
    path("audit/", audit.audit, name="audit"),
    path("watermark.css", watermark.stylesheet, name="watermark"),
]
